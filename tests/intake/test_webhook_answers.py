"""All answers of the webhook; only stored events get a 2xx."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from bots.channels import health
from bots.models import Channel, InboundEvent
from bots.pipeline import inbox
from tests.api.builders import SECRET, deliver, event_body, make_channel, signature, update
from tests.clock import ManualClock

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
PROBLEM = "application/problem+json"


def test_a_signed_event_is_stored_before_the_answer() -> None:
    channel = make_channel()
    answer = deliver(channel, event_body("hi there"), **{"X-Request-ID": "request-0001"})
    row = InboundEvent.objects.get()
    assert answer.status_code == 202
    assert (row.channel_id, row.kind, row.payload["text"]) == (channel.pk, "message", "hi there")
    assert row.request_id == answer["X-Request-ID"] == "request-0001"


def test_a_repeated_delivery_gives_one_row_and_a_good_answer() -> None:
    channel, body = make_channel(), event_body()
    assert [deliver(channel, body).status_code for _ in range(3)] == [202, 202, 202]
    assert InboundEvent.objects.count() == 1


@pytest.mark.parametrize("sign", ["", "00", "é", signature(b"something else"), signature(event_body(), "other")])
def test_a_bad_signature_is_refused_and_never_parsed(sign: str) -> None:
    answer = deliver(make_channel(), b"{ this is not json", sign=sign)
    assert answer.status_code == 401
    assert answer["Content-Type"] == PROBLEM
    assert not InboundEvent.objects.exists()


def test_a_missing_signature_is_refused() -> None:
    answer = Client().post(make_channel().webhook_path, event_body(), content_type="application/json")
    assert answer.status_code == 401


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"text": ', b"\xff\xfe", b'{"a": NaN}'])
def test_genuine_but_unreadable_is_400(body: bytes) -> None:
    answer = deliver(make_channel(), body)
    assert answer.status_code == 400
    assert json.loads(answer.content)["status"] == 400


def test_a_genuine_update_of_an_unknown_kind_is_taken_and_makes_no_work() -> None:
    channel = make_channel(platform="telegram")
    body = json.dumps({"update_id": 5, "something_new": {"a": 1}}).encode()
    answer = _telegram(channel, body)
    assert answer.status_code == 200
    assert not InboundEvent.objects.exclude(state="ignored").exists()


def test_the_body_limit_holds_for_the_announced_length(settings: Any) -> None:
    limit = settings.CLAWDBOT.limits.body_bytes
    channel = make_channel()
    body = event_body("x" * limit)
    assert deliver(channel, body).status_code == 413
    fits = event_body("x")
    assert deliver(channel, fits + b" " * (limit - len(fits))).status_code == 202


@pytest.mark.parametrize("depth", [33, 60, 500, 100_000])
def test_a_deeply_nested_body_is_400(depth: int) -> None:
    body = b'{"id": "1", "user_id": "u", "text": "x", "more": ' + b"[" * depth + b"]" * depth + b"}"
    assert deliver(make_channel(), body).status_code == 400
    assert not InboundEvent.objects.exists()


def test_brackets_inside_text_are_not_depth() -> None:
    assert deliver(make_channel(), event_body('[{"' * 500)).status_code == 202


@pytest.mark.parametrize("name", ["0123456789abcdef", "x" * 400, "%00", "%F0%9F%98%80", "a'b"])
def test_an_unknown_channel_is_404(name: str) -> None:
    answer = deliver(f"/api/webhook/{name}", event_body())
    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)


@pytest.mark.parametrize("off", ["channel", "bot"])
def test_a_channel_that_is_switched_off_answers_404_at_once(off: str) -> None:
    channel = make_channel()
    assert deliver(channel, event_body()).status_code == 202
    row = channel if off == "channel" else channel.bot
    row.enabled = False
    row.save()
    assert deliver(channel, event_body()).status_code == 404


def test_a_changed_secret_works_without_a_restart() -> None:
    channel = make_channel()
    assert deliver(channel, event_body()).status_code == 202
    channel.credentials = {"secret": "another-secret-42", "reply_url": "http://127.0.0.1:9/"}
    channel.save()
    body = event_body()
    assert deliver(channel, body).status_code == 401
    assert deliver(channel, body, sign=signature(body, "another-secret-42")).status_code == 202


def test_our_own_failure_is_500_without_a_word_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_values: object) -> None:
        raise RuntimeError(f"database says {SECRET}")

    monkeypatch.setattr(inbox, "accept", broken)
    answer = deliver(make_channel(), event_body())
    assert answer.status_code == 500
    assert SECRET not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_credentials_that_cannot_be_read_are_our_failure() -> None:
    channel = make_channel()
    Channel.objects.filter(pk=channel.pk).update(credentials_encrypted="not a token")
    assert deliver(channel, event_body()).status_code == 500


def test_other_methods_are_405_and_the_accept_header_does_not_matter() -> None:
    channel = make_channel()
    for method in ("put", "delete", "patch", "options"):
        assert getattr(Client(), method)(channel.webhook_path).status_code == 405
    assert deliver(channel, event_body(), Accept="image/png").status_code == 202


def test_a_slash_at_the_end_changes_nothing() -> None:
    assert deliver(make_channel().webhook_path + "/", event_body()).status_code == 202


def test_the_last_event_is_noted_at_most_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    monkeypatch.setattr(health, "clock", clock)
    channel = make_channel()
    noted = []
    for seconds in (0, 9, 1):
        clock.advance(seconds)
        deliver(channel, event_body())
        channel.refresh_from_db()
        noted.append(channel.last_event_at)
    assert noted[0] is not None
    assert noted[1] == noted[0]
    assert noted[2] > noted[1]


def _telegram(channel: Channel, body: bytes) -> Any:
    secret = channel.credentials["secret_token"]
    return Client().post(
        channel.webhook_path,
        body,
        content_type="application/json",
        headers={"X-Telegram-Bot-Api-Secret-Token": secret if isinstance(secret, str) else secret[0]},
    )


def test_an_update_of_telegram_is_stored() -> None:
    assert _telegram(make_channel(platform="telegram"), update(99)).status_code == 200
    assert InboundEvent.objects.get().dedupe_key == "99"
