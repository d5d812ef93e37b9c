"""Posts of flows against a server that verifies, fails, dawdles and redirects."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from clawdbot import signatures
from skills import flow_webhooks
from skills.flow_webhooks import post
from skills.tool_types import ToolResult
from tests.http_server import Answer, Recorded, Server, json_answer

SECRET = "5ecret" * 8


def send(url: str, **values: Any) -> ToolResult:
    given = {"secret": SECRET, "key": "key-1", "public_only": False} | values
    return post(url, {"flow": "ticket", "values": {"name": "王芳", "count": 2}}, **given)


def test_the_receiver_can_verify_the_signature_over_the_raw_body(server: Server) -> None:
    def respond(request: Recorded) -> Answer:
        timestamp = request.headers["x-timestamp"]
        assert signatures.timely(timestamp, time.time(), 300)
        signed = timestamp.encode() + b"." + request.body
        right = request.headers["x-signature"] == signatures.hmac_hex(SECRET, signed)
        return json_answer({"text": "Ticket 7 is open."} if right else {}, 200 if right else 401)

    server.respond = respond
    assert send(f"{server.url}/hook") == ToolResult("Ticket 7 is open.")
    assert send(f"{server.url}/hook", secret="other").ok is False
    (request, _other) = server.requests
    assert (request.method, request.headers["content-type"]) == ("POST", "application/json")
    assert request.headers["idempotency-key"] == "key-1"
    assert json.loads(request.body) == {
        "flow": "ticket",
        "values": {"name": "王芳", "count": 2},
        "idempotency_key": "key-1",
    }


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer(500, b"secret stack trace"), ToolResult("HTTP 500", ok=False)),
        (Answer(404, b""), ToolResult("HTTP 404", ok=False)),
        (Answer(302, b"", {"Location": "/elsewhere"}), ToolResult("HTTP 302", ok=False)),
        (Answer(204, b""), ToolResult("")),
        (Answer(200, b"OK"), ToolResult("")),
        (json_answer({"text": 7}), ToolResult("")),
        (json_answer(["text"]), ToolResult("")),
        (json_answer({"text": "x" * 5000}), ToolResult("x" * 2000)),
    ],
)
def test_only_a_text_of_a_good_answer_reaches_the_person(server: Server, answer: Answer, result: ToolResult) -> None:
    server.answer(answer, json_answer({"text": "from elsewhere"}))
    assert send(f"{server.url}/hook") == result
    assert len(server.requests) == 1


def test_a_slow_receiver_and_a_huge_answer_are_failures(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_webhooks, "TOTAL_S", 0.4)
    server.answer(Answer(200, b"", {}, tuple([b" "] * 30), lambda: time.sleep(0.1)))
    begun = time.monotonic()
    assert send(f"{server.url}/hook").ok is False
    assert time.monotonic() - begun < 3
    server.answer(Answer(200, b'{"text": "' + b"x" * 100_000 + b'"}'))
    assert send(f"{server.url}/hook").ok is False


def test_private_addresses_and_dead_receivers_are_failures_that_show_no_path(server: Server) -> None:
    refused = send(f"{server.url}/hook?token=hush", public_only=True)
    assert (refused.ok, "hush" in refused.text) == (False, False)
    assert not server.requests
    assert send("http://127.0.0.1:9/hook?token=hush") == send("http://127.0.0.1:9/x")
