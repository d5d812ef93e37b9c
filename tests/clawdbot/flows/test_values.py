"""What people write becomes the value they mean, or a reason that they understand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clawdbot.flows import Choice, Collect, Unfit
from clawdbot.flows.values import Surroundings, is_canonical, read, yes_or_no

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday
Q = {"en": "?"}
SIZES = (Choice("s", {"en": "small", "zh": "小"}, ("little",)), Choice("l", {"en": "large", "zh": "大"}), Choice("xl"))


def value(text: str, kind: str, **rules: Any) -> Any:
    step = Collect("slot", kind, Q, **rules)
    made = read(step, text, Surroundings(NOW, "en" if text.isascii() else "zh-hans"), {})
    assert is_canonical(kind, made)
    return made


READ: list[tuple[str, str, Any]] = [
    ("3", "integer", 3), ("three", "integer", 3), ("We are 4 people.", "integer", 4),
    ("三个人", "integer", 3),
    ("两位", "integer", 2), ("３", "integer", 3),
    ("twenty-one", "integer", 21),
    ("二十一", "integer", 21),
    ("1,200", "integer", 1200), ("三百二十五", "integer", 325),
    ("一万二千", "integer", 12000), ("a dozen", "integer", 12),
    ("2.5", "number", 2.5), ("两个半", "number", 2.5), ("-4", "number", -4.0), ("3万", "number", 30000.0),
    ("yes please", "yes_no", True), ("Yep!", "yes_no", True), ("好的", "yes_no", True), ("要的", "yes_no", True),
    ("no, thanks", "yes_no", False), ("不用了，谢谢", "yes_no", False), ("没有", "yes_no", False),
    ("Friday", "date", "2026-12-04"), ("tomorrow", "date", "2026-12-01"), ("明天", "date", "2026-12-01"),
    ("2026-12-24", "date", "2026-12-24"), ("12月24日", "date", "2026-12-24"), ("下周三", "date", "2026-12-09"),
    ("15:30", "time", "15:30"), ("3pm", "time", "15:00"), ("下午三点", "time", "15:00"),
    ("at 9", "time", "09:00"), ("三点", "time", "15:00"),
    ("Friday at 3pm", "datetime", "2026-12-04T15:00"),
    ("明天下午三点", "datetime", "2026-12-01T15:00"),
    ("it is ann@example.org.", "email", "ann@example.org"),
    ("我的邮箱ann@example.org，谢谢", "email", "ann@example.org"),
    ("+49 151 2345-6789", "phone", "+4915123456789"), ("手机１３８００１３８０００", "phone", "13800138000"),
    ("small", "choice", "s"), ("a little one", "choice", "s"), ("2", "choice", "l"), ("the third", "choice", "xl"),
    ("大", "choice", "l"), ("第二个", "choice", "l"), ("XL please", "choice", "xl"), ("小的吧", "choice", "s"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "meant"), READ)
def test_a_value_is_read(text: str, kind: str, meant: Any) -> None:
    assert value(text, kind, choices=SIZES if kind == "choice" else ()) == meant


UNFIT: list[tuple[str, str, str]] = [
    ("many", "integer", "slot_not_number"), ("2 or 3", "integer", "slot_one_number"),
    ("2.5", "integer", "slot_not_whole"),
    ("9" * 40, "integer", "slot_not_number"),
    ("NaN", "number", "slot_not_number"), ("inf", "number", "slot_not_number"),
    ("maybe", "yes_no", "slot_yes_no"), ("看情况", "yes_no", "slot_yes_no"), ("blue", "date", "slot_not_date"),
    ("every Monday", "date", "slot_unclear_date"), ("soonish", "time", "slot_not_time"),
    ("tomorrow", "datetime", "slot_needs_hour"), ("ann at example", "email", "slot_not_email"),
    ("a@b.org or c@d.org", "email", "slot_not_email"), ("12345", "phone", "slot_not_phone"),
    ("medium", "choice", "slot_no_choice"), ("small or large", "choice", "slot_no_choice"),
    ("not small", "choice", "slot_no_choice"), ("0", "choice", "slot_no_choice"), ("4", "choice", "slot_no_choice"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "code"), UNFIT)
def test_what_is_no_value_has_a_reason(text: str, kind: str, code: str) -> None:
    with pytest.raises(Unfit) as raised:
        value(text, kind, choices=SIZES if kind == "choice" else ())
    assert raised.value.reason is not None
    assert raised.value.reason.code == code


@pytest.mark.parametrize(
    ("text", "kind", "rules", "told"),
    [
        ("0", "integer", {"minimum": 1}, "It must be at least 1."),
        ("9", "integer", {"maximum": 8}, "It can be at most 8."),
        ("2026-12-01", "date", {"minimum": "2026-12-05"}, "It cannot be before 2026-12-05."),
        ("22:00", "time", {"maximum": "20:00"}, "It cannot be after 20:00."),
        ("2026-11-01", "date", {"future": True}, "That is already over."),
        ("ab", "text", {"shortest": 3}, "That is too short: at least 3 characters, please."),
        ("abcd", "text", {"longest": 3}, "That is too long: at most 3 characters, please."),
        ("x" * 5000, "text", {}, "That is too long: at most 4000 characters, please."),
        (
            "12",
            "text",
            {"pattern": "[A-Z]{2}", "hint": {"en": "Two capitals."}},
            "That does not have the right form: Two capitals.",
        ),
        ("  ", "text", {}, "I need a few words for that."),
    ],
)
def test_a_broken_rule_has_a_reason(text: str, kind: str, rules: dict[str, Any], told: str) -> None:
    with pytest.raises(Unfit) as raised:
        value(text, kind, **rules)
    assert str(raised.value) == told


@pytest.mark.parametrize(
    "text", ["yes but not on Friday", "no idea", "yesterday", "是不是太晚了", "好像不行", "不知道", ""]
)
def test_a_yes_or_no_with_more_in_it_is_neither(text: str) -> None:
    assert yes_or_no(text) is None
