"""A chat that takes no message any more stops its reminders, and the person learns it with the next answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from adapters.events import Event, EventKind
from bots import reminders
from bots.models import Channel, Conversation, InboundEvent, Message, OutboundMessage, Person, Schedule
from bots.pipeline import outbox
from bots.pipeline.queue import held
from tests.builders import make_channel, say
from tests.peers import BotApi
from tests.reminders.builders import Now, make_chat, make_schedule, reminded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]

State = Schedule.State


def soon(seconds: int = 3600) -> str:
    return f"{timezone.now().astimezone(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}"


def due(row: Schedule) -> None:
    """Makes the reminder due now and delivers it."""
    Schedule.objects.filter(pk=row.pk).update(
        next_local=f"{timezone.now().astimezone(UTC):%Y-%m-%dT%H:%M:%S}", next_at=timezone.now()
    )
    assert reminders.deliver(row.pk)


def send_all() -> None:
    with held.working():
        for pk, _platform in outbox.due():
            outbox.deliver(pk)


def test_a_blocked_bot_stops_every_reminder_of_the_chat_and_says_so_later(channel: Channel, api: BotApi) -> None:
    ann, ben = (make_chat(channel, chat, zone="UTC") for chat in ("7001", "7002"))
    series = make_schedule(ann, soon(), "FREQ=DAILY", now=timezone.now(), text="vitamins")
    other = make_schedule(ann, soon(7200), now=timezone.now(), text="dentist")
    of_ben = make_schedule(ben, soon(), "FREQ=DAILY", now=timezone.now())
    api.refusal = (403, "Forbidden: bot was blocked by the user")
    due(series)
    send_all()
    states = dict(Schedule.objects.values_list("pk", "state"))
    assert states == {series.pk: State.STOPPED, other.pk: State.STOPPED, of_ben.pk: State.ACTIVE}
    series.refresh_from_db()
    assert "bot was blocked" in series.stopped
    assert series.next_at is None
    api.refusal = None

    say(channel, "/status", chat="7001", chat_type="private")
    told = Message.objects.filter(meta__kind="reminders_stopped")
    (text,) = told.values_list("text", flat=True)
    assert "1. vitamins" in text
    assert "2. dentist" in text
    assert "blocked" not in text  # a word for the operator
    say(channel, "/status", chat="7001", chat_type="private")
    assert told.count() == 1

    say(channel, "/reminders resume 1", chat="7001", chat_type="private")
    series.refresh_from_db()
    assert (series.state, series.stopped) == (State.ACTIVE, "")
    assert series.next_at is not None


def test_a_text_that_the_platform_refuses_stops_nothing(channel: Channel, api: BotApi) -> None:
    row = make_schedule(make_chat(channel, "7001", zone="UTC"), soon(), "FREQ=DAILY", now=timezone.now())
    api.refusal = (400, "Bad Request: message is too long")
    due(row)
    send_all()
    assert OutboundMessage.objects.get().state == OutboundMessage.State.DEAD
    row.refresh_from_db()
    assert row.state == State.ACTIVE


@pytest.fixture
def whatsapp() -> Channel:
    account = {
        "access_token": "t", "phone_number_id": "1", "app_secret": "s", "verify_token": "v",
        "base_url": "http://127.0.0.1:9",
    }  # fmt: skip
    return make_channel(platform="whatsapp", credentials=account)


def spoke(chat: Conversation, at: datetime) -> None:
    Message.objects.create(conversation=chat, person=chat.person, role="user", text="hi", occurred_at=at)


def test_whatsapp_is_not_written_to_after_a_day_of_silence(monkeypatch: pytest.MonkeyPatch, whatsapp: Channel) -> None:
    now = Now(monkeypatch)
    ann, ben = (make_chat(whatsapp, chat) for chat in ("8613800000001", "8613800000002"))
    rows = [make_schedule(chat, "2026-11-30T10:05", "FREQ=DAILY") for chat in (ann, ben)]
    now.move(minutes=5)
    spoke(ann, now.at - timedelta(hours=25))
    spoke(ben, now.at - timedelta(hours=23))
    assert [reminders.deliver(row.pk) for row in rows] == [False, True]
    rows[0].refresh_from_db()
    assert (rows[0].state, rows[0].stopped_code) == (State.STOPPED, "reply_window_closed")
    assert Person.objects.get(pk=ann.person_id).news
    assert len(reminded()) == 1


def test_with_a_template_whatsapp_is_always_written_to(monkeypatch: pytest.MonkeyPatch, whatsapp: Channel) -> None:
    now = Now(monkeypatch)
    whatsapp.credentials = whatsapp.credentials | {"template_name": "news", "template_language": "en"}
    whatsapp.save()
    ann = make_chat(whatsapp, "8613800000001")
    row = make_schedule(ann, "2026-11-30T10:05")
    now.move(minutes=5)
    spoke(ann, now.at - timedelta(hours=25))
    assert reminders.deliver(row.pk)


def test_a_report_that_nobody_was_reached_stops_the_series(monkeypatch: pytest.MonkeyPatch, whatsapp: Channel) -> None:
    now = Now(monkeypatch)
    ann = make_chat(whatsapp, "8613800000001")
    row = make_schedule(ann, "2026-11-30T10:05", "FREQ=DAILY")
    spoke(ann, now.at)
    now.move(minutes=5)
    assert reminders.deliver(row.pk)
    OutboundMessage.objects.update(state="sent", platform_message_id="wamid.1")
    report = Event(kind=EventKind.STATUS, dedupe_key="r1", status="failed", target_message_id="wamid.1", data="131026")
    outbox.note_undelivered(whatsapp, [report])
    row.refresh_from_db()
    assert row.state == State.STOPPED


def test_in_a_group_only_what_was_stopped_there_is_told(channel: Channel) -> None:
    ann = make_chat(channel, "7001", zone="UTC")
    private = make_schedule(ann, soon(), now=timezone.now(), text="a secret")
    Schedule.objects.filter(pk=private.pk).update(state=State.STOPPED, next_at=None)
    Person.objects.filter(pk=ann.person_id).update(news=True)
    event = {"chat": "-5", "chat_type": "group", "mentions_bot": True, "user": "7001"}
    assert say(channel, "/status", **event).state == InboundEvent.State.DONE
    assert not Message.objects.filter(meta__kind="reminders_stopped").exists()
    say(channel, "/status", chat="7001", chat_type="private")
    assert Message.objects.filter(meta__kind="reminders_stopped", text__contains="a secret").count() == 1
