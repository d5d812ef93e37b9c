"""Answers that other bots are reported to misread."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from clawdbot.flows import Choice, Collect, Unfit
from clawdbot.flows.values import Surroundings, read, yes_or_no

AROUND = Surroundings(datetime(2026, 11, 30, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
Q = {"en": "?"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *[
            (text, True)
            for text in ("Yup", "Yeah!", "absolutely", "all right", "By all means", "you bet", "是", "对的", "没错")
        ],
        *[
            (text, False)
            for text in ("Nope", "no way", "of course not", "absolutely not", "Negative.", "不是", "不用了")
        ],
        *[
            (text, None)
            for text in ("read the second one", "not sure", "I know", "noon", "yesterday", "是吗", "不一定")
        ],
    ],
)
def test_a_yes_or_no_is_seen_in_its_many_words_and_not_in_parts_of_others(text: str, meant: bool | None) -> None:
    assert yes_or_no(text) is meant


EVENTS = tuple(Choice(value) for value in ("Event", "Another choice", "Post-Event", "Event 2", "Send", "Cancel"))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Event 2", "Event 2"),
        ("post-event", "Post-Event"),
        ("event", "Event"),
        ("the event 2 please", "Event 2"),
        ("1", "Event"),
    ],
)
def test_the_choice_that_is_named_is_taken_though_others_share_its_words(text: str, meant: str) -> None:
    assert read(Collect("c", "choice", Q, choices=EVENTS), text, AROUND, {}) == meant


@pytest.mark.parametrize(
    "text", ["cockpit 4", "No start at 01.01.2022", "Do 02", "1, 2, 3, 13", "10", "option 12", "3rd of May", "-1", "2"]
)
def test_a_number_in_other_words_picks_no_choice(text: str) -> None:
    with pytest.raises(Unfit):
        read(Collect("c", "choice", Q, choices=EVENTS), text, AROUND, {})


@pytest.mark.parametrize(
    "text", ["31 February 2027", "31 June 2027", "2027-02-31", "2月30号", "32 December", "next week"]
)
def test_a_day_that_does_not_exist_is_asked_again_and_not_moved(text: str) -> None:
    with pytest.raises(Unfit):
        read(Collect("d", "date", Q), text, AROUND, {})
