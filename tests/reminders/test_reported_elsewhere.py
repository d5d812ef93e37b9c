"""Kinds of input that made similar products fail."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.web.events import PLATFORM
from bots import reminders
from bots.models import Broadcast, Channel, Conversation, Message, OutboundMessage, Schedule
from bots.operations import broadcasts
from bots.pipeline import outbox
from bots.pipeline.engine.ports import schedule_rules
from bots.pipeline.queue import held
from bots.reminders import broadcasting
from clawdbot.skills import SkillError
from tests.builders import make_bot, make_channel, say
from tests.peers import BotApi
from tests.reminders.builders import BEGIN, Now, make_chat, make_schedule, reminded

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only"),
]  # fmt: skip


NEVER = (
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MONTHLY;INTERVAL=0;BYDAY=MO",
    "FREQ=DAILY;BYMONTHDAY=32",
    "FREQ=YEARLY;BYMONTH=13",
    "FREQ=YEARLY;BYYEARDAY=377",
    "FREQ=DAILY;BYSETPOS=2",
    "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
    "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
    "FREQ=HOURLY;INTERVAL=2;BYHOUR=3,5",
    "FREQ=SECONDLY",
    "FREQ=DAILY;COUNT=0",
    "FREQ=DAILY;INTERVAL=-1",
    "FREQ=NEVER",
    "DAILY",
    "FREQ=DAILY\nEXRULE:FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=XX",
    "FREQ=DAILY;UNTIL=19700101T000000",
)


@pytest.mark.parametrize("rule", NEVER)
def test_a_rule_that_never_comes_true_is_refused_at_once(rule: str) -> None:
    # dateutil/dateutil#1441, #1393, #523, #4; simshaun/recurr#126; syncfusion/ej2-javascript-ui-controls#61
    row = Schedule(local="2026-12-01T10:00:00", zone="Europe/Berlin", rule=rule)
    began = time.perf_counter()
    with pytest.raises(SkillError):
        schedule_rules.aim(row, BEGIN)
    assert time.perf_counter() - began < 1.0


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "FREQ=MONTHLY;BYDAY=3FR", "FREQ=DAILY;BYHOUR=9,21",
        "FREQ=MINUTELY;INTERVAL=20",
        "FREQ=DAILY;UNTIL=20270101T235959", "FREQ=WEEKLY;COUNT=3",
    ],
)  # fmt: skip
def test_a_rule_that_comes_true_is_kept(rule: str) -> None:
    row = Schedule(local="2026-12-01T10:00:00", zone="Europe/Berlin", rule=rule)
    schedule_rules.aim(row, BEGIN)
    assert row.next_at is not None


@pytest.mark.parametrize("rule", ["FREQ=MINUTELY", "FREQ=MINUTELY;INTERVAL=4", "FREQ=HOURLY;BYMINUTE=0,2"])
def test_a_series_that_comes_too_often_is_refused(rule: str) -> None:
    with pytest.raises(SkillError):
        schedule_rules.aim(Schedule(local="2026-12-01T10:00:00", zone="UTC", rule=rule), BEGIN)


def test_the_last_place_is_taken_and_the_next_one_refused() -> None:  # python-discord/bot#3507
    schedule_rules.check_count(schedule_rules.MOST - 1)
    with pytest.raises(SkillError):
        schedule_rules.check_count(schedule_rules.MOST)


def test_a_weekly_reminder_does_not_come_again_at_each_restart(now: Now) -> None:  # tasks/tasks#237, hamroh#44
    row = make_schedule(make_chat(make_channel()), "2026-11-30T10:05", "FREQ=WEEKLY;BYDAY=MO")
    now.move(minutes=5)
    assert reminders.deliver(row.pk)
    for _restart in range(3):
        now.move(hours=5)
        reminders.wake_due()
        assert not reminders.deliver(row.pk)
    assert len(reminded()) == 1


def test_a_year_of_downtime_gives_one_message(now: Now) -> None:  # anoadragon453/matrix-reminder-bot#9
    chat = make_chat(make_channel(), quiet_hours="off")
    row = make_schedule(chat, "2026-11-30T10:05", "FREQ=MINUTELY;INTERVAL=5")
    now.move(days=365)
    began = time.perf_counter()
    assert reminders.deliver(row.pk)
    assert time.perf_counter() - began < 2.0
    assert len(reminded()) == 1
    row.refresh_from_db()
    assert row.next_at is not None
    assert timedelta(0) < row.next_at - now.at <= timedelta(minutes=5)


def test_seconds_of_a_short_wait_are_kept(now: Now) -> None:  # MikeMoore1337/reminder-bot#2
    row = make_schedule(make_chat(make_channel()), "2026-11-30T10:01:37")
    assert row.next_at == datetime(2026, 11, 30, 2, 1, 37, tzinfo=UTC)


def test_a_refused_flood_loses_nobody_of_a_broadcast(channel: Channel, api: BotApi) -> None:
    # eknoes/covidbot#37, AbirHasan2005/TelegramScraper#13: a flood limit ended the whole run
    chats = [make_chat(channel, str(7000 + number), quiet_hours="off") for number in range(4)]
    row = broadcasts.release(Broadcast.objects.create(bot=channel.bot, name="n", text="x", per_second=50), "root")
    api.fail_until = time.monotonic() + 1.5
    for _step in range(60):
        Broadcast.objects.filter(state="sending").update(due_at=BEGIN)
        broadcasting.step(row.pk)
        with held.working():
            for pk, _platform in outbox.due():
                outbox.deliver(pk)
        if len(api.sent) == len(chats):
            break
        time.sleep(0.3)
    assert sorted(item.chat_id for item in api.sent) == sorted(chat.chat_id for chat in chats)


def test_one_who_has_blocked_the_bot_does_not_end_a_broadcast(channel: Channel, api: BotApi) -> None:
    first, second = (make_chat(channel, chat, quiet_hours="off") for chat in ("7001", "7002"))
    row = broadcasts.release(Broadcast.objects.create(bot=channel.bot, name="n", text="x", per_second=1), "root")
    api.refusal = (403, "Forbidden: bot was blocked by the user")
    broadcasting.step(row.pk)
    send_all()
    api.refusal = None
    while Broadcast.objects.filter(due_at__isnull=False).exists():
        Broadcast.objects.update(due_at=BEGIN)
        broadcasting.step(row.pk)
    send_all()
    states = dict(OutboundMessage.objects.values_list("conversation", "state"))
    assert states == {first.pk: "dead", second.pk: "sent"}


def send_all() -> None:
    with held.working():
        for pk, _platform in outbox.due():
            outbox.deliver(pk)


@pytest.mark.parametrize(
    "text", ["**bold** [x](http://a.b)", "a\nb\n\n```\ncode", "@everyone", "🎂" * 200, "ملاحظة", "x" * 1000]
)
def test_any_text_comes_as_it_was_said(now: Now, text: str) -> None:
    row = make_schedule(make_chat(make_channel()), "2026-11-30T10:01", text=schedule_rules.clean(text))
    now.move(minutes=1)
    assert reminders.deliver(row.pk)
    assert reminded() == [f"⏰ {text}"]


@pytest.mark.parametrize("text", ["", "  \n ", "\0", "x" * 1001])
def test_no_text_and_too_much_of_it_are_refused(text: str) -> None:
    with pytest.raises(SkillError):
        schedule_rules.clean(text)


def test_in_the_web_chat_the_choices_are_numbers(now: Now, monkeypatch: pytest.MonkeyPatch) -> None:
    # scottleedavis/mattermost-plugin-remind#174: the choice to put off a series did nothing
    web = make_channel(make_bot(), PLATFORM)
    chat = make_chat(web)
    row = make_schedule(chat, "2026-11-30T10:01", "FREQ=DAILY")
    now.move(minutes=1)
    assert reminders.deliver(row.pk)
    frame = OutboundMessage.objects.get().payload["data"]
    assert "2. In 10 minutes" in frame["text"]
    answer = say_in(chat, "2")
    assert answer.startswith("I will remind you again")
    assert Schedule.objects.filter(again_of=row).count() == 1


def say_in(chat: Conversation, text: str, **values: Any) -> str:
    row = say(chat.channel, text, chat=chat.chat_id, chat_type="private", **values)
    return Message.objects.get(inbound=row, role="assistant").text
