"""Questions about date and time are answered by calendar and clock; others are left to the model."""

from __future__ import annotations

import pytest

from clawdbot.testing import DialogDouble
from clawdbot.times import places
from tests.skills.reminders.builders import MONDAY, Talk

pytestmark = pytest.mark.django_db(transaction=True)
MODULE = "skills.date_time.DateTimeSkill"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("现在几点了？", "现在是10:00，今天（11月30日，星期一）。"), ("what time is it?", "It is 10:00, today (Monday, 30 November)."),
        ("柏林现在几点", "柏林现在是03:00，今天（11月30日，星期一）。"), ("What time is it in New York?", "In New York it is 21:00, Sunday, 29 November."),
        ("纽约时间是几点", "纽约现在是21:00，11月29日，星期日。"), ("time in Tokyo", "In Tokyo it is 11:00, today (Monday, 30 November)."),
        ("what's the current time in America/Sao_Paulo", "In America/Sao_Paulo it is 23:00, Sunday, 29 November."),
        ("今天星期几", "今天是2026年11月30日，星期一。"), ("今天几号？", "今天是2026年11月30日，星期一。"), ("What's the date today?", "Today is Monday, 30 November 2026."),
        ("what day is it today", "Today is Monday, 30 November 2026."),
        ("距离国庆还有几天", "距离国庆（2027年10月1日，星期五）还有305天。"), ("离春节还有多少天？", "距离春节（2027年2月6日，星期六）还有68天。"),
        ("How many days until Spring Festival?", "68 days until Spring Festival, which is on Saturday, 6 February 2027."), ("how long until Christmas", "25 days until Christmas, which is on Friday, 25 December."),
        ("还有几天到元旦", "距离元旦（2027年1月1日，星期五）还有32天。"), ("days until 5 March 2027", "95 days until Friday, 5 March 2027."),
        ("what weekday is 5 March 2027?", "That is Friday, 5 March 2027. That is in 95 days."), ("2027年3月5日是星期几", "是2027年3月5日，星期五。还有95天。"),
        ("昨天是星期几", "是11月29日，星期日。那是1天前。"), ("what weekday was 4 July 2006?", "That is Tuesday, 4 July 2006. That was 7454 days ago."),
        ("when is Easter?", "That is Sunday, 28 March 2027. That is in 118 days."), ("中秋节是哪天", "是2027年9月15日，星期三。还有289天。"), ("明天周几", "是明天（12月1日，星期二）。"),
        ("从2027年3月1日到2027年5月1日有多少天", "从2027年3月1日到2027年5月1日有61天。"), ("How many days between 1 March 2027 and 1 May 2027?", "From 1 March 2027 to 1 May 2027 it is 61 days."),
        ("今天农历几号", "今天（11月30日，星期一）是农历十月廿二（10月22日）。"), ("lunar date today", "today (Monday, 30 November) is 十月廿二 in the lunar calendar (day 22 of month 10)."),
        ("2025年7月25日是农历几月几号", "2025年7月25日，星期五是农历闰六月初一（闰6月1日）。"), ("how many days since 1 January 2026", "From 1 January to 30 November it is 333 days."),
        ("what time is it in Springfield", "I do not know that place. Please name a big city or a zone such as Europe/Berlin."),
        ("斯普林菲尔德现在几点", "我不认识这个地方。请说一个大城市或时区，例如 Europe/Berlin。"), ("明天几号", "是明天（12月1日，星期二）。"),
        ("what time zone am I in", "Your times are in the zone Asia/Shanghai; there it is 10:00."), ("我在哪个时区", "你的时间按时区 Asia/Shanghai 计算，当地是10:00。"),
        ("100天后是几号", "是2027年3月10日，星期三。还有100天。"), ("what date is 2 weeks from now", "That is Monday, 14 December. That is in 14 days."),
    ],
)  # fmt: skip
def test_a_question_has_its_answer(text: str, answer: str) -> None:
    assert Talk(MODULE).say(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "几点开会？", "你几点下班", "我的生日是哪天", "我几天没睡好了", "这个时间不合适", "什么时候发货", "几天能到货", "时间过得真快", "日期写错了", "周几开会",
        "when is the meeting?", "what time do you open?", "what time does the bank close", "I had the time of my life", "the date went well", "when is my birthday?",
        "how long until you finish?", "what day works for you?", "I'll see you when is convenient", "up to date", "a lunar landing",
        "do you have time?", "who invented time travel?",
    ],
)  # fmt: skip
def test_a_sentence_about_something_else_is_left_to_the_model(text: str) -> None:
    assert not Talk(MODULE).meant(text)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("in San Francisco", "America/Los_Angeles"), ("在东京", "Asia/Tokyo"), ("Kolkata", "Asia/Kolkata"), ("Europe/Vienna", "Europe/Vienna"),
        ("Los Angeles please", "America/Los_Angeles"), ("台北", "Asia/Taipei"), ("伦敦的", "Europe/London"), ("UTC", "UTC"),
    ],
)  # fmt: skip
def test_a_place_has_its_zone(text: str, zone: str) -> None:
    found = places.find(text)
    assert found is not None
    assert found[1] == zone


@pytest.mark.parametrize("text", ["what time is it", "a nice place", "今天", ""])
def test_no_place_is_found_where_none_is_named(text: str) -> None:
    assert places.find(text) is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("my time zone is Berlin", "Europe/Berlin"), ("Set my timezone to America/New_York", "America/New_York"), ("我的时区是东京", "Asia/Tokyo"),
        ("把我的时区改为伦敦", "Europe/London"), ("I'm in the Tokyo time zone", "Asia/Tokyo"),
    ],
)  # fmt: skip
def test_a_person_names_the_time_zone(text: str, zone: str) -> None:
    talk = Talk(MODULE)
    dialog = DialogDouble()
    talk.services["dialog"] = dialog
    assert zone in talk.say(text)
    assert dialog.time_zone == zone


def test_a_zone_that_is_not_known_changes_nothing() -> None:
    talk = Talk(MODULE)
    dialog = DialogDouble()
    talk.services["dialog"] = dialog
    assert "Europe/Berlin" in talk.say("my time zone is Mordor")
    assert dialog.time_zone == ""


def test_it_is_a_tool() -> None:
    from clawdbot.skills import Context
    from skills import skill_tools

    tool = next(one for one in skill_tools.of_bot(Talk(MODULE).bot.pk, "en"))
    context = Context({"text": "…", "language": "en", "now": MONDAY, "time_zone": "Asia/Shanghai"})
    assert (
        tool.call({"question": "days until Christmas"}, context).text
        == "25 days until Christmas, which is on Friday, 25 December."
    )
    assert not tool.approval
    assert tool.idempotent
