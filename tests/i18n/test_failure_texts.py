"""Reasons of failures are shown in the language of the reader, by code, from every source and store."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.utils.translation import override

from adapters.errors import AccountError, SendError
from bots.i18n.failure_texts import describe, describe_error, problems_of
from clawdbot.reason_templates import TEMPLATES
from clawdbot.reasons import Reason, raised

ROOT = Path(__file__).parents[2]
PACKAGES = ("adapters", "bots", "clawdbot", "memory", "skills")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
CODED = {
    *("SendError", "AccountError", "AdapterError", "SignatureRejected", "MalformedPayload"),
    *("NotSupported", "UnknownPlatform", "WrongShape", "unexplained"),
    *("HttpTimeout", "HttpConnectionError", "TlsError", "InvalidResponse", "ResponseTooLarge"),
    *("InvalidUrl", "AddressRefused", "TooManyRedirects"),
    *("ProviderError", "EmptyAnswer", "NoModelAvailable"),
    *("EmbedderUnavailable", "EmbedderMismatch", "EmbedderResting", "RerankerUnavailable"),
    *("CryptoError", "DecryptionError", "KeyringNotConfigured"),
}


@pytest.fixture(scope="module")
def calls() -> list[tuple[str, str, ast.Call]]:
    """Returns each call of a named function in the product: its place, the name, the call."""
    found = []
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf8"))):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    found.append((f"{file.relative_to(ROOT)}:{node.lineno}", name, node))
    return found


@pytest.fixture(scope="module")
def made(calls: list[tuple[str, str, ast.Call]]) -> list[tuple[str, ast.Call]]:
    """Returns the places where reasons are made; `_loaded` and the class read the code from a row."""
    return [
        (where, call) for where, name, call in calls if name == "Reason" and not where.startswith("clawdbot/reasons.py")
    ]


def code_of(call: ast.Call) -> str:
    return str(ast.literal_eval(call.args[0]))


def test_every_reason_has_a_text_and_fills_it(made: list[tuple[str, ast.Call]]) -> None:
    wrong = [
        where
        for where, call in made
        if {keyword.arg for keyword in call.keywords}
        != set(PLACEHOLDER.findall(TEMPLATES.get(code_of(call), "%(no)s")))
    ]
    assert wrong == []


def test_every_text_is_used(made: list[tuple[str, ast.Call]]) -> None:
    own = {"account_problem", "and", "raised"}
    assert {code_of(call) for _where, call in made} | own == set(TEMPLATES)


def test_no_error_is_raised_with_a_sentence_of_its_own(calls: list[tuple[str, str, ast.Call]]) -> None:
    sentences = [
        where
        for where, name, call in calls
        if name in CODED and call.args and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert sentences == []


@pytest.mark.parametrize("code", TEMPLATES)
def test_every_text_is_told_in_both_languages(code: str) -> None:
    filled: dict[str, str | dict[str, str]] = dict.fromkeys(PLACEHOLDER.findall(TEMPLATES[code]), "1")
    if code == "bad_value":  # the text of a library, translated at the raise
        filled = {"told": {"en": "1", "zh": "错误"}}
    reason = Reason(code, **filled)
    assert describe(reason)
    assert "%(" not in describe(reason)
    with override("zh-hans"):
        assert re.search("[\u3000-\u9fff\uff00-\uffef]", describe(reason))


@pytest.mark.parametrize(
    ("reason", "english", "chinese"),
    [
        (Reason("platform_answered", platform="Telegram", code="404"), "Telegram answered 404", "Telegram返回 404"),
        (
            Reason("platform_said", platform="Discord", code="403 (50001)", told="Missing Access"),
            "Discord answered 403 (50001): Missing Access",
            "Discord返回 403 (50001)：Missing Access",
        ),
        (
            Reason("platform_said", platform="WeCom", code="40001", told="invalid credential"),
            "WeCom answered 40001: invalid credential",
            "企业微信返回 40001：invalid credential",
        ),
        (
            Reason("platform_answered", platform="the reply address", code="500"),
            "the reply address answered 500",
            "回复地址返回 500",
        ),
        (
            Reason("endpoint_error", code=Reason("no_code")),
            "the endpoint reported an error (no code)",
            "接口报告错误（无错误码）",
        ),
        (
            Reason("embedding_answered", why=Reason("status_said", code=418, told="a teapot")),
            "the embedding endpoint answers status 418: a teapot",
            "向量接口返回状态码 418：a teapot",
        ),
        (
            raised(SendError(Reason("request_failed", method="POST", where="http://h:1", why=Reason("timed_out")))),
            "SendError: POST http://h:1: timed out",
            "SendError：POST http://h:1：超时",
        ),
        (raised(ValueError("no %d")), "ValueError: no %d", "ValueError：no %d"),
        ("words of a platform: nobody knows them", *["words of a platform: nobody knows them"] * 2),
        ("", "", ""),
    ],
)
def test_reasons_inside_of_reasons_are_translated_and_foreign_words_kept(
    reason: Reason | str, english: str, chinese: str
) -> None:
    assert str(reason) == describe(reason) == english
    with override("zh-hans"):
        assert describe(reason) == chinese


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "reason",
    [
        Reason("endpoint_and_model_needed"),
        Reason("model_needed"),
        Reason("dimension_not_that_of_settings", made=16, said=384),
    ],
    ids=lambda reason: reason.code,
)
def test_keys_of_the_settings_are_named_as_the_fields_of_the_form(language: str, reason: Reason) -> None:
    assert "semantic_search" in str(reason)
    with override(language):
        assert "semantic_search" not in describe(reason)


def test_an_account_is_refused_in_the_readers_language() -> None:
    error = AccountError(problems={"token": Reason("required"), "account": "no", "key": Reason("must_be_digits")})
    assert problems_of(error) == error.problems
    assert error.problems == {"token": "is required", "account": "no", "key": "must be digits only"}
    assert describe_error(error) == str(error) == "token: is required; no; key: must be digits only"
    with override("zh-hans"):
        assert problems_of(error) == {"token": "必填", "account": "no", "key": "只能是数字"}
        assert describe_error(error) == "token：必填；no；key：只能是数字"
        assert problems_of(AccountError(Reason("no_platform"))) == {"account": "未选择平台"}
