"""/reminders in both languages: list, cancel, put off, done, start again, quiet hours; numbers and buttons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from adapters.events import EventKind
from bots.models import Channel, Conversation, Message, Occurrence, Person, Schedule
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.engine.ports import schedule_rules
from tests.builders import make_channel, make_event, say
from tests.noon import where_it_is_noon
from tests.reminders.builders import make_chat, make_schedule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]

State = Schedule.State
SHANGHAI = "Asia/Shanghai"


@pytest.fixture
def there() -> Channel:
    return make_channel()


@pytest.fixture
def ann(there: Channel) -> Conversation:
    return make_chat(there)


def ask(channel: Channel, text: str, chat: str = "ann", **values: Any) -> str:
    """Takes a message through the pipeline; returns the answer."""
    row = say(channel, text, chat=chat, chat_type="private", **values)
    return Message.objects.get(inbound=row, role="assistant").text


def press(channel: Channel, data: str, chat: str = "ann", **values: Any) -> str:
    event = make_event("", chat=chat, kind=EventKind.ACTION, data=data, chat_type="private", **values)
    (row_id,) = inbox.accept(channel, [event]).accepted
    MessageDispatcher().process(row_id)
    return Message.objects.get(inbound=row_id, role="assistant").text


def tomorrow(hour: int, days: int = 1) -> str:
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%d}T{hour:02}:00"


def came(chat: Conversation, text: str = "drink water", rule: str = "", **values: Any) -> Schedule:
    """Makes a reminder that came a minute ago."""
    row = make_schedule(chat, tomorrow(9), rule, now=timezone.now(), text=text, **values)
    row.last_local, row.last_at = row.next_local, timezone.now() - timedelta(minutes=1)
    row.aim(row.after(timezone.now() + timedelta(days=1, hours=12)) if rule else None)
    row.save()
    Occurrence.objects.create(schedule=row, local=row.last_local, due_at=row.last_at)
    return row


def test_the_list_has_the_next_one_first_in_the_zone_of_the_person(there: Channel, ann: Conversation) -> None:
    make_schedule(ann, tomorrow(18, 3), "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", now=timezone.now(), text="stand up")
    make_schedule(ann, tomorrow(9), now=timezone.now(), text="call mum", before_s=600)
    make_schedule(ann, tomorrow(7, 2), "FREQ=DAILY", now=timezone.now(), text="Zug", zone="Europe/Berlin")
    lines = ask(there, "/reminders").splitlines()
    assert lines[0] == "Your reminders, next first:"
    assert lines[1].startswith("- **2.** ")
    assert "8:50 a.m. – call mum (for " in lines[1]
    assert "(every day; 7 a.m. in Europe/Berlin)" in lines[2]
    assert "6 p.m. – stand up (every weekday" in lines[3]
    chinese = ask(there, "/提醒")
    assert chinese.startswith("你的提醒")
    assert "call mum" in chinese
    assert "每个工作日" in chinese


def test_without_reminders_it_says_how_to_make_one(there: Channel, ann: Conversation) -> None:
    assert "remind me tomorrow at 9" in ask(there, "/reminders")
    assert "提醒" in ask(there, "/提醒 列表")


@pytest.mark.parametrize(
    "text", ["/reminders cancel 2", "/reminders delete 2", "/提醒 取消 2", "/提醒 取消2号", "/REMINDERS Cancel 2"]
)
def test_one_is_cancelled_by_its_number(there: Channel, ann: Conversation, text: str) -> None:
    kept, ended = (make_schedule(ann, tomorrow(9), now=timezone.now(), text=word) for word in ("tea", "coffee"))
    assert "coffee" in ask(there, text)
    states = dict(Schedule.objects.values_list("pk", "state"))
    assert states == {kept.pk: State.ACTIVE, ended.pk: State.CANCELLED}


def test_all_are_cancelled_on_demand_alone(there: Channel, ann: Conversation) -> None:
    for word in ("tea", "coffee"):
        make_schedule(ann, tomorrow(9), now=timezone.now(), text=word)
    assert "no such reminder" in ask(there, "/reminders cancel")
    assert ask(there, "/reminders cancel all") == "All reminders are cancelled: 2."
    assert not Schedule.objects.open().exists()


@pytest.mark.parametrize(
    "text",
    [
        "/reminders cancel 7",
        "/reminders snooze 7 10m",
        "/reminders done 9",
        "/reminders change 3 x",
        "/reminders cancel 99999999999999999999",
        "/reminders cancel #1",
        "/reminders resume 1",
    ],
)
def test_what_is_not_there_is_said(there: Channel, ann: Conversation, text: str) -> None:
    assert ask(there, text) == "You have no such reminder. /reminders lists them."


def test_a_button_puts_the_delivery_off_and_the_series_stays(there: Channel, ann: Conversation) -> None:
    row = came(ann, rule="FREQ=DAILY")
    series = (row.local, row.rule, row.next_at)
    answer = press(there, f"/reminders snooze #{row.pk} 10m")
    assert answer.startswith("I will remind you again: **2.**")
    again = Schedule.objects.get(again_of=row)
    assert again.next_at is not None
    assert timedelta(minutes=9) < again.next_at - timezone.now() <= timedelta(minutes=10)
    row.refresh_from_db()
    assert (row.local, row.rule, row.next_at, row.state) == (*series, State.ACTIVE)
    press(there, f"/reminders snooze #{row.pk} 1h")  # pressed again: one delivery waits, the later one
    (waiting,) = Schedule.objects.open().filter(again_of=row)
    assert waiting.next_at is not None
    assert waiting.next_at > again.next_at


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("/reminders snooze 1 10m", 10), ("/reminders snooze 1", 10), ("/reminders snooze 2h", 120),
        ("/reminders snooze", 10), ("/提醒 推迟 1 半小时", None), ("/提醒 推迟 1 20分钟", 20), ("/提醒 稍后 1小时", 60),
        ("/reminders snooze 1 3 days", 3 * 1440),
    ],
)  # fmt: skip
def test_it_is_put_off_by_words(there: Channel, ann: Conversation, text: str, minutes: int | None) -> None:
    row = came(ann)
    ask(there, text)
    again = Schedule.objects.get(again_of=row)
    assert again.next_at is not None
    left = again.next_at - timezone.now()
    assert abs(left - timedelta(minutes=30 if minutes is None else minutes)) < timedelta(minutes=1)


def test_a_reminder_that_came_keeps_its_number_for_a_day(there: Channel, ann: Conversation) -> None:
    row = came(ann)
    ask(there, "/reminders snooze 1 10m")
    assert Schedule.objects.get(again_of=row).number == 2


def test_done_ends_what_was_put_off(there: Channel, ann: Conversation) -> None:
    row = came(ann)
    press(there, f"/reminders snooze #{row.pk} 10m")
    assert press(there, f"/reminders done #{row.pk}") == "Done ✓ drink water"
    assert not Schedule.objects.open().exists()
    assert Occurrence.objects.get(schedule=row).done_at is not None


def test_nobody_reaches_the_reminders_of_others(there: Channel, ann: Conversation) -> None:
    row = came(make_chat(there, "ben"), rule="FREQ=DAILY")
    for text in (f"snooze #{row.pk} 10m", f"done #{row.pk}", f"cancel #{row.pk}", "cancel 1"):
        assert "no such reminder" in press(there, f"/reminders {text}")
    assert Schedule.objects.count() == 1


def test_a_group_shows_what_was_made_there_and_members_may_press_its_buttons(there: Channel, ann: Conversation) -> None:
    make_schedule(ann, tomorrow(9), now=timezone.now(), text="a secret")
    ask(there, "hello", user="ben", chat="ben")
    event = {"chat": "team", "chat_type": "group", "mentions_bot": True}
    say(there, "hello", user="ann", **event)
    team = Conversation.objects.get(chat_id="team")
    row = came(team, text="the meeting", rule="FREQ=DAILY", person=ann.person, zone=SHANGHAI)

    def in_team(text: str, user: str) -> str:
        found = say(there, text, user=user, command="/reminders", args=text.removeprefix("/reminders").strip(), **event)
        return Message.objects.get(inbound=found, role="assistant").text

    listed = in_team("/reminders", "ann")
    assert "the meeting" in listed
    assert "a secret" not in listed
    assert "the meeting" not in in_team("/reminders", "ben")
    assert "I will remind you again" in in_team(f"/reminders snooze #{row.pk} 10m", "ben")
    assert Schedule.objects.get(again_of=row).person == Person.objects.get(identities__external_id="ben")
    assert "no such reminder" in in_team(f"/reminders cancel #{row.pk}", "ben")


def test_quiet_hours_are_said_and_set(there: Channel, ann: Conversation) -> None:
    assert "22:00-07:00" in ask(there, "/reminders quiet")
    assert "23:30-06:00" in ask(there, "/reminders quiet 23:30 - 06:00")
    ann.person.refresh_from_db()
    assert ann.person.quiet_hours == "23:30-06:00"
    assert ask(there, "/提醒 免打扰 关闭") == "没有免打扰时段。"
    assert "22:00-07:00" in ask(there, "/reminders quiet 25-99")
    ann.person.refresh_from_db()
    assert ann.person.quiet_hours == "off"


def test_an_unknown_verb_gets_the_usage(there: Channel, ann: Conversation) -> None:
    assert "/reminders cancel 2" in ask(there, "/reminders frobnicate 3")


def test_too_many_are_refused(there: Channel, ann: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule_rules, "MOST", 1)
    make_schedule(ann, tomorrow(9), "FREQ=DAILY", now=timezone.now())
    row = came(ann, number=5)
    assert "there may be no more" in press(there, f"/reminders snooze #{row.pk} 10m")


@pytest.mark.parametrize(
    ("text", "hour", "rule"),
    [
        ("/reminders change 1 tomorrow at 18:30", "18:30", ""),
        ("/提醒 修改 1 明天下午六点半", "18:30", ""),
        ("/提醒 改成 1 每天晚上八点", "20:00", "FREQ=DAILY"),
        ("/reminders change 1 every weekday at 7:15 am", "07:15", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
    ],
)
def test_time_and_series_are_changed_in_words(
    there: Channel, ann: Conversation, text: str, hour: str, rule: str
) -> None:
    # After midnight "tomorrow" would be asked back.
    ann.person.time_zone = where_it_is_noon()
    ann.person.save()
    row = make_schedule(ann, tomorrow(9), now=timezone.now(), zone="Europe/Berlin")
    ask(there, text)
    row.refresh_from_db()
    assert (row.local[11:16], row.next_local[11:16], row.rule) == (hour, hour, rule)
    assert row.zone == ann.person.time_zone  # the person's present zone, in which the words are meant
    assert row.text == "drink water"


def test_the_text_is_changed(there: Channel, ann: Conversation) -> None:
    row = make_schedule(ann, tomorrow(9), "FREQ=DAILY", now=timezone.now())
    before = row.next_at
    ask(there, "/reminders change 1 eat an apple")
    row.refresh_from_db()
    assert (row.text, row.next_at) == ("eat an apple", before)


def test_a_time_that_is_over_or_not_clear_changes_nothing(there: Channel, ann: Conversation) -> None:
    row = make_schedule(ann, tomorrow(9), now=timezone.now())
    before = row.next_at
    assert "(every weekday" in ask(there, "/reminders change 1 every weekday at 7:15")
    for wish in ("yesterday at 9", "later", "every minute"):
        ask(there, f"/reminders change 1 {wish}")
        row.refresh_from_db()
        assert row.next_at == before
