"""Runs the recorded cases beside the checkout, if they are there; never copies them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters import registry
from adapters.errors import AdapterError, SendError
from adapters.events import Event, EventKind, Received, WebhookRequest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "fixtures"
PLATFORMS = [name for name in registry.platforms() if (FOLDER / name / "cases.json").exists()]
# Keys that the cases spell differently, or give for information only.
NOT_COMPARED = {
    *("kind", "note", "text_raw", "text_match", "attachments", "callback_id", "dedupe", "agent_id", "args", "values"),
    *("reply_url_expires_ms", "target_text", "target_user_id", "action_id", "error_code"),
}


def load(platform: str, name: str) -> dict[str, Any]:
    path = FOLDER / platform / name
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def inbound() -> list[Any]:
    return [
        pytest.param(platform, case, id=f"{platform}-{case['name']}")
        for platform in PLATFORMS
        for case in load(platform, "cases.json")["cases"]
        if case["expect"]["verify"] in ("ok", "reject", "challenge")
    ]


def outbound() -> list[Any]:
    return [
        pytest.param(platform, case, id=f"{platform}-{case['name']}")
        for platform in PLATFORMS
        for case in load(platform, "outbound.json").get("responses", ())
    ]


def receive(platform: str, case: dict[str, Any]) -> Received:
    account = load(platform, "cases.json")["accounts"][case["account"]]
    body = (FOLDER / platform / case["file"]).read_bytes() if case.get("file") else b""
    adapter = registry.create(platform, account, clock=lambda: float(case["now"] or 0))
    return adapter.receive(WebhookRequest(case["method"], case["query"], case["headers"], body))


@pytest.mark.parametrize(("platform", "case"), inbound())
def test_a_recorded_request_is_understood(platform: str, case: dict[str, Any]) -> None:
    expect = case["expect"]
    if expect["verify"] == "reject":
        with pytest.raises(AdapterError) as caught:
            receive(platform, case)
        assert 400 <= caught.value.status < 500
        return
    received = receive(platform, case)
    events = received.events
    if expect["verify"] == "challenge":
        text = received.reply.body.decode()
        assert expect.get("body", expect.get("json_or_text", "")) in text
        assert json.loads(text) == expect["json"] if "json" in expect else not events
        return
    for wanted, event in zip(expect["events"], events, strict=False):
        assert matches(wanted, event)
    assert len(events) >= len(expect["events"])


def matches(wanted: dict[str, Any], event: Event) -> bool:
    command = wanted["kind"] == "command" and event.kind is EventKind.MESSAGE and event.command
    assert event.kind == wanted["kind"] or command
    assert event.dedupe_key == wanted.get("dedupe", event.dedupe_key)
    for key, value in wanted.items():
        if key not in NOT_COMPARED:
            assert (getattr(event, key) or None) == (value or None), key
    for part in filter(None, wanted.get("text_match", "").split("; ")):
        assert part.removeprefix("contains:") in event.text
    have = [(a.type, a.id) for a in event.attachments]
    for attachment in wanted.get("attachments", ()):
        assert any(attachment["type"] == kind and attachment.get("id", id) == id for kind, id in have)
    if isinstance(wanted.get("args"), dict):
        assert event.args == wanted["args"]
    return True


@pytest.mark.parametrize(("platform", "case"), outbound())
def test_a_recorded_answer_is_judged_right(platform: str, case: dict[str, Any]) -> None:
    account = next(iter(load(platform, "cases.json")["accounts"].values()))
    adapter = registry.create(platform, account, clock=lambda: 0.0)
    expect, body = case["expect"], json.dumps(case["body"]).encode()
    if expect["outcome"] == "ok":
        assert adapter.classify(case["status"], case["headers"], body).message_id == expect.get("message_id", "")
        return
    with pytest.raises(SendError) as caught:
        adapter.classify(case["status"], case["headers"], body)
    if expect["outcome"] in ("permanent", "retry", "refresh_token_and_retry_once"):  # a send includes its fallbacks
        assert caught.value.permanent is (expect["outcome"] == "permanent")
    assert caught.value.mark == expect.get("mark", caught.value.mark)
    assert caught.value.retry_after == expect.get("after_s", caught.value.retry_after)
