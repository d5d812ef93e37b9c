"""Answers are judged by what is expected of them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bots.replays import expectations
from bots.replays.expectations import BadExpectation


def holds(kind: str, value: str, text: str, *tools: str) -> bool | None:
    checked = expectations.checked([{kind: value}])
    return expectations.outcome([one.to_dict() for one in expectations.judge(checked, text, tools)])


@pytest.mark.parametrize(
    ("kind", "value", "text", "expected"),
    [
        ("contains", "Café", "We sit in the CAFÉ.", True),  # decomposed, other case
        ("contains", "1 000", "It costs 1\u202f000 euro", True),  # narrow space
        ("contains", "23*47", "２３＊４７ 等于 1081", True),  # full width
        ("contains", "don't", "I don’t know", True),
        ("contains", "open until nine", "open\n  until   nine", True),
        ("contains", "straße", "In der STRASSE", True),
        ("contains", "成都", "她住在成都。", True),
        ("contains", "nine", "It opens at ten.", False),
        ("not_contains", "nine", "It opens at ten.", True),
        ("not_contains", "TEN", "It opens at ten.", False),
        ("not_contains", "nine", "  ", False),  # an empty answer is no good answer
        ("contains", "x", "", False),
        ("matches", r"\b10[:.]\d\d\b", "At 10:30.", True),
        ("matches", r"^total: \d+$", "Well\nTotal: 5\nbye", True),
        ("matches", r"^\s*$", "", False),
        ("calls", "weather", "rain", False),
        ("not_calls", "weather", "rain", True),
        ("language", "zh", "她住在成都。", True),
        ("language", "en", "她住在成都。", False),
        ("longest", "3", "abc", True),
        ("longest", "3", "é" * 3, True),
        ("longest", "3", "abcd", False),
    ],
)
def test_texts(kind: str, value: str, text: str, expected: bool) -> None:
    assert holds(kind, value, text) is expected


def test_tools() -> None:
    assert holds("calls", "Weather", "rain", "weather")
    assert not holds("not-calls", "weather", "rain", "weather")


def test_documents_cannot_be_judged_yet() -> None:
    assert holds("cites", "terms.pdf", "See the terms.") is None
    both = expectations.checked([{"cites": "terms.pdf"}, {"contains": "terms"}])
    found = [one.to_dict() for one in expectations.judge(both, "See the terms.", ())]
    assert expectations.outcome(found) is True
    assert found[0]["why"] == "knowledge is not there yet"


def test_without_expectations_an_answer_is_enough() -> None:
    assert expectations.outcome([one.to_dict() for one in expectations.judge([], "yes", ())]) is True
    assert expectations.outcome([one.to_dict() for one in expectations.judge([], " ", ())]) is False


def test_an_expression_that_never_ends_fails_in_time() -> None:
    started = time.monotonic()
    checked = expectations.checked([{"matches": r"^(a|a|aa)+$"}])
    (found,) = expectations.judge(checked, "a" * 60 + "!", ())
    assert found.holds is False
    assert time.monotonic() - started < 3.0


@pytest.mark.parametrize(
    "wrong",
    [
        "contains",
        [{"contains": ""}],
        [{"contains": None}],
        [{"contains": True}],
        [{"contains": ["a"]}],
        [{"similar": "x"}],
        [{"contains": "a", "calls": "b"}],
        [{"matches": "(unclosed"}],
        [{"matches": "*"}],
        [{"longest": "many"}],
        [{"longest": "-1"}],
        [{"longest": "²"}],
        [{"language": "xx"}],
        [{"contains": "x" * 2001}],
        [{"contains": "x"}] * 51,
        ["contains: x"],
    ],
)
def test_what_cannot_be_judged_is_refused(wrong: Any) -> None:
    with pytest.raises(BadExpectation):
        expectations.checked(wrong)


def test_an_expectation_of_another_version_is_not_judged() -> None:
    (found,) = expectations.judge([{"kind": "rhymes", "value": "x"}], "yes", ())
    assert found.holds is None
