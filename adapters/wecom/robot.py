"""A smart robot on a long connection: receives pushes, sends messages and updates draft replies."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from adapters.errors import MalformedPayload, SendError
from adapters.events import Event, EventKind, OutgoingMessage, Polled, SendReceipt
from adapters.wecom import aibot, render
from adapters.wecom.account import WeComAccount
from adapters.wecom.connection import (
    DISPLACED_WAIT_S,
    HOSTS,
    NO_ANSWER,
    RESPOND,
    SEND,
    SUBSCRIBE,
    URL,
    Connection,
    Frame,
)
from adapters.wecom.outcome import UNSUBSCRIBED, judge
from clawdbot.clock import Clock
from clawdbot.reasons import Reason, why

logger = logging.getLogger(__name__)

SHOW_EVERY_S = 2.0  # 30 messages a minute per chat
_SEPARATOR = "~"  # separates the stream id from the request id in `Event.reply_token`
_PRIVATE, _GROUP = 1, 2
# Failures that end the connection, so that a late answer is not taken for that of another frame.
_DEAD = (NO_ANSWER, UNSUBSCRIBED)


class Robot:
    """A smart robot. The first `poll` opens its connection; only the process and thread that polls can send.

    Args:
        account: An account with `bot_id` and `bot_secret`.
        clock: Epoch seconds.
        content: Renders neutral markdown within WeCom's limit.
    """

    def __init__(self, account: WeComAccount, clock: Clock, content: Callable[[str], str]) -> None:
        self._account, self._clock, self._content = account, clock, content
        self._connection: Connection | None = None
        self._thread = 0
        self._next_offset: int | None = None
        self._growing: dict[str, str] = {}  # text shown so far of each open stream, by reply token
        self._shown_at = 0.0

    @property
    def connected(self) -> bool:
        """True in the polling thread while the connection is open."""
        return self._connection is not None and self._thread == threading.get_ident()

    def poll(self, offset: int | None, timeout: float) -> Polled:
        """Returns the pushed events. `next_offset` is a counter; passing it back confirms that they are stored.

        Raises:
            SendError: The connection cannot be opened, or another process has displaced it.
        """
        self._thread = threading.get_ident()
        connection = self._connection = self._connection or self._open()
        try:
            frames = connection.receive(timeout, confirmed=offset is not None and offset == self._next_offset)
            self._show(connection)
        except ConnectionError as error:
            self.close()
            if connection.displaced:
                raise SendError(why(error), mark="connected_elsewhere", retry_after=DISPLACED_WAIT_S) from None
            return Polled()
        if not frames:
            return Polled()
        self._next_offset = (offset or 0) + 1
        return Polled(tuple(self._event(frame) for frame in frames), self._next_offset)

    def _open(self) -> Connection:
        account = self._account
        url = account.base_url.replace("http", "ws", 1) or URL
        connection = Connection(url, account.allowed_hosts or HOSTS, public_only=account.guarded)
        try:
            judge(200, {}, connection.call(SUBSCRIBE, {"bot_id": account.bot_id, "secret": account.bot_secret}))
        except (SendError, ConnectionError) as error:
            connection.close()
            if isinstance(error, SendError):
                raise
            raise SendError(Reason("closed_at_once"), mark="not_reached") from None
        return connection

    def _event(self, frame: Frame) -> Event:
        try:
            event = aibot.event_of(frame.body, self._account.bot_name)
        except MalformedPayload:
            # A push cannot be refused, so it is stored as ignored.
            key = f"frame:{frame.request_id}"
            return Event(kind=EventKind.IGNORED, dedupe_key=key, change="malformed", raw=frame.body)
        if event.kind is not EventKind.MESSAGE or not event.message_id:
            return event
        token = f"{aibot.stream_id(event.message_id, self._clock())}{_SEPARATOR}{frame.request_id}"
        self._growing[token] = ""
        return replace(event, reply_token=token)

    def _show(self, connection: Connection) -> None:
        """Sends the new text of all draft replies."""
        streams, now = self._account.streams, time.monotonic()
        if streams is None or not self._growing or now - self._shown_at < SHOW_EVERY_S:
            return
        self._shown_at = now
        for token, shown in list(self._growing.items()):
            text, finished = streams.read(token) or ("", False)
            if finished or not aibot.stream_alive(token, self._clock()):
                del self._growing[token]  # the outbox has the whole answer
            elif text != shown and not self._grow(connection, token, text):
                del self._growing[token]

    def _grow(self, connection: Connection, token: str, text: str) -> bool:
        """Updates the stream of a draft reply. Returns False when WeCom refuses; the whole answer is sent later."""
        self._growing[token] = text
        stream, _, request_id = token.partition(_SEPARATOR)
        try:
            answer = connection.call(RESPOND, aibot.stream_reply(stream, self._content(text), False), request_id)
            judge(200, {}, answer)
        except SendError as error:
            if error.mark in _DEAD:
                raise ConnectionError(why(error)) from None
            logger.info("an answer is not shown while it is written: %s", error)
            return False
        return True

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Ends the stream of the answered message. Without a stream, or when WeCom refuses, posts to the chat.

        Raises:
            SendError: Mark "not_connected" in a process or thread that does not poll.
        """
        text = render.with_choices(message.text, message.data.get("buttons") or ())
        stream, _, request_id = (message.reply_token or "").partition(_SEPARATOR)
        if request_id and not message.part:
            try:
                self._call(RESPOND, aibot.stream_reply(stream, self._content(text), True), request_id)
                return SendReceipt(stream)
            except SendError as error:
                if not error.permanent:
                    raise
        return self._call(
            SEND, self._addressed(message) | {"msgtype": "markdown", "markdown": {"content": self._content(text)}}
        )

    def _addressed(self, message: OutgoingMessage) -> dict[str, Any]:
        chat = message.chat_id or message.user_id or ""
        if not message.user_id or not message.chat_id:
            return {"chatid": chat}
        return {"chatid": chat, "chat_type": _PRIVATE if chat == message.user_id else _GROUP}

    def _call(self, command: str, body: dict[str, Any], request_id: str = "") -> SendReceipt:
        if self._connection is None or not self.connected:
            raise SendError(Reason("connection_held_elsewhere"), mark="not_connected")
        try:
            return judge(200, {}, self._connection.call(command, body, request_id), self._clock())
        except ConnectionError as error:
            self.close()
            failure = SendError(why(error), mark=NO_ANSWER, maybe_sent=True)
        except SendError as error:
            if error.mark in _DEAD:
                self.close()
            failure = error
        raise failure

    def close(self) -> None:
        """Closes the connection; the next `poll` opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
