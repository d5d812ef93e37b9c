"""The WebSocket of the web chat. Protocol: docs/web-chat.md. Storage: `bots.operations.web_chat`."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs
from weakref import WeakSet

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from adapters.web.events import WebFacts
from bots.channels import presses
from bots.channels.web import broadcast
from bots.channels.web.html import render_markdown
from bots.edge.peer import peer_address
from bots.models import Bot, Channel
from bots.models.sql import connections
from bots.operations import web_channels, web_chat
from bots.webchat import rate_limits, visitor_tokens
from bots.webchat.errors import error_frame, language_of
from bots.webchat.origin import clean_origins, host_allowed, origin_allowed
from bots.webchat.visitor_tokens import Visitor

logger = logging.getLogger(__name__)

# Daphne's WebSocket library lets applications send private close codes only: 4012 replaces 1012, 4009 replaces 1009.
CLOSE_SHUTTING_DOWN = 4012
CLOSE_TOO_LARGE = 4009
CLOSE_DISABLED = 4403
CLOSE_UNKNOWN_BOT = 4404
CLOSE_TOO_MANY = 4429
# A frame can be lost (full channel layer, or a turn in another process without Redis), so answers are also polled.
CHECK_EVERY_S = 3.0
_CLIENT_ID = re.compile(r"[!-~]{1,64}")
_TIME_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,16}")
_open: WeakSet[ChatConsumer] = WeakSet()


async def close_all() -> None:
    """Closes every socket of this process with the shutdown code, so that the pages reconnect soon."""
    await asyncio.gather(*(item.close(code=CLOSE_SHUTTING_DOWN) for item in list(_open)), return_exceptions=True)


async def _in_thread(function: Callable[..., Any], *args: Any) -> Any:
    # Not thread-sensitive: one slow query must not delay the other visitors.
    return await sync_to_async(_and_release, thread_sensitive=False)(function, *args)


def _and_release(function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    finally:
        connections.release()


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket of a visitor to one bot."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ready = False
        self.facts = WebFacts()
        self.language = language_of()
        self.address = ""
        self.staff = False
        self.group = ""
        self.subscribed = False
        self.pending: set[str] = set()
        self.shown: set[int] = set()
        self.answered: set[str] = set()
        self.checker: asyncio.Task[None] | None = None
        self.visitor: Visitor
        self.channel: Channel

    # Opening and closing

    async def connect(self) -> None:
        broadcast.attach(asyncio.get_running_loop())  # turns publish from other threads, so they need this event loop
        headers = {name.decode("latin1").lower(): value.decode("latin1") for name, value in self.scope["headers"]}
        query = parse_qs(self.scope.get("query_string", b"").decode("latin1"))
        user = self.scope.get("user")
        self.staff = bool(user and user.is_active and user.is_staff)
        self._read_facts({name: values[-1] for name, values in query.items()}, headers)
        self.address = peer_address(self.scope.get("client"), headers, settings.CLAWDBOT.web_chat.trusted_proxies)
        bot: Bot | None = await _in_thread(web_channels.find_bot, self.scope["url_route"]["kwargs"]["slug"])
        allowed = clean_origins(bot.allowed_origins) if bot else ()
        host = headers.get("host", "")
        if not host_allowed(host) or not origin_allowed(headers.get("origin", ""), host, allowed):
            await self.close()  # before `accept`: the handshake fails with 403
            return
        await self.accept()
        if rate_limits.open_wait_s(self.address):
            await self._refuse("unavailable", CLOSE_TOO_MANY)
        elif bot is None:
            await self._refuse("unknown_bot", CLOSE_UNKNOWN_BOT)
        else:
            await self._open_chat(bot, *((query.get(name) or [""])[-1] for name in ("visitor", "seed")))

    async def _open_chat(self, bot: Bot, token: str, seed: str) -> None:
        self.channel = await _in_thread(web_channels.ensure_web_channel, bot)
        if not bot.enabled or not self.channel.enabled:
            await self._refuse("bot_disabled", CLOSE_DISABLED)
            return
        self.visitor = (
            visitor_tokens.read(token, bot.pk)
            or visitor_tokens.of_seed(seed, bot.pk)
            or visitor_tokens.new_visitor(bot.pk)
        )
        self.group = broadcast.group_name(self.channel.pk, self.visitor.id)
        # Subscribes before it reads the history, so that no frame is missed in between.
        await self._subscribe()
        hello = await _in_thread(web_chat.hello, self.channel, self.visitor.id)
        self.shown.update(entry["id"] for entry in hello["history"])
        await self._send({**hello, "visitor": self.visitor.token, "staff": self.staff})
        self.ready = True
        _open.add(self)
        for waiting in hello["pending"]:
            self._await_answer(waiting["client_id"])

    async def _refuse(self, code: str, close_code: int) -> None:
        await self._send(error_frame(code, self.language))
        await self.close(code=close_code)

    async def disconnect(self, code: int) -> None:
        self.ready = False
        _open.discard(self)
        if self.checker is not None:
            self.checker.cancel()
        if self.group:
            await self._on_layer(self.channel_layer.group_discard(self.group, self.channel_name))

    # Frames from the page

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.ready:
            return
        limit = _largest_frame()
        if text_data is None or len(text_data) > limit or len(text_data.encode()) > limit:
            await self._error("too_large" if text_data is not None else "bad_json", limit=limit)
            if text_data is not None:
                await self.close(code=CLOSE_TOO_LARGE)
            return
        try:
            frame = json.loads(text_data)
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            await self._error("bad_json")
            return
        await self._dispatch(frame)

    async def _dispatch(self, frame: dict[str, Any]) -> None:
        kind = frame.get("type")
        if kind == "message":
            await self._message(frame)
        elif kind == "ping":
            await self._send({"type": "pong"})
        elif kind == "hello":
            self._read_facts({name: value for name, value in frame.items() if isinstance(value, str)}, {})
        else:
            await self._error("unknown_type")

    async def _message(self, frame: dict[str, Any]) -> None:
        text, client_id = frame.get("text"), frame.get("client_id")
        if not isinstance(text, str) or not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id):
            await self._error("bad_message", client_id=client_id if isinstance(client_id, str) else "")
            return
        text = _clean(text)
        limit = settings.CLAWDBOT.web_chat.text_characters
        if not text or len(text) > limit:
            await self._error("too_long" if text else "empty", client_id=client_id, limit=limit)
            return
        if wait := rate_limits.message_wait_s(self.visitor.id, self.address):
            await self._error("rate_limited", client_id=client_id, seconds=math.ceil(wait))
            return
        press = frame.get("press")
        await self._store(text, client_id, press if isinstance(press, str) and presses.read(press) else "")

    async def _store(self, text: str, client_id: str, press: str) -> None:
        facts = WebFacts(client_id, self.facts.language, self.facts.time_zone, self.staff)
        try:
            stored: web_chat.Accepted = await _in_thread(
                web_chat.accept_message, self.channel, self.visitor.id, text, facts, secrets.token_hex(8), press
            )
        except Exception:  # any database error: the page keeps the message and retries
            logger.exception("a web-chat message could not be stored")
            await self._error("not_stored", client_id=client_id)
            return
        await self._send({"type": "accepted", "client_id": client_id, "duplicate": stored.duplicate})
        if stored.answer is not None:
            # The page lost the answer and asks again: send it even if it was sent before.
            self.pending.discard(client_id)
            await self._send(self._for_visitor(stored.answer))
            return
        self._await_answer(client_id)
        if not stored.duplicate:
            await self._echo(text, client_id)

    async def _echo(self, text: str, client_id: str) -> None:
        frame = {"type": "echo", "client_id": client_id, "text": text}
        event = {"type": "chat.echo", "frame": frame, "sender": self.channel_name}
        await self._on_layer(self.channel_layer.group_send(self.group, event))

    # Events from the channel layer

    async def chat_frame(self, event: dict[str, Any]) -> None:
        """Sends a frame that the running turn published (`broadcast.publish`)."""
        if self.ready:
            await self._show(dict(event["frame"]))

    async def chat_echo(self, event: dict[str, Any]) -> None:
        """Sends a message that the same visitor wrote in another window."""
        if self.ready and event["sender"] != self.channel_name:
            self._await_answer(event["frame"]["client_id"])
            await self._send(event["frame"])

    async def chat_check(self, event: dict[str, Any]) -> None:
        """Sends answers whose frame was lost."""
        if not self.ready or not self.pending:
            return
        found = await _in_thread(web_chat.outcomes, self.channel, self.visitor.id, tuple(self.pending))
        for client_id, frame in found.items():
            if client_id in self.pending:
                await self._show(self._for_visitor(frame))

    async def _show(self, frame: dict[str, Any]) -> None:
        """Sends a frame of a turn; sends each message once, although it may arrive both as a frame and by the check."""
        kind = frame.get("type")
        if kind == "message":
            if frame.get("id") in self.shown:
                return
            self.shown.add(frame["id"])
            frame.setdefault("html", render_markdown(str(frame.get("text", ""))))
        client_id = str(frame.get("client_id") or "")
        if kind in ("message", "error", "idle"):
            self.pending.discard(client_id)
            self.answered.add(client_id)
        elif client_id and client_id in self.answered:
            return  # a late sign of a turn whose answer came by the check: the page would show "typing" for ever
        await self._send(frame)

    def _for_visitor(self, frame: dict[str, Any]) -> dict[str, Any]:
        return error_frame("failed", self.language, client_id=frame["client_id"]) if frame["type"] == "dead" else frame

    def _await_answer(self, client_id: str) -> None:
        self.pending.add(client_id)
        if self.checker is None or self.checker.done():
            self.checker = asyncio.create_task(self._check_while_pending())

    async def _check_while_pending(self) -> None:
        while self.pending:
            await asyncio.sleep(CHECK_EVERY_S)
            if not self.subscribed:
                await self._subscribe()
            # Sent to itself, because the consumer handles its events one at a time, in order.
            if not await self._on_layer(self.channel_layer.send(self.channel_name, {"type": "chat.check"})):
                await self.chat_check({})  # without Redis the database still has the answers

    # Helpers

    async def _subscribe(self) -> None:
        """Subscribes to the frames of this visitor's turns. Until it succeeds, answers come by the check."""
        self.subscribed = await self._on_layer(self.channel_layer.group_add(self.group, self.channel_name))

    async def _on_layer(self, call: Awaitable[None]) -> bool:
        """Awaits a call of the channel layer. Returns False when the layer, which may be a Redis, is away."""
        try:
            await call
        except Exception as error:  # each layer raises its own errors
            logger.warning("the channel layer is away: %s", type(error).__name__)
            return False
        return True

    def _read_facts(self, values: Mapping[str, str], headers: Mapping[str, str]) -> None:
        language, zone = values.get("lang", ""), values.get("tz", "")
        accepted = re.split("[,;]", headers.get("accept-language", ""))[0].strip()
        tag = next((wish for wish in (language, accepted, self.facts.language) if _LANGUAGE.fullmatch(wish)), "")
        self.facts = WebFacts("", tag, zone if _TIME_ZONE.fullmatch(zone) else self.facts.time_zone)
        self.language = language_of(tag)

    async def _error(self, code: str, *, client_id: str = "", **values: object) -> None:
        await self._send(error_frame(code, self.language, client_id=client_id[:64], **values))

    async def _send(self, frame: Mapping[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame, ensure_ascii=False))


def _largest_frame() -> int:
    """Returns the limit of a frame in bytes; a message within the limit of characters always fits."""
    chosen = settings.CLAWDBOT.web_chat
    # 6 bytes: an escaped character (\uXXXX); 1,024 bytes: the other fields.
    return int(max(chosen.frame_bytes, 6 * chosen.text_characters + 1024))


def _clean(text: str) -> str:
    """Strips NUL (PostgreSQL refuses it), lone surrogates (UTF-8 cannot encode them) and outer white space."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8").strip()
