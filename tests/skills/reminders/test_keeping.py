"""Reminders are listed, cancelled, moved and put off in a person's words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.skills.reminders.builders import MONDAY, Talk

pytestmark = pytest.mark.django_db(transaction=True)


def talk_with(*texts: str) -> Talk:
    talk = Talk()
    for text in texts:
        talk.say(text)
        assert not talk.asks
    return talk


THREE = ("提醒我明天下午三点开会", "remind me tomorrow at 9am to call Anna", "每周一上午9点提醒我周会")


@pytest.mark.parametrize("text", ["我有哪些提醒", "查看提醒", "我的提醒", "提醒列表", "有什么提醒吗"])
def test_the_list_in_chinese(text: str) -> None:
    talk = talk_with(*THREE)
    assert talk.say(text).splitlines() == [
        "你的提醒：",
        "2. 明天（12月1日，星期二）09:00：call Anna",
        "1. 明天（12月1日，星期二）15:00：开会",
        "3. 每星期一09:00（首次：12月7日，星期一09:00）：周会",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "list my reminders",
        "what reminders do I have?",
        "my reminders",
        "show me all reminders",
        "Do I have any reminders?",
    ],
)
def test_the_list_in_english(text: str) -> None:
    assert "1. tomorrow (Tuesday, 1 December) at 15:00: 开会" in talk_with(*THREE).say(text)


def test_an_empty_list_says_so() -> None:
    talk = Talk()
    assert talk.say("my reminders") == "You have no reminders."
    assert talk.say("取消提醒") == "你没有提醒。"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("取消提醒2", [1, 3]), ("cancel reminder 1", [2, 3]), ("取消开会的提醒", [2, 3]), ("别再提醒我周会了", [1, 2]),
        ("cancel the reminder to call Anna", [1, 3]), ("删除第三个提醒", [1, 2]), ("cancel the 9am reminder tomorrow", [1, 3]),
        ("取消明天下午三点的提醒", [2, 3]), ("取消所有提醒", []), ("cancel all reminders", []), ("stop reminding me about 周会", [1, 2]),
    ],
)  # fmt: skip
def test_a_reminder_is_cancelled_by_number_words_or_time(text: str, left: list[int]) -> None:
    talk = talk_with(*THREE)
    answer = talk.say(text)
    assert not talk.asks, answer
    assert [one.number for one in talk.book.kept] == left


def test_of_several_that_fit_the_person_chooses() -> None:
    talk = talk_with(*THREE)
    assert talk.say("取消明天的提醒").splitlines()[1:] == [
        "2. 明天（12月1日，星期二）09:00：call Anna",
        "1. 明天（12月1日，星期二）15:00：开会",
    ]
    assert talk.say("1") == "已取消：开会"
    assert [one.number for one in talk.book.kept] == [2, 3]


def test_the_only_reminder_needs_no_name() -> None:
    talk = talk_with(THREE[0])
    assert talk.say("取消提醒") == "已取消：开会"


def test_what_fits_no_reminder_is_said_with_the_list() -> None:
    talk = talk_with(*THREE)
    assert "call Anna" in talk.say("cancel reminder 9")
    assert len(talk.book.kept) == 3


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("改到四点", "2026-12-01 16:00"), ("改到下午5点半", "2026-12-01 17:30"), ("推迟到周五", "2026-12-04 15:00"), ("把提醒改到后天上午十点", "2026-12-02 10:00"),
        ("move it to Friday", "2026-12-04 15:00"), ("change it to 4pm", "2026-12-01 16:00"), ("move the reminder to Friday at 10am", "2026-12-04 10:00"),
        ("reschedule it to December 24 at 9am", "2026-12-24 09:00"),
    ],
)  # fmt: skip
def test_a_reminder_moves_and_keeps_what_is_not_named(text: str, local: str) -> None:
    talk = talk_with(THREE[0])
    answer = talk.say(text)
    assert not talk.asks, answer
    assert talk.reminders() == [("开会", local, "")]


def test_a_series_moves_as_a_whole() -> None:
    talk = talk_with(THREE[2])
    talk.say("改到十点")
    assert talk.reminders() == [("周会", "2026-12-07 10:00", "FREQ=WEEKLY;BYDAY=MO")]


def test_of_several_reminders_the_moved_one_is_asked() -> None:
    talk = talk_with(*THREE)
    talk.say("改到下午四点")
    assert talk.asks
    talk.say("1")
    assert talk.reminders()[0] == ("开会", "2026-12-01 16:00", "")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("十分钟后再提醒", 10), ("snooze 10 min", 10), ("snooze", 10), ("半小时后再提醒我一次", 30), ("remind me again in 1 hour", 60),
        ("snooze for 20 minutes", 20), ("推迟五分钟", 5), ("再睡10分钟", 10), ("snooze until 3pm", 300),
    ],
)  # fmt: skip
def test_the_last_reminder_comes_again(text: str, minutes: int) -> None:
    talk = talk_with(THREE[0])
    talk.book.came = talk.book.kept[0]
    answer = talk.say(text)
    assert talk.book.snoozed == [(1, MONDAY + timedelta(minutes=minutes))], answer


def test_without_a_reminder_that_came_there_is_nothing_to_put_off() -> None:
    assert Talk().say("snooze 10 min") == "No reminder came lately that I could repeat."


def test_as_a_tool_the_parser_decides_the_time() -> None:
    from clawdbot.skills import Context
    from clawdbot.skills.context import Services
    from skills import skill_tools

    talk = Talk()
    tool = next(one for one in skill_tools.of_bot(talk.bot.pk, "en") if one.source == "skill")
    values = {"text": "…", "language": "en", "now": MONDAY, "time_zone": "Asia/Shanghai"}
    context = Context(values, Services(schedules=talk.book))
    made = tool.call({"action": "create", "text": "开会", "when": "下周三三点，提前十分钟"}, context)
    assert made.ok
    assert talk.reminders() == [("开会", "2026-12-09 15:00", "")]
    tool.call({"action": "create", "text": "rest", "when": "2026-12-05T14:00"}, context)
    assert talk.book.kept[1].local == datetime(2026, 12, 5, 14)
    assert "开会" in tool.call({"action": "list"}, context).text
    tool.call({"action": "change", "which": "2", "when": "Sunday"}, context)
    assert talk.book.kept[1].local == datetime(2026, 12, 6, 14)
    tool.call({"action": "cancel", "which": "1"}, context)
    assert [one.text for one in talk.book.kept] == ["rest"]


def test_as_a_tool_an_unclear_time_is_a_question_for_the_person() -> None:
    from clawdbot.skills import Context, SkillError
    from clawdbot.skills.context import Services
    from skills import skill_tools

    talk = Talk()
    tool = next(one for one in skill_tools.of_bot(talk.bot.pk, "en") if one.source == "skill")
    context = Context({"language": "en", "now": MONDAY, "time_zone": "Asia/Shanghai"}, Services(schedules=talk.book))
    with pytest.raises(SkillError, match="Which time do you mean"):
        tool.call({"action": "create", "text": "leave", "when": "tomorrow at 6"}, context)
    with pytest.raises(SkillError, match="When should I remind you"):
        tool.call({"action": "create", "text": "leave"}, context)
    assert talk.book.kept == []
