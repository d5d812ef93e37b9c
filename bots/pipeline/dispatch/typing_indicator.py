"""Typing indicators and button acknowledgements. Best effort: never retried.

They run on threads of their own, and failures are only logged.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

from adapters.base import Adapter
from adapters.errors import AdapterError, SendError
from adapters.events import Event
from adapters.web.events import PLATFORM
from bots.channels import lookup
from bots.models import Channel

logger = logging.getLogger(__name__)

# A quick answer needs no indicator: one more call per message would only use up the platform's rate limit.
TYPING_AFTER_S = 0.8
TYPING_EVERY_S = 4.5  # Telegram shows it for five seconds


# `cache` does not keep two first calls at the same moment from making one object each.
_making = threading.Lock()


def _pool() -> ThreadPoolExecutor:
    with _making:
        return _made_pool()


@cache
def _made_pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, thread_name_prefix="typing")


def confirm_action(adapter: Adapter[Any], event: Event) -> None:
    """Acknowledges a pressed button on platforms that wait for it."""
    if event.kind == "action" and event.reply_token:
        _pool().submit(_quietly, adapter.answer_action, event.reply_token)


def dismiss(channel: Channel, event: Event) -> None:
    """Tells the platform that no answer follows, where it shows the person that one is on its way."""
    if event.reply_token:
        token = event.reply_token
        _pool().submit(_quietly, lambda: lookup.adapter_for(channel).dismiss(token))


def show_once(channel: Channel, event: Event) -> None:
    """Shows "typing" once, for a turn that waits; on the chat page the turn itself shows it."""
    chat_id = event.chat_id or event.user_id
    if channel.platform != PLATFORM and chat_id:
        _pool().submit(_quietly, _send_once, channel, event, chat_id)


def _send_once(channel: Channel, event: Event, chat_id: str) -> None:
    adapter = lookup.adapter_for(channel)
    if adapter.supports_typing:
        adapter.send_typing(chat_id, event.thread_id, message_id=event.message_id)


@contextmanager
def typing(adapter: Adapter[Any], event: Event) -> Iterator[None]:
    """Shows "typing" in the event's chat from `TYPING_AFTER_S` until the block ends."""
    chat_id = event.chat_id or event.user_id
    if not adapter.supports_typing or not chat_id:
        yield
        return

    def show() -> None:
        adapter.send_typing(chat_id, event.thread_id, message_id=event.message_id)

    repeater = _repeater()
    ticket = repeater.start(show)
    try:
        yield
    finally:
        repeater.stop(ticket)


class _Repeater:
    """Repeats calls on one thread until they are stopped; a timer per turn would cost a thread per message."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[int, tuple[float, Callable[[], None]]] = {}
        self._wakes_at = float("inf")
        self._next = 0
        threading.Thread(target=self._run, name="typing", daemon=True).start()

    def start(self, call: Callable[[], None]) -> int:
        with self._changed:
            self._next += 1
            due_at = time.monotonic() + TYPING_AFTER_S
            self._waiting[self._next] = (due_at, call)
            if due_at < self._wakes_at:
                self._changed.notify()
            return self._next

    def stop(self, ticket: int) -> None:
        with self._changed:
            self._waiting.pop(ticket, None)

    def _run(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                due = [ticket for ticket, (at, _call) in self._waiting.items() if at <= now]
                for ticket in due:
                    _at, call = self._waiting[ticket]
                    self._waiting[ticket] = (now + TYPING_EVERY_S, call)
                    _pool().submit(_quietly, call)
                self._wakes_at = min((at for at, _call in self._waiting.values()), default=float("inf"))
                self._changed.wait(None if not self._waiting else max(0.01, self._wakes_at - now))


def _repeater() -> _Repeater:
    with _making:
        return _made_repeater()


@cache
def _made_repeater() -> _Repeater:
    return _Repeater()


def _quietly(call: Callable[..., None], *arguments: object) -> None:
    try:
        call(*arguments)
    except (SendError, AdapterError) as error:
        logger.info("a typing indicator or acknowledgement was not sent: %s", error)
    except Exception:  # best effort: no error here may cost the answer
        logger.exception("an adapter failed to send a typing indicator or acknowledgement")
