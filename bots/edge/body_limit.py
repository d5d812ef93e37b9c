"""Limits the body of every HTTP request, under any ASGI server, while it arrives.

Django stores a whole body before a view sees any of it. This ASGI middleware counts the bytes before Django gets them,
with or without a Content-Length, and ends a request whose body takes too long.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

from bots.edge import problems
from clawdbot import request_id

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# Operators upload the files of replies in the admin; nothing else takes such bodies.
UPLOAD_BYTES = 16 * 1024 * 1024
UPLOAD_PREFIX = "/admin/"
# A body may take `limits.request_seconds`, and longer if its bytes arrive at this rate.
BYTES_PER_S = 64 * 1024


def longest_body(path: str) -> int:
    """Returns the most bytes that the body of a request to this path may have."""
    limit: int = settings.CLAWDBOT.limits.body_bytes
    return max(limit, UPLOAD_BYTES) if path.startswith(UPLOAD_PREFIX) else limit


class _Refused(Exception):
    """The body is not taken.

    Args:
        status: HTTP status of the answer.
        detail: One sentence for the caller.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class BoundedBodies:
    """An ASGI application that passes requests on and answers 413 or 408 for their bodies.

    Args:
        application: Serves the scope "http".
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(receive, longest_body(scope["path"]))
        try:
            body.check_announced(scope)
            await self.application(scope, body.receive, body.noting(send))
        except _Refused as refusal:
            if not body.answered:
                await _answer(send, refusal, scope)


class _Body:
    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._limit = receive, limit
        self._size = 0
        self._whole = False
        self._began = 0.0
        self.answered = False

    def check_announced(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._limit:
                raise self._too_large()

    async def receive(self) -> Message:
        if self._whole:  # waits for the end of the connection, which may take as long as the answer
            return await self._receive()
        pause_s = settings.CLAWDBOT.limits.request_seconds
        # The time begins when the application asks for the body, which a busy server does late.
        self._began = self._began or time.monotonic()
        left_s = self._began + pause_s + self._size / BYTES_PER_S - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), min(pause_s, max(0.1, left_s)))
        except TimeoutError:
            raise _Refused(408, "The body took too long.") from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body")
        if self._size > self._limit:
            raise self._too_large()
        return message

    def noting(self, send: Send) -> Send:
        async def noted(message: Message) -> None:
            self.answered = True
            await send(message)

        return noted

    def _too_large(self) -> _Refused:
        return _Refused(413, f"The body is larger than {self._limit} bytes.")


async def _answer(send: Send, refusal: _Refused, scope: Scope) -> None:
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), None)
    with request_id.bound(request_id.accept(given)) as value:
        content = json.dumps(problems.document(refusal.status, refusal.detail)).encode()
    headers = [
        (b"content-type", problems.CONTENT_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"x-request-id", value.encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
