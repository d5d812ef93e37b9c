"""Bodies are counted before the application has them, under any ASGI server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from bots.edge.body_limit import BoundedBodies, longest_body
from tests.conftest import Configured


class Client:
    """One request: pieces of the body that arrive, and the messages of the answer.

    Attributes:
        bodies: What the application got of each request that it read to its end.
    """

    def __init__(self, *, endless: bool = False) -> None:
        self.sent: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self._endless = endless

    async def __call__(self, path: str, pieces: Iterable[bytes], **headers: str) -> None:
        waiting = iter(pieces)

        async def receive() -> dict[str, Any]:
            piece = next(waiting, None)
            if piece is None and self._endless:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

        async def send(message: Any) -> None:
            self.sent.append(message)

        async def application(scope: Any, receive: Any, send: Any) -> None:
            whole = b""
            while True:
                message = await receive()
                whole += message["body"]
                if not message["more_body"]:
                    break
            self.bodies.append(whole)
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        listed = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await BoundedBodies(application)({"type": "http", "path": path, "headers": listed}, receive, send)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def problem(self) -> Any:
        assert dict(self.sent[0]["headers"])[b"content-type"] == b"application/problem+json"
        return json.loads(self.sent[1]["body"])


@pytest.fixture(autouse=True)
def _limits(configured: Configured) -> None:
    configured("limits", body_bytes=1024, request_seconds=1)


async def test_a_body_within_the_limit_arrives() -> None:
    client = Client()
    await client("/api/v1/x", [b"x" * 1000, b"y" * 24])
    assert (client.status, client.bodies) == (204, [b"x" * 1000 + b"y" * 24])


async def test_an_announced_length_over_the_limit_is_refused_before_the_body() -> None:
    client = Client()
    await client("/api/v1/x", [], content_length="1025", x_request_id="seen-by-the-proxy")
    assert (client.status, client.bodies) == (413, [])
    assert client.problem["detail"] == "The body is larger than 1024 bytes."
    assert client.problem["request_id"] == "seen-by-the-proxy"


@pytest.mark.parametrize("announced", [{}, {"content_length": "10"}, {"content_length": "-1"}])
async def test_bytes_are_counted_whatever_was_announced(announced: dict[str, str]) -> None:
    client = Client(endless=True)
    await client("/chat/ada/", [b"x" * 600] * 1_000_000, **announced)
    assert (client.status, client.bodies, client.problem["status"]) == (413, [], 413)


async def test_a_body_that_does_not_end_is_refused() -> None:
    client = Client(endless=True)
    await client("/api/v1/x", [b"x", b"x"])
    assert (client.status, client.bodies, client.problem["title"]) == (408, [], "Request Timeout")


def test_only_the_admin_takes_uploads() -> None:
    assert longest_body("/admin/bots/conversation/1/change/") == 16 * 1024 * 1024
    for path in ("/", "/api/v1/admin/", "/api/webhook/x", "/chat/ada/", "/administrator"):
        assert longest_body(path) == 1024
