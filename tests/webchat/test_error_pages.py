"""What a person sees when a page is missing, closed, stale or broken: the mend, in both languages."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import permission_denied, server_error

pytestmark = pytest.mark.django_db


def test_a_missing_page_leads_on(client: Client) -> None:
    response = client.get("/nothing")
    page = response.content.decode()
    assert response.status_code == 404
    assert "No such page" in page
    assert "此地址没有内容" in page
    assert 'href="/admin/"' in page


def test_a_form_without_its_token_says_that_nothing_was_saved() -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "admin"})
    page = response.content.decode()
    assert response.status_code == 403
    assert "Nothing was saved" in page
    assert "没有保存任何内容" in page


def test_a_closed_page_says_whom_to_ask() -> None:
    response = permission_denied(RequestFactory().get("/"), PermissionError("internal words"))
    page = response.content.decode()
    assert response.status_code == 403
    assert "Ask an administrator" in page
    assert "请向管理员申请权限" in page
    assert "internal words" not in page


def test_a_fault_of_ours_needs_nothing_to_be_shown() -> None:
    response = server_error(RequestFactory().get("/"))
    page = response.content.decode()
    assert response.status_code == 500
    assert "has been logged" in page
    assert "已记录日志" in page
