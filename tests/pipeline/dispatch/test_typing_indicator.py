"""The typing indicator, and the acknowledgement of a pressed button."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.events import EventKind
from bots.models import Channel
from bots.pipeline import inbox
from bots.pipeline.dispatch import typing_indicator
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.builders import make_event, say
from tests.peers import BotApi, StubModel
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
TEXT = "one two three four five six seven eight"


def test_typing_is_shown_only_while_an_answer_takes_time(
    channel: Channel, api: BotApi, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typing_indicator, "TYPING_AFTER_S", 600.0)
    monkeypatch.setattr(typing_indicator, "TYPING_EVERY_S", 600.0)
    say(channel, "tell me", chat="7")
    assert "sendChatAction" not in api.calls
    monkeypatch.setattr(typing_indicator, "TYPING_AFTER_S", 0.0)
    model.wait = lambda: eventually(lambda: "sendChatAction" in api.calls)
    say(channel, "tell me", chat="7")
    assert "sendChatAction" in api.calls


def test_a_pressed_button_is_confirmed(channel: Channel, api: BotApi, model: StubModel) -> None:
    event = make_event("", chat="7", kind=EventKind.ACTION, data="yes", reply_token="callback-1")
    (row_id,) = inbox.accept(channel, [event]).accepted
    MessageDispatcher().process(row_id)
    eventually(lambda: "answerCallbackQuery" in api.calls)
    assert api.calls["answerCallbackQuery"] == 1


def test_two_first_turns_at_the_same_moment_share_one_repeater(monkeypatch: pytest.MonkeyPatch) -> None:
    made, barrier = [], threading.Barrier(8)

    class Slow(typing_indicator._Repeater):
        def __init__(self) -> None:
            made.append(self)
            time.sleep(0.05)
            super().__init__()

    def first_turn(_number: int) -> typing_indicator._Repeater:
        barrier.wait(60)
        return typing_indicator._repeater()

    monkeypatch.setattr(typing_indicator, "_Repeater", Slow)
    typing_indicator._made_repeater.cache_clear()
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(first_turn, range(8)))
    finally:
        typing_indicator._made_repeater.cache_clear()
    assert len(made) == 1
    assert set(found) == set(made)


def test_who_begins_while_another_waits_for_its_next_sign_is_not_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing_indicator, "TYPING_AFTER_S", 0.0)
    monkeypatch.setattr(typing_indicator, "TYPING_EVERY_S", 600.0)
    repeater, first, second = typing_indicator._Repeater(), threading.Event(), threading.Event()
    repeater.start(first.set)
    assert first.wait(60)
    repeater.start(second.set)
    assert second.wait(60)
