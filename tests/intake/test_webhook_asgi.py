"""The ASGI fast path answers like the view, keeps connections, and reads no more than the limit."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connections

from bots.intake import webhook_asgi
from bots.intake.webhook_asgi import WebhookApplication
from bots.models import Channel, InboundEvent
from tests.api.builders import event_body, make_channel, signature

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


async def _elsewhere(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def _close_mine(everybody: threading.Barrier) -> None:
    everybody.wait(timeout=60)
    connections.close_all()


@pytest.fixture
async def application() -> Any:
    made = WebhookApplication(_elsewhere)
    yield made
    # connections of the threads would keep the test database open
    everybody = threading.Barrier(made._pool._max_workers)
    for done in [made._pool.submit(_close_mine, everybody) for _ in range(made._pool._max_workers)]:
        done.result(timeout=60)
    await sync_to_async(connections.close_all)()
    made._pool.shutdown(wait=True)


def _scope(path: str, body: bytes, *, method: str = "POST", headers: dict[str, str] | None = None) -> dict[str, Any]:
    sent = {"host": "testserver", "content-type": "application/json", "x-signature": signature(body)} | (headers or {})
    sent.setdefault("content-length", str(len(body)))
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items() if value],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }


async def _call(application: Any, scope: dict[str, Any], parts: list[bytes]) -> tuple[int, dict[str, str], bytes]:
    talk = ApplicationCommunicator(application, scope)
    for number, part in enumerate(parts):
        await talk.send_input({"type": "http.request", "body": part, "more_body": number < len(parts) - 1})
    start = await talk.receive_output(timeout=60)
    body = await talk.receive_output(timeout=60)
    await talk.wait()
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, body["body"]


async def test_an_event_in_pieces_is_stored_and_answered(application: Any) -> None:
    channel: Channel = await sync_to_async(make_channel)()
    body = event_body("in pieces")
    status, headers, answer = await _call(
        application,
        _scope(channel.webhook_path, body, headers={"x-request-id": "piece-by-piece"}),
        [body[:5], body[5:20], body[20:]],
    )
    row = await InboundEvent.objects.aget()
    assert status == 202
    assert json.loads(answer) == {"status": "accepted"}
    assert headers["x-request-id"] == row.request_id == "piece-by-piece"
    assert int(headers["content-length"]) == len(answer)


@pytest.mark.parametrize(
    ("sign", "path", "expected"),
    [("00", None, 401), (None, "/api/webhook/feedfeedfeedfeed", 404), (None, "/api/webhook", 202)],
)
async def test_refusals_are_those_of_the_view(
    application: Any, sign: str | None, path: str | None, expected: int
) -> None:
    channel: Channel = await sync_to_async(make_channel)()
    body = event_body()
    headers = {"x-signature": sign} if sign else {}
    status, _, _ = await _call(application, _scope(path or channel.webhook_path, body, headers=headers), [body])
    assert status == expected


async def test_an_announced_length_over_the_limit_is_refused_unread(application: Any) -> None:
    talk = ApplicationCommunicator(
        application, _scope("/api/webhook/0011223344556677", b"", headers={"content-length": "1048577"})
    )
    start = await talk.receive_output(timeout=60)  # answered without a body
    assert start["status"] == 413


async def test_an_endless_body_is_refused_when_it_passes_the_limit(application: Any, settings: Any) -> None:
    limit = settings.CLAWDBOT.limits.body_bytes
    talk = ApplicationCommunicator(
        application, _scope("/api/webhook/0011223344556677", b"", headers={"content-length": ""})
    )
    for _ in range(limit // 65536 + 1):
        await talk.send_input({"type": "http.request", "body": b"x" * 65536, "more_body": True})
    start = await talk.receive_output(timeout=60)
    assert start["status"] == 413


async def test_a_caller_who_hangs_up_leaves_nothing(application: Any) -> None:
    channel: Channel = await sync_to_async(make_channel)()
    talk = ApplicationCommunicator(application, _scope(channel.webhook_path, event_body()))
    await talk.send_input({"type": "http.request", "body": b'{"id": "1"', "more_body": True})
    await talk.send_input({"type": "http.disconnect"})
    await talk.wait()
    assert await InboundEvent.objects.acount() == 0


@pytest.mark.parametrize("path", ["/", "/api/webhooks", "/api/v1/bots/", "/api/webhook/a/b", "/api/webhookx"])
async def test_every_other_address_goes_to_django(application: Any, path: str) -> None:
    assert (await _call(application, _scope(path, b""), [b""]))[0] == 299


async def test_a_repeated_event_from_many_callers_at_once_makes_one_row(application: Any) -> None:
    channel: Channel = await sync_to_async(make_channel)()
    body = event_body()
    calls = [_call(application, _scope(channel.webhook_path, body), [body]) for _ in range(12)]
    answers = await asyncio.gather(*calls)
    assert {status for status, _, _ in answers} == {202}
    assert await InboundEvent.objects.acount() == 1


async def test_too_many_waiting_requests_are_sent_away_for_a_while(
    application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_asgi, "MAX_WAITING", 0)
    status, headers, _ = await _call(application, _scope("/api/webhook/0011223344556677", b"{}"), [b"{}"])
    assert status == 503
    assert int(headers["retry-after"]) >= 1
