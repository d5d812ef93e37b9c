"""Error pages (missing, closed, stale, broken) say in the language of the person what to do next."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.utils import translation
from django.views.defaults import permission_denied, server_error

pytestmark = pytest.mark.django_db
ENGLISH, CHINESE = {"accept-language": "en"}, {"accept-language": "zh-CN,zh;q=0.9"}


@pytest.mark.parametrize(
    ("headers", "language", "words"),
    [(ENGLISH, "en", "There is nothing at this address"), (CHINESE, "zh-hans", "此地址没有内容")],
)
def test_a_missing_page_leads_on(client: Client, headers: dict[str, str], language: str, words: str) -> None:
    response = client.get("/nothing", headers=headers)
    page = response.content.decode()
    assert response.status_code == 404
    assert words in page
    assert f'<html lang="{language}">' in page
    assert 'href="/admin/"' in page


@pytest.mark.parametrize(("headers", "words"), [(ENGLISH, "Nothing was saved"), (CHINESE, "没有保存任何内容")])
def test_a_form_without_its_token_says_that_nothing_was_saved(headers: dict[str, str], words: str) -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "admin"}, headers=headers)
    assert response.status_code == 403
    assert words in response.content.decode()


@pytest.mark.parametrize(("language", "words"), [("en", "Ask an administrator"), ("zh-hans", "请向管理员申请权限")])
def test_a_closed_page_says_whom_to_ask(language: str, words: str) -> None:
    with translation.override(language):
        response = permission_denied(RequestFactory().get("/"), PermissionError("internal words"))
    page = response.content.decode()
    assert response.status_code == 403
    assert words in page
    assert "internal words" not in page


@pytest.mark.parametrize(("language", "words"), [("en", "has been logged"), ("zh-hans", "已记录日志")])
def test_a_fault_of_ours_needs_nothing_to_be_shown(language: str, words: str) -> None:
    with translation.override(language):
        response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert words in response.content.decode()
