"""Reasons of models, embedders and accounts in the reader's language; with none active they stay English."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from adapters.errors import AccountError
from bots.i18n.failure_texts import in_words, problems_of, told
from bots.llm.client import _BY_STATUS
from tests.sentences import raised

MODELS = raised(("bots/llm",), ("ProviderError", "EmptyAnswer", "NoModelAvailable"))
EMBEDDERS = raised(("memory/embedders",), ("EmbedderUnavailable", "EmbedderMismatch"))
PUT_TOGETHER = "the embedding endpoint Word1 (status Word1)"
SENTENCES = sorted({*MODELS, *EMBEDDERS, *((text,) for text in _BY_STATUS.values())})


@pytest.mark.parametrize("filled", [one for one in SENTENCES if one[0] != PUT_TOGETHER], ids=lambda filled: filled[0])
def test_every_reason_is_translated(filled: tuple[str, ...]) -> None:
    with override("zh-hans"):
        assert any(in_words(sentence) != sentence for sentence in filled)


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("HTTP 404: no such model or address", "HTTP 404：模型或地址不存在"),
        ("HTTP 401: the API key was refused (invalid_api_key)", "HTTP 401：API 密钥被拒绝（invalid_api_key）"),
        ("the endpoint reported an error (no code)", "接口报告错误（无错误码）"),
        ("there is no model folder /no/such", "没有模型文件夹 /no/such"),
        ("the embedding endpoint refuses the key (status 401)", "向量接口拒绝了密钥（状态码 401）"),
        (
            "the embedding endpoint knows no model 'm' or no /embeddings (status 404)",
            "向量接口没有模型 'm'，或没有 /embeddings（状态码 404）",
        ),
        (
            "the embedding endpoint fails: POST http://h:1: the connection failed",
            "向量接口出错：POST http://h:1：连接失败",
        ),
        ("WeCom answered 40001: invalid credential", "企业微信返回 40001：invalid credential"),
    ],
)
def test_codes_and_foreign_words_are_kept(reason: str, chinese: str) -> None:
    assert in_words(reason) == reason
    with override("zh-hans"):
        assert in_words(reason) == chinese


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_keys_of_the_settings_are_named_as_the_fields_of_the_form(language: str) -> None:
    with override(language):
        for sentence in (
            "openai needs semantic_search.endpoint and semantic_search.model",
            "sentence-transformers needs a model: set semantic_search.model to a folder or a hub name",
            "the embedder makes vectors of 16 numbers and the settings say 384: set semantic_search.dimension (or the "
            "dimension in the admin) to 16",
        ):
            assert "semantic_search" not in in_words(sentence)


def test_an_account_is_refused_in_the_readers_language() -> None:
    error = AccountError(texts={"token": {"en": "is required", "zh": "必填"}, "account": {"en": "no", "zh": "不"}})
    assert problems_of(error) == {"token": "is required", "account": "no"}
    assert told(error) == "token: is required; no"
    with override("zh-hans"):
        assert told(error) == "token：必填；不"
        assert told(AccountError("no platform is chosen")) == "未选择平台"
