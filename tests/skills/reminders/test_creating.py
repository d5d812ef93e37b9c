"""A reminder is made from a person's words; what is missing or unclear is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.skills.reminders.builders import Talk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("text", "task", "local"),
    [
        ("提醒我明天下午三点开会", "开会", "2026-12-01 15:00"),
        ("明天下午三点提醒我去接孩子", "去接孩子", "2026-12-01 15:00"),
        ("请帮我设个提醒，明早八点吃药", "吃药", "2026-12-01 08:00"),
        ("明早七点叫我", "到时间了。", "2026-12-01 07:00"),
        ("明早七点叫我起床", "起床", "2026-12-01 07:00"),
        ("半小时后提醒我关火", "关火", "2026-11-30 10:30"),
        ("提醒我：下个月3号上午十点交房租", "交房租", "2026-12-03 10:00"),
        ("今晚8點半提醒我打電話給媽媽", "打電話給媽媽", "2026-11-30 20:30"),
        ("remind me in 20 minutes to call mum", "call mum", "2026-11-30 10:20"),
        ("Remind me to call my mum in 20 minutes", "call my mum", "2026-11-30 10:20"),
        ("please remind me tomorrow at 3pm about the dentist", "the dentist", "2026-12-01 15:00"),
        ("set a reminder for Friday at 5pm to send the report", "send the report", "2026-12-04 17:00"),
        ("Set an alarm for 6:30 am tomorrow", "It is time.", "2026-12-01 06:30"),
        ("set a timer for 10 minutes", "It is time.", "2026-11-30 10:10"),
        ("Can you remind me at 16:00 that Tom arrives?", "Tom arrives", "2026-11-30 16:00"),
        ("remind me 下午三点 to 开会", "开会", "2026-11-30 15:00"),
        ("五点半叫我下班", "下班", "2026-11-30 17:30"),
        ("timer 5 minutes", "It is time.", "2026-11-30 10:05"),
        ("remind me at 9am PST to call Portland", "call Portland", "2026-11-30 09:00"),
        ("周五早上六点的飞机，头天晚上提醒我收拾行李", "飞机，收拾行李", "2026-12-03 20:00"),
        ("remind me to call Bob at 5pm about the 3pm meeting", "call Bob about the 3pm meeting", "2026-11-30 17:00"),
        ("remind me a week from Friday at 9am to pay", "pay", "2026-12-11 09:00"),
        ("meeting at 3pm with Bob, remind me at 2:30pm", "meeting at 3pm with Bob", "2026-11-30 14:30"),
    ],
)  # fmt: skip
def test_a_sentence_becomes_a_reminder(text: str, task: str, local: str) -> None:
    talk = Talk()
    answer = talk.say(text)
    assert not talk.asks, answer
    assert talk.reminders() == [(task, local, "")]


@pytest.mark.parametrize(
    ("text", "task", "local", "rule"),
    [
        ("每个工作日早上9点提醒我打卡", "打卡", "2026-12-01 09:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ("remind me every Monday at 8am to submit the timesheet", "submit the timesheet", "2026-12-07 08:00", "FREQ=WEEKLY;BYDAY=MO"),
        ("set a weekly reminder on Fridays at 4pm to file expenses", "file expenses", "2026-12-04 16:00", "FREQ=WEEKLY;BYDAY=FR"),
        ("remind me to pay rent on the first of every month at 9am", "pay rent", "2026-12-01 09:00", "FREQ=MONTHLY;BYMONTHDAY=1"),
        ("每两小时提醒我喝水", "喝水", "2026-11-30 12:00", "FREQ=HOURLY;INTERVAL=2"),
        ("每月最后一天晚上8点提醒我记账", "记账", "2026-11-30 20:00", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("remind me every day at 9am until Friday to stretch", "stretch", "2026-12-01 09:00", "FREQ=DAILY;UNTIL=20261204T235959"),
    ],
)  # fmt: skip
def test_a_series_is_kept_as_its_rule(text: str, task: str, local: str, rule: str) -> None:
    talk = Talk()
    answer = talk.say(text)
    assert not talk.asks, answer
    assert talk.reminders() == [(task, local, rule)]


def test_the_lead_is_kept_beside_the_time() -> None:
    talk = Talk()
    assert talk.say("下周三三点开会，提前十分钟提醒") == "我会提前10分钟提醒你（12月9日，星期三15:00）：开会"
    assert talk.reminders() == [("开会", "2026-12-09 15:00", "")]
    assert talk.book.kept[0].before == timedelta(minutes=10)


def test_the_confirmation_says_the_resolved_time() -> None:
    talk = Talk()
    assert talk.say("提醒我3点开会") == "我会在今天（11月30日，星期一）15:00提醒你：开会"
    assert talk.say("remind me at 3 to rest") == "I will remind you today (Monday, 30 November) at 15:00: rest"
    assert talk.say("每周一早上9点提醒我周会") == "我会每星期一09:00（首次：12月7日，星期一09:00）提醒你：周会"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("提醒我下午两点吃药，晚上九点睡觉", [("吃药", "2026-11-30 14:00", ""), ("睡觉", "2026-11-30 21:00", "")]),
        (
            "remind me at 5pm and at 9pm to take the pill",
            [("take the pill", "2026-11-30 17:00", ""), ("take the pill", "2026-11-30 21:00", "")],
        ),
        (
            "周一和周三早上七点提醒我跑步",
            [("跑步", "2026-12-07 07:00", ""), ("跑步", "2026-12-02 07:00", "")],
        ),
        (
            "remind me every day at 9, 12 and 18 to stretch",
            [
                ("stretch", "2026-12-01 09:00", "FREQ=DAILY"),
                ("stretch", "2026-11-30 12:00", "FREQ=DAILY"),
                ("stretch", "2026-11-30 18:00", "FREQ=DAILY"),
            ],
        ),
        (
            "每天早上8点和晚上8点提醒我吃药",
            [("吃药", "2026-12-01 08:00", "FREQ=DAILY"), ("吃药", "2026-11-30 20:00", "FREQ=DAILY")],
        ),
    ],
)
def test_several_reminders_of_one_sentence(text: str, made: list[tuple[str, str, str]]) -> None:
    talk = Talk()
    talk.say(text)
    assert talk.reminders() == made


@pytest.mark.parametrize(
    ("text", "answer", "task", "local"),
    [
        ("明天提醒我开会", "下午三点", "开会", "2026-12-01 15:00"),
        ("明天提醒我开会", "2", "开会", "2026-12-01 12:00"),
        ("明天提醒我开会", "10点", "开会", "2026-12-01 10:00"),
        ("明天6点提醒我出发", "下午", "出发", "2026-12-01 18:00"),
        ("明天6点提醒我出发", "1", "出发", "2026-12-01 06:00"),
        ("remind me tomorrow at 6 to leave", "pm", "leave", "2026-12-01 18:00"),
        ("remind me next Friday at 10 to pay", "the second", "pay", "2026-12-11 10:00"),
        ("remind me next Friday at 10 to pay", "December 4", "pay", "2026-12-04 10:00"),
        ("等会儿提醒我喝水", "20分钟", "喝水", "2026-11-30 10:20"),
        ("remind me later to drink", "in an hour", "drink", "2026-11-30 11:00"),
        ("提醒我喝水", "半小时后", "喝水", "2026-11-30 10:30"),
        ("remind me to drink", "at 4pm", "drink", "2026-11-30 16:00"),
        ("昨天三点提醒我开会", "明天下午三点", "开会", "2026-12-01 15:00"),
        ("12/5 at 9 remind me to pay", "1", "pay", "2026-12-05 09:00"),
        ("下班前提醒我打卡", "17:50", "下班前打卡", "2026-11-30 17:50"),
        ("明天下午三点提醒我", "开会", "开会", "2026-12-01 15:00"),
        ("remind me in 20 minutes", "tea", "tea", "2026-11-30 10:20"),
    ],
)  # fmt: skip
def test_a_question_settles_what_is_open(text: str, answer: str, task: str, local: str) -> None:
    talk = Talk()
    question = talk.say(text)
    assert talk.asks, question
    assert talk.reminders() == []
    said = talk.say(answer)
    assert not talk.asks, said
    assert talk.reminders() == [(task, local, "")]


def test_an_ambiguous_time_is_asked_with_its_readings() -> None:
    talk = Talk()
    question = talk.say("明天6点提醒我出发")
    assert question.splitlines()[1:] == [
        "1. 明天（12月1日，星期二）06:00",
        "2. 明天（12月1日，星期二）18:00",
    ]


def test_after_midnight_pm_tells_the_half_of_the_day_and_the_day_stays_a_question() -> None:
    talk = Talk(now=datetime(2026, 12, 1, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai")))
    question = talk.say("remind me tomorrow at 9 to call Anna")
    assert question.splitlines()[1:] == [
        "1. today (Tuesday, 1 December) at 09:00",
        "2. tomorrow (Wednesday, 2 December) at 09:00",
    ]
    question = talk.say("pm")
    assert question.splitlines()[1:] == [
        "1. today (Tuesday, 1 December) at 21:00",
        "2. tomorrow (Wednesday, 2 December) at 21:00",
    ]
    talk.say("2")
    assert talk.reminders() == [("call Anna", "2026-12-02 21:00", "")]


def test_after_midnight_a_chinese_answer_tells_the_half_of_the_day_too() -> None:
    talk = Talk(now=datetime(2026, 12, 1, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai")))
    talk.say("明天9点提醒我给安娜打电话")
    talk.say("晚上")
    talk.say("第一个")
    assert talk.reminders() == [("给安娜打电话", "2026-12-01 21:00", "")]


def test_a_series_too_often_is_refused_with_a_question() -> None:
    talk = Talk()
    assert "五分钟" in talk.say("每分钟提醒我喝水")
    talk.say("每半小时")
    assert talk.reminders() == [("喝水", "2026-11-30 10:30", "FREQ=MINUTELY;INTERVAL=30")]


def test_a_time_in_another_zone_is_said_in_both() -> None:
    talk = Talk()
    assert talk.say("remind me at 9am PST to rest") == "I will remind you tomorrow (Tuesday, 1 December) at 01:00: rest"
    assert talk.book.kept[0].zone == "America/Los_Angeles"
    said = talk.say("remind me every day at 9am PST to rest")
    assert "every day at 09:00 in America/Los_Angeles, first tomorrow (Tuesday, 1 December) at 01:00" in said
    question = talk.say("remind me tomorrow at 9am PST to rest")
    assert question.splitlines()[1:] == [
        "1. tomorrow (Tuesday, 1 December) at 01:00",
        "2. the day after tomorrow (Wednesday, 2 December) at 01:00",
    ]


def test_an_unknown_zone_of_the_person_is_said() -> None:
    talk = Talk(time_zone_known=False)
    assert talk.say("remind me tomorrow at 3pm to rest").endswith("(Times are in the zone Asia/Shanghai.)")


@pytest.mark.parametrize(
    "text",
    [
        "这首歌提醒我童年", "我提醒过他了", "谢谢提醒", "谢谢你的提醒", "他提醒我明天开会", "老师提醒我们明天交作业", "你昨天提醒我了吗", "怎么设置提醒？",
        "被老板提醒了", "我提醒他明天下午三点开会", "叫我小明", "以后叫我老王吧", "妈妈叫我明天早点回家", "会议改到四点了，你知道吗", "温馨提醒：明天放假", "请提醒自己多喝水",
        "That reminds me of my childhood", "this song reminds me of you", "remind me what you said", "He reminded me at 3pm",
        "I will remind him tomorrow", "thanks for reminding me", "thank you for the reminder", "just a friendly reminder that the shop closes at 5",
        "the fire alarm went off at 3", "Remind me who wrote Faust", "She woke me at 6", "who reminds me of my youth",
        "make it better", "change it please", "what is a timer?",
    ],
)  # fmt: skip
def test_a_sentence_about_something_else_is_left_to_the_model(text: str) -> None:
    assert not Talk().meant(text)
