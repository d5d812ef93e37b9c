"""A reason survives pickling and storage; a stored text without a code is shown unchanged."""

from __future__ import annotations

import json
import pickle
from types import SimpleNamespace

import pytest

from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Reason, Why, columns, from_columns, raised, why
from clawdbot.redaction import MASK, register_secret

NESTED = Reason("endpoint_status", status=500, why=Reason("endpoint_failed"))
BILINGUAL = Reason("required_for", kind={"en": "a robot", "zh": "机器人"})


def kept(reason: Why, length: int = 300) -> Why:
    """Returns the reason after a round trip through JSON."""
    values = json.loads(json.dumps(columns("error", reason, length)))
    return from_columns(SimpleNamespace(**values), "error")


@pytest.mark.parametrize("reason", [Reason("timed_out"), NESTED, BILINGUAL, "words of a platform", ""])
def test_a_row_gives_the_reason_back(reason: Why) -> None:
    assert kept(reason) == reason


def test_the_row_also_has_the_english_sentence_the_code_and_the_parameters() -> None:
    assert columns("last_error", NESTED, 300) == {
        "last_error": "HTTP 500: the endpoint failed",
        "last_error_code": "endpoint_status",
        "last_error_params": {"status": 500, "why": {"code": "endpoint_failed", "params": {}}},
    }
    assert columns("last_error", BILINGUAL, 300)["last_error"] == "is required for a robot"
    assert columns("last_error", "x" * 400, 300)["last_error"] == "x" * 300


def test_a_row_written_before_there_were_codes_or_by_a_later_version_is_shown_as_it_is() -> None:
    for code in ("", "of_a_later_version"):
        row = SimpleNamespace(error="it broke", error_code=code, error_params={"some": "thing"})
        assert from_columns(row, "error") == "it broke"


@pytest.mark.parametrize("params", [{}, {"platform": "X"}, [], None, "text", {"why": {"code": "timed_out"}}])
def test_a_row_whose_parameters_do_not_fit_is_shown_as_it_is(params: object) -> None:
    row = SimpleNamespace(error="it broke", error_code="platform_said", error_params=params)
    assert from_columns(row, "error") == "it broke"


@pytest.mark.parametrize("told", ["100%", "%(code)s %d %", "{x} {} }", "两行\n第二行\r\n", "\u202e\u2028", "<b>&amp;"])
def test_somebody_elses_words_are_no_template(told: str) -> None:
    reason = Reason("platform_said", platform="X", code=1, told=told)
    assert str(kept(reason)) == str(kept(str(reason))) == f"X answered 1: {told}"


@pytest.mark.parametrize("words", ["a\0b", "a\ud800b", "\udfff\ud800"])
def test_what_no_database_takes_does_not_reach_a_row(words: str) -> None:
    for reason in (words, Reason("raised", error="ValueError", why=words), raised(ValueError(words))):
        text = json.dumps(columns("error", reason, 300), ensure_ascii=False)
        assert "\\u0000" not in text
        text.encode()


def test_a_secret_with_a_nul_in_it_is_hidden() -> None:
    register_secret("hunter2hunter2")
    assert "hunter2" not in columns("error", "hunter2\0hunter2", 300)["error"]


def test_secrets_and_endless_words_do_not_reach_a_row() -> None:
    register_secret("hunter2hunter2")
    said = Reason("status_said", code=500, told="hunter2hunter2 " + "x" * 500)
    values = columns("error", Reason("embedding_failed", why=said), 100)
    assert "hunter2" not in json.dumps(values)
    assert MASK in values["error"]
    assert len(values["error"]) <= 100
    assert len(values["error_params"]["why"]["params"]["told"]) == 100
    assert "hunter2" not in str(columns("error", "hunter2hunter2", 100))


def test_an_error_carries_its_reason_and_pickles_with_it() -> None:
    error = pickle.loads(pickle.dumps(ClawdbotError(NESTED, permanent=True)))
    assert (error.reason, error.permanent, str(error)) == (NESTED, True, "HTTP 500: the endpoint failed")
    assert why(error) == NESTED
    assert ClawdbotError("words").reason is None
    assert why(ClawdbotError("words")) == "words"
    assert why(ClawdbotError()) == ""


def test_any_exception_can_carry_one_and_an_unexpected_one_is_named() -> None:
    assert why(ConnectionError(Reason("connection_closed"))) == Reason("connection_closed")
    assert str(raised(KeyError("x"))) == "KeyError: 'x'"
    assert str(raised(ClawdbotError(NESTED))) == "ClawdbotError: HTTP 500: the endpoint failed"


def test_reasons_are_equal_by_code_and_parameters() -> None:
    assert Reason("endpoint_status", status=500, why=Reason("endpoint_failed")) == NESTED
    assert Reason("endpoint_status", status=501, why=Reason("endpoint_failed")) != NESTED
    assert {NESTED, Reason("timed_out"), Reason("timed_out")} == {NESTED, Reason("timed_out")}
