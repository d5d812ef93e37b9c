"""The way of one Telegram message: which rooms it enters, and in which order.

None of them twice but the queues, and rooms in which the engine looks something up: what the bot can do, and whether a
model takes tools.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.test import Client

from bots.models import Channel, InboundEvent
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.peers import BotApi, StubModel

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.usefixtures("words_only"),
]

ROOT = Path(__file__).resolve().parents[2]
QUEUES = {"bots/pipeline/inbox", "bots/pipeline/outbox", "bots/pipeline/memory_outbox"}
LOOKED_UP = {"bots/people", "bots/llm", "skills"}
# Reading a property of a value is no work of its room, and neither is a hook of the framework.
VALUES = {"bots/pipeline/engine/turn.py", "bots/llm/types.py"}
NO_WORK = {"person", "perform_content_negotiation"}
WAY = [
    ("bots/intake", "post"),
    ("bots/pipeline/inbox", "accept"),
    ("bots/pipeline/dispatch", "process"),
    ("bots/pipeline/inbox", "claim"),
    ("bots/people", "receive"),
    ("bots/i18n", "language_of"),
    ("bots/files", "collect"),
    ("bots/pipeline/engine", "respond"),
    ("bots/people", "asks_to_leave"),
    ("skills", "of_bot"),
    ("skills", "entries"),
    ("skills", "match"),
    ("bots/llm", "of_bot"),
    ("bots/llm", "takes_tools"),
    ("skills", "granted"),
    ("bots/llm", "complete"),
    ("bots/pipeline/inbox", "finish"),
    ("bots/pipeline/memory_outbox", "remember"),
    ("bots/pipeline/outbox", "payloads"),
    ("bots/pipeline/outbox", "enqueue"),
    ("bots/pipeline/outbox", "send_claimed"),
    ("bots/pipeline/memory_outbox", "write_waiting_of"),
    ("bots/pipeline/inbox", "next_in_queue"),
]
STAGES = {room for room, _ in WAY}


def room_of(path: str) -> str:
    """The room of a file: a folder of bots or bots/pipeline, or the package."""
    parts = Path(path).with_suffix("").parts
    depth = {"bots": 2}.get(parts[0], 1) + (parts[:2] == ("bots", "pipeline"))
    return "/".join(parts[:depth])


class Walk:
    """Notes each call that enters a room which is not being worked in already."""

    def __init__(self) -> None:
        self.entered: list[tuple[str, str]] = []
        self._local = threading.local()

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        path = frame.f_code.co_filename
        if event not in ("call", "return") or not path.startswith(f"{ROOT}/"):
            return
        path = path.removeprefix(f"{ROOT}/")
        room = room_of(path)
        if room not in STAGES or path in VALUES:
            return
        inside: list[str] = self._local.__dict__.setdefault("inside", [])
        if event == "return":
            inside.pop()
            return
        if room not in inside and frame.f_code.co_name not in NO_WORK:
            self.entered.append((room, frame.f_code.co_name))
        inside.append(room)


def post(channel: Channel, number: int) -> None:
    sender = {"id": 5, "is_bot": False, "first_name": "Ann"}
    message = {"message_id": number, "date": 1_700_000_000, "chat": {"id": 5, "type": "private"}, "from": sender}
    body = {"update_id": number, "message": {**message, "text": "My sister lives in Chengdu"}}
    secret = {"x-telegram-bot-api-secret-token": "s"}
    address = f"/api/webhook/{channel.public_id}"
    answer = Client().post(address, data=json.dumps(body), content_type="application/json", headers=secret)
    assert answer.status_code == 200
    MessageDispatcher().process(InboundEvent.objects.latest("id").pk)


def test_a_message_passes_each_room_once_and_in_order(channel: Channel, api: BotApi, model: StubModel) -> None:
    post(channel, 1)  # who writes for the first time is asked for more
    walk = Walk()
    sys.setprofile(walk)
    threading.setprofile(walk)
    try:
        post(channel, 2)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]  # the stub knows no None
    assert [len(api.sent), len(model.prompts)] == [2, 2]
    assert walk.entered == WAY
    twice = {room for room, count in Counter(room for room, _ in walk.entered).items() if count > 1}
    assert twice <= QUEUES | LOOKED_UP
