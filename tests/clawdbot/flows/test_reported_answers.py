"""Answers that forms and bots are reported to take wrongly: addresses, numbers, days, choices, yes and no."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clawdbot.flows import Choice, Collect, Unfit
from clawdbot.flows.values import Surroundings, read, yes_or_no

AROUND = Surroundings(datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Europe/Berlin")), "en")
ROOMS = (Choice("Room 4"), Choice("Room 10"), Choice("Suite"), Choice("none of them"))


def meant(kind: str, text: str, **values: Any) -> Any:
    """Returns the value that is taken; None when it is asked again."""
    try:
        return read(Collect("slot", kind, {"en": "?"}, **values), text, AROUND, {})  # type: ignore[arg-type]
    except Unfit:
        return None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ann@example.org.", "ann@example.org"),  # Expensify/App#17817
        ("Ann <ann@example.org>, thanks!", "ann@example.org"),
        ("我的邮箱是ann@example.org。", "ann@example.org"),
        ("jürgen@example.org", "jürgen@example.org"),
        ("o'neil@example.org", "o'neil@example.org"),
        ("o’neil@example.org", "o'neil@example.org"),
        ("ann@bücher.example", "ann@bücher.example"),
        ("用户@例子.公司", "用户@例子.公司"),
        ("ann.@example.org", None),  # bisq-network/bisq2#4589
        (".ann@example.org", None),
        ("ann@@example.org", None),
        ("ann@example..org", None),
        ("ann@example.org or bob@example.org", None),
    ],
)
def test_an_address_is_taken_whole_or_not_at_all(text: str, value: str | None) -> None:
    assert meant("email", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("030/123456", "030123456"),
        ("+49 (0)30 123456", "+4930123456"),
        ("(030) 12 34 56", "030123456"),
        ("030-12.34.56", "030123456"),
        ("call me at 030 123456 after 5", "030123456"),  # svthalia/concrexit#3291
        ("电话是010-62345678", "01062345678"),
        ("No start at 01.01.2022", None),  # microsoft/botbuilder-dotnet#6010
        ("2030-05-03", None),
        ("1-800-FLOWERS", None),
    ],
)
def test_a_telephone_number_is_taken_whole_and_a_date_is_none(text: str, value: str | None) -> None:
    assert meant("phone", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("one hundred and twenty", 120),
        ("a hundred", 100),
        ("two hundred five", 205),
        ("two thousand", 2000),
        ("two dozen", 24),
        ("a dozen", 12),
        ("3 dozen eggs", 36),
        ("1e2", None),
        ("10e2", None),
        ("0x10", None),
        ("two or three", None),
        ("3 adults and 2 children", None),
        ("3pcs", 3),
        ("３", 3),
    ],
)
def test_a_number_is_the_one_that_was_said(text: str, value: int | None) -> None:
    assert meant("integer", text) == value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("date", "today or tomorrow", None),
        ("date", "2030-05-03 or 2030-05-04", None),
        ("time", "15:00-16:00", None),
        ("time", "at 3 pm or at 5 pm", None),
        ("time", "15h30", "15:30"),
        ("date", "tomorrow at 3 pm", "2026-12-02"),
        ("time", "tomorrow at 3 pm", "15:00"),
    ],
)
def test_of_two_moments_none_is_picked(kind: str, text: str, value: str | None) -> None:
    assert meant(kind, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", None),  # the fourth of the list, or Room 4? microsoft/botframework-sdk#3115
        ("10", "Room 10"),
        ("3", "Suite"),
        ("(3)", "Suite"),
        ("number three", "Suite"),
        ("the last one", "none of them"),
        ("最后一个", "none of them"),
        ("What is the first day of the week?", None),  # microsoft/botbuilder-dotnet#3039
        ("I want to talk to a human", None),  # microsoft/botbuilder-dotnet#2956
    ],
)
def test_a_number_in_a_name_and_a_place_in_the_list_are_told_apart(text: str, value: str | None) -> None:
    assert meant("choice", text, choices=ROOMS) == value


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *((one, True) for one in ("sure thing", "go for it", "I do", "嗯嗯", "好滴", "好嘞", "👍👍", "就这样")),
        *((one, False) for one in ("definitely not", "not at all", "I do not", "no, thank you", "👎👎")),
        *((one, None) for one in ("I think so", "yes but later", "no yes", "maybe", "not sure", "si")),
    ],  # microsoft/botframework-solutions#169, microsoft/botbuilder-dotnet#2396
)
def test_yes_and_no_in_other_words(text: str, answer: bool | None) -> None:
    assert yes_or_no(text) is answer
