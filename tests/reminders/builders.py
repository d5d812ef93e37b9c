"""Reminders and the time for tests of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bots.models import Channel, Conversation, Identity, Message, OutboundMessage, Person, Schedule
from bots.models.schedule import wall_of
from bots.models.sql import clock

BEGIN = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)  # Monday, 10:00 in Shanghai, 03:00 in Berlin


class Now:
    """The time of the queues, which stands still until a test moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: datetime = BEGIN) -> None:
        self.at = at
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def move(self, **length: float) -> datetime:
        """Moves the time on, e.g. by `hours=3`."""
        self.at += timedelta(**length)
        return self.at


def make_chat(channel: Channel, chat: str = "ann", zone: str = "Asia/Shanghai", **values: Any) -> Conversation:
    """Makes a person with an account and an open private conversation."""
    person = Person.objects.create(bot=channel.bot, display_name=chat.title(), time_zone=zone, language="en", **values)
    Identity.objects.create(person=person, channel=channel, external_id=chat)
    return Conversation.objects.create(bot=channel.bot, channel=channel, person=person, chat_id=chat)


def make_schedule(chat: Conversation, local: str, rule: str = "", *, now: datetime = BEGIN, **values: Any) -> Schedule:
    """Makes an active reminder whose first time is this wall time in the zone of the person."""
    person = values.pop("person", chat.person)
    taken = Schedule.objects.filter(person=person).count()
    row = Schedule(
        **{
            "bot": chat.bot,
            "channel": chat.channel,
            "conversation": chat,
            "person": person,
            "number": taken + 1,
            "text": "drink water",
            "local": wall_of(datetime.fromisoformat(local)),
            "zone": person.time_zone,
            "rule": rule,
        }
        | values
    )
    row.aim(row.after(now))
    row.save()
    return row


def reminded() -> list[str]:
    """Returns the texts of all delivered reminders, oldest first."""
    rows = Message.objects.filter(meta__kind="reminder").order_by("pk")
    return list(rows.values_list("text", flat=True))


def waiting_to_be_sent() -> int:
    return OutboundMessage.objects.open().count()
