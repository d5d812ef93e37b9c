"""A person corrects a value in their own words; the right slot gets it, and only what depends on it is dropped."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clawdbot.flows import Choice, Collect, Flow
from clawdbot.flows.corrections import find, says_wrong
from clawdbot.flows.values import Surroundings
from clawdbot.flows.walk import set_slot

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday
EN, ZH = Surroundings(NOW, "en"), Surroundings(NOW, "zh-hans")

BOOKING = Flow(
    "booking",
    (
        Collect("name", "text", {"en": "Your name?"}, label={"en": "name", "zh": "姓名"}),
        Collect("day", "date", {"en": "Day?"}, label={"en": "day", "zh": "日期"}, words=("date", "日子")),
        Collect("time", "time", {"en": "Time?"}, label={"en": "time", "zh": "时间"}, depends_on=("day",)),
        Collect("people", "integer", {"en": "How many?"}, label={"en": "people", "zh": "人数"}, minimum=1, maximum=8),
        Collect(
            "seat",
            "choice",
            {"en": "Where?"},
            label={"en": "seat", "zh": "座位"},
            choices=(Choice("window", {"zh": "靠窗"}), Choice("garden", {"zh": "花园"})),
        ),
        Collect("note", "text", {"en": "Anything else?"}, required=False),
    ),
)
KNOWN = {"name": "Ann", "day": "2026-12-03", "time": "15:00", "people": 2, "seat": "window"}

CORRECTIONS = [
    ("no, Friday", "day", "2026-12-04"),
    ("No. Friday!", "day", "2026-12-04"),
    ("no wait, Friday", "day", "2026-12-04"),
    ("sorry, I meant Friday", "day", "2026-12-04"),
    ("actually, Friday", "day", "2026-12-04"),
    ("Friday, not Thursday", "day", "2026-12-04"),
    ("not Thursday, Friday", "day", "2026-12-04"),
    ("Friday instead of Thursday", "day", "2026-12-04"),
    ("change the day to Friday", "day", "2026-12-04"),
    ("the date should be 5 December", "day", "2026-12-05"),
    ("I meant 3 people", "people", 3),
    ("make it three", "people", 3),
    ("oops, 4", "people", 4),
    ("change people to 5", "people", 5),
    ("no, garden", "seat", "garden"),
    ("actually the garden please", "seat", "garden"),
    ("name: Bob", "name", "Bob"),
    ("the name is Bob", "name", "Bob"),
    ("sorry, it should be 16:30", "time", "16:30"),
    ("不对，是周五", "day", "2026-12-04"),
    ("不是周四，是周五", "day", "2026-12-04"),
    ("周五，不是周四", "day", "2026-12-04"),
    ("改成周五", "day", "2026-12-04"),
    ("日期改成周五", "day", "2026-12-04"),
    ("把日期改为12月5号", "day", "2026-12-05"),
    ("说错了，周五", "day", "2026-12-04"),
    ("我是说周五", "day", "2026-12-04"),
    ("等等，應該是週五", "day", "2026-12-04"),
    ("不对，三个人", "people", 3),
    ("人数应该是4", "people", 4),
    ("我说错了，是5位", "people", 5),
    ("换成花园", "seat", "garden"),
    ("不好意思，改到花园", "seat", "garden"),
    ("时间改成下午四点半", "time", "16:30"),
    ("不对，下午四点半", "time", "16:30"),
    ("姓名：小王", "name", "小王"),
]


@pytest.mark.parametrize(("text", "slot", "value"), CORRECTIONS)
def test_a_correction_changes_the_right_slot(text: str, slot: str, value: Any) -> None:
    found = find(BOOKING, KNOWN, text, ZH if not text.isascii() else EN, open_slot="note")
    assert found is not None, text
    assert (found.step.slot, found.value, found.unfit) == (slot, value, None)


@pytest.mark.parametrize(
    "text",
    [
        *("Friday", "window", "3", "yes", "no", "no thanks", "not really", "please call me first", "no onions please"),
        *(
            "周五",
            "好的",
            "不要",
            "不用了",
            "没有",
            "不要香菜",
            "是",
            "请提前打电话",
            "需要轮椅",
            "What is the weather?",
        ),
    ],
)
def test_an_answer_or_another_subject_is_no_correction(text: str) -> None:
    assert find(BOOKING, KNOWN, text, ZH if not text.isascii() else EN, open_slot="note") is None


@pytest.mark.parametrize("text", ["no, Friday", "不对，是周五"])
def test_nothing_is_corrected_before_there_is_a_value(text: str) -> None:
    assert find(BOOKING, {}, text, EN, open_slot="name") is None


@pytest.mark.parametrize("text", ["wrong", "That's wrong.", "no, that is not right", "不对", "错了", "这个不对！"])
def test_a_message_that_only_says_that_something_is_wrong_is_seen(text: str) -> None:
    assert says_wrong(text)


def test_a_named_slot_with_a_value_that_does_not_fit_says_why() -> None:
    found = find(BOOKING, KNOWN, "change people to 20", EN, open_slot="note")
    assert found is not None
    assert found.step.slot == "people"
    assert str(found.unfit) == "It can be at most 8."


def test_what_depends_on_a_changed_value_is_dropped_and_nothing_else() -> None:
    slots: dict[str, Any] = dict(KNOWN)
    assert set_slot(BOOKING, slots, "day", "2026-12-04", EN) == ("time",)
    assert slots == {"name": "Ann", "day": "2026-12-04", "people": 2, "seat": "window"}
    assert set_slot(BOOKING, slots, "people", 3, EN) == ()


def test_a_value_whose_bound_moves_is_dropped_only_when_it_no_longer_fits() -> None:
    question = {"en": "?"}
    stay = Flow(
        "stay", (Collect("arrival", "date", question), Collect("departure", "date", question, minimum="arrival"))
    )
    slots: dict[str, Any] = {"arrival": "2026-12-03", "departure": "2026-12-06"}
    assert set_slot(stay, slots, "arrival", "2026-12-05", EN) == ()
    assert set_slot(stay, slots, "arrival", "2026-12-08", EN) == ("departure",)
