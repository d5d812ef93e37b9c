"""Messages that come one right after the other, and what became of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

from adapters.events import Event
from bots.models import Channel, Message
from bots.pipeline import inbox, windows
from tests.builders import make_event


def use(channel: Channel, mode: str, **values: Any) -> None:
    for name, value in {"bursts": mode, **values}.items():
        setattr(channel.bot, name, value)
    channel.bot.save()


def accept(channel: Channel, *events: Event | str) -> list[int]:
    made = [make_event(event) if isinstance(event, str) else event for event in events]
    return list(inbox.accept(channel, made).accepted)


def questions() -> list[str]:
    return list(Message.objects.filter(role="user").order_by("pk").values_list("text", flat=True))


def ids_of(message: Message) -> list[str]:
    assert message.inbound is not None
    return [part["id"] for part in message.inbound.payload[windows.PARTS]]


def in_a_thread(job: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            job()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
