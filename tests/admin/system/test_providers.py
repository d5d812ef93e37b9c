"""The provider form accepts the addresses of real endpoints."""

from __future__ import annotations

import pytest

from bots.llm.client import clear_cache
from bots.models import ModelProvider
from tests.admin.builders import address, login, make_user, provider_form
from tests.http_server import Answer, serve
from tests.llm.builders import make_provider, refusal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("endpoint", "stored"),
    [
        ("http://ollama:11434/v1", "http://ollama:11434/v1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("“api.example.com/v1/chat/completions”", "https://api.example.com/v1"),
        (
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
        ),
    ],
)
def test_an_address_with_any_host_is_taken_and_stored_as_requests_need_it(endpoint: str, stored: str) -> None:
    response = login(make_user()).post(address(ModelProvider, "add"), provider_form(endpoint=endpoint))
    assert response.status_code == 302
    assert ModelProvider.objects.get().endpoint == stored


def test_a_key_or_a_missing_version_in_the_address_is_said_with_the_mend() -> None:
    client = login(make_user(), "zh-hans")
    for endpoint, told in (
        ("https://h.example/v1?api_key=x", "请将其填入 API 密钥"),
        ("https://me:word@h.example/v1", "不能包含用户名或密码"),
        ("https://x.openai.azure.com/openai/deployments/d", "?api-version="),
    ):
        response = client.post(address(ModelProvider, "add"), provider_form(endpoint=endpoint))
        assert told in response.content.decode()
    assert not ModelProvider.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    ["nonsense", "ftp://host/v1", "http://", "http://h:port/v1", "http://h，/v1"],
)
def test_an_address_that_is_none_is_refused_with_the_reason(endpoint: str) -> None:
    response = login(make_user()).post(address(ModelProvider, "add"), provider_form(endpoint=endpoint))
    assert "must begin with http:// or https://" in response.content.decode()
    assert not ModelProvider.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"timeout_s": -1}, {"timeout_s": 1e308}, {"context_tokens": 0}, {"input_price": -1}, {"output_price": -1}]
)
def test_numbers_that_no_request_can_keep_are_refused(wrong: dict[str, object]) -> None:
    response = login(make_user()).post(address(ModelProvider, "add"), provider_form(**wrong))
    assert set(response.context["adminform"].form.errors) == set(wrong)
    assert not ModelProvider.objects.exists()


def test_a_key_that_no_header_can_carry_is_refused() -> None:
    response = login(make_user()).post(address(ModelProvider, "add"), provider_form(api_key="sk-schlüssel"))
    assert "letters, digits and signs of ASCII" in response.content.decode()
    assert not ModelProvider.objects.exists()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refusal(401), "HTTP 401：API 密钥被拒绝（x）"),
        (Answer(404), "HTTP 404：模型或地址不存在"),
        (Answer(200, b"{}"), "响应不是对话补全（chat completion）格式"),
        (None, "127.0.0.1 的端口 9 无人应答"),
    ],
)
def test_why_a_test_failed_is_told_in_chinese_and_stored_in_english(answer: Answer | None, told: str) -> None:
    client = login(make_user(), "zh-hans")
    with serve() as server:
        row = make_provider(server)
        if answer is None:
            ModelProvider.objects.update(endpoint="http://127.0.0.1:9/v1")
        else:
            server.answer(answer)
        values = {"action": "test_selected", "_selected_action": [row.pk]}
        html = client.post(address(ModelProvider, "changelist"), values, follow=True).content.decode()
    assert told in html
    row.refresh_from_db()
    assert row.last_error.isascii()
    assert told in client.get(address(ModelProvider, "change", row.pk)).content.decode()
    clear_cache()
