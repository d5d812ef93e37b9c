from __future__ import annotations

import contextlib
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import MalformedPayload, SendError, SignatureRejected
from adapters.events import Attachment, EventKind, OutgoingMessage, WebhookRequest
from clawdbot import signatures
from tests.adapters.builders import FIXTURES, NOW, WEBHOOK_SECRET, webhook, webhook_request
from tests.http_server import Answer, Server, json_answer


def test_a_full_payload_is_read() -> None:
    body = (FIXTURES / "webhook" / "message__full.json").read_bytes()
    received = webhook().receive(webhook_request(body))
    (event,) = received.events
    assert received.reply.status == 202
    assert (event.kind, event.dedupe_key, event.message_id) == (EventKind.MESSAGE, "evt-1", "evt-1")
    assert (event.user_id, event.user_name, event.chat_id, event.chat_type) == ("u7", "Ann", "room-3", "group")
    assert (event.command, event.args, event.reply_to, event.thread_id) == ("weather", "Chengdu", "evt-0", "12")
    assert event.mentions_bot
    assert event.attachments == (Attachment("image", "f1", "https://files.example/f1.png", "image/png", size=2048),)


def test_a_lone_text_is_enough_and_is_known_by_its_bytes() -> None:
    body = '{"text": "你好"}'.encode()
    (event,) = webhook().receive(webhook_request(body)).events
    assert (event.text, event.user_id, event.chat_id) == ("你好", "default", "default")
    assert event.dedupe_key == hashlib.sha256(body).hexdigest()


def test_a_chat_without_user_and_a_user_without_chat_stand_in_for_each_other() -> None:
    (event,) = webhook().receive(webhook_request({"text": "x", "user": {"id": 5}})).events
    assert (event.user_id, event.chat_id) == ("5", "5")
    (event,) = webhook().receive(webhook_request({"text": "x", "chat_id": "c", "user": "u"})).events
    assert (event.user_id, event.chat_id) == ("u", "c")


def test_without_a_reply_address_a_message_is_recorded_but_makes_no_turn() -> None:
    received = webhook(reply_url="").receive(webhook_request({"id": "m1", "text": "hello"}))
    (event,) = received.events
    assert (event.kind, event.change, event.text) == (EventKind.IGNORED, "no_reply_url", "hello")
    assert received.reply.status == 202


def test_a_button_press_and_an_unknown_type_are_told_apart() -> None:
    (action,) = webhook().receive(webhook_request({"type": "action", "data": "yes"})).events
    assert (action.kind, action.data) == (EventKind.ACTION, "yes")
    (other,) = webhook().receive(webhook_request({"type": "invented"})).events
    assert other.kind is EventKind.IGNORED


# Verification


@pytest.mark.parametrize("signature", ["0" * 64, "", "值", "\ud800", "abc", "sha256="])
def test_a_wrong_signature_is_refused(signature: str) -> None:
    with pytest.raises(SignatureRejected) as caught:
        webhook().receive(WebhookRequest("POST", {}, {"X-Signature": signature}, b'{"text": "x"}'))
    assert caught.value.status == 401


def test_a_missing_signature_is_refused() -> None:
    with pytest.raises(SignatureRejected):
        webhook().receive(WebhookRequest("POST", {}, {}, b'{"text": "x"}'))


def test_malformed_is_told_only_to_those_who_prove_themselves() -> None:
    with pytest.raises(SignatureRejected):
        webhook().receive(webhook_request(b"not json", secret="other"))
    with pytest.raises(MalformedPayload) as caught:
        webhook().receive(webhook_request(b"not json"))
    assert caught.value.status == 400


def test_the_signature_covers_the_raw_bytes() -> None:
    request = webhook_request({"text": "x"})
    with pytest.raises(SignatureRejected):
        webhook().receive(WebhookRequest("POST", {}, request.headers, request.body + b" "))


def test_upper_case_hex_and_the_sha256_prefix_are_accepted() -> None:
    signature = signatures.hmac_hex(WEBHOOK_SECRET, b'{"text": "x"}')
    for form in (signature.upper(), f"sha256={signature}", f" {signature} "):
        assert webhook().receive(WebhookRequest("POST", {}, {"x-signature": form}, b'{"text": "x"}')).events


def test_the_published_github_vector_verifies() -> None:
    signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    request = WebhookRequest("POST", {}, {"X-Signature": signature}, b"Hello, World!")
    with pytest.raises(MalformedPayload):  # verified, but not JSON
        webhook(secret="It's a Secret to Everybody").receive(request)


def test_every_secret_of_a_rotation_is_accepted() -> None:
    adapter = webhook(secret=["new", "old"])
    for secret in ("new", "old"):
        assert adapter.receive(webhook_request({"text": "x"}, secret=secret)).events
    with pytest.raises(SignatureRejected):
        adapter.receive(webhook_request({"text": "x"}, secret="older"))


def test_a_secret_with_a_comma_works_as_one_too() -> None:
    assert webhook(secret="a, b").receive(webhook_request({"text": "x"}, secret="a, b")).events


@pytest.mark.parametrize("secret", ["", [], None, " , "])
def test_without_a_secret_everything_is_refused(secret: object) -> None:
    with pytest.raises(SignatureRejected):
        webhook(secret=secret).receive(webhook_request({"text": "x"}, secret=""))


@pytest.mark.parametrize("skew", [0, 299, -299, 300])
def test_a_timestamp_inside_the_window_is_accepted(skew: int) -> None:
    assert webhook().receive(webhook_request({"text": "x"}, timestamp=NOW + skew)).events


@pytest.mark.parametrize("timestamp", [NOW - 301, NOW + 301, "", "soon", "-1", "1e9", "nan", "１７", "9" * 400])
def test_a_stale_or_unreadable_timestamp_is_refused(timestamp: float | str) -> None:
    with pytest.raises(SignatureRejected):
        webhook().receive(webhook_request({"text": "x"}, timestamp=timestamp))


def test_the_timestamp_is_part_of_what_is_signed() -> None:
    plain = webhook_request({"text": "x"})
    with pytest.raises(SignatureRejected):
        webhook().receive(WebhookRequest("POST", {}, {**plain.headers, "X-Timestamp": str(int(NOW))}, plain.body))
    stamped = webhook_request({"text": "x"}, timestamp=NOW)
    without = {name: value for name, value in stamped.headers.items() if name != "x-timestamp"}
    with pytest.raises(SignatureRejected):
        webhook().receive(WebhookRequest("POST", {}, without, stamped.body))


def test_a_timestamp_can_be_required() -> None:
    adapter = webhook(require_timestamp="true")
    with pytest.raises(SignatureRejected):
        adapter.receive(webhook_request({"text": "x"}))
    assert adapter.receive(webhook_request({"text": "x"}, timestamp=NOW)).events


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": 5},
        {"text": "x", "id": "i" * 192},
        {"text": "x", "user": {"id": "u" * 192}},
        {"text": "x", "attachments": [{}]},
        {"type": "action"},
    ],
)
def test_an_incomplete_payload_is_malformed(payload: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        webhook().receive(webhook_request(payload))


@given(st.binary(max_size=200))
def test_any_signed_bytes_give_events_or_are_malformed(body: bytes) -> None:
    with contextlib.suppress(MalformedPayload):
        webhook().receive(webhook_request(body))


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=30)), st.binary(max_size=50))
def test_any_headers_are_refused_not_crashed_on(headers: dict[str, str], body: bytes) -> None:
    for extra in ({}, {"X-Signature": "é"}, {"X-Timestamp": "\x00"}):
        with pytest.raises(SignatureRejected):
            webhook().receive(WebhookRequest("POST", {}, {**headers, **extra}, body))


# Sending


def test_a_reply_is_signed_with_timestamp_and_carries_its_key(server: Server) -> None:
    server.answer(json_answer({"id": "r1"}, 201))
    adapter = webhook(secret=["new", "old"], reply_url=f"{server.url}/in?room=1")
    outgoing = OutgoingMessage(
        chat_id="c1",
        user_id="u1",
        text="**你好**",
        reply_to="m1",
        idempotency_key="key-1",
        data={"buttons": [[{"text": "A"}]]},
    )
    assert adapter.send(outgoing).message_id == "r1"
    (sent,) = server.requests
    assert sent.path == "/in?room=1"
    assert sent.json == {
        "id": "key-1",
        "chat": {"id": "c1"},
        "user": {"id": "u1"},
        "text": "**你好**",
        "format": "markdown",
        "reply_to": "m1",
        "buttons": [[{"text": "A"}]],
    }
    assert sent.headers["idempotency-key"] == "key-1"
    assert sent.headers["x-timestamp"] == str(int(NOW))
    signed = sent.headers["x-timestamp"].encode() + b"." + sent.body
    assert sent.headers["x-signature"] == signatures.hmac_hex("new", signed)


def test_what_one_side_signs_the_other_side_accepts(server: Server) -> None:
    webhook(reply_url=server.url).send(OutgoingMessage(chat_id="c", text="hi", idempotency_key="k"))
    sent = server.requests[0]
    assert webhook(require_timestamp=True).receive(WebhookRequest("POST", {}, sent.headers, sent.body)).events


@pytest.mark.parametrize(
    ("status", "headers", "permanent", "retry_after", "mark"),
    [
        (429, {"Retry-After": "9"}, False, 9.0, "flood"),
        (503, {}, False, None, "server_error"),
        (408, {}, False, None, "server_error"),
        (409, {}, False, None, "server_error"),
        (401, {}, True, None, "unauthorized"),
        (404, {}, True, None, "gone"),
        (422, {}, True, None, "refused"),
        (302, {"Location": "http://169.254.169.254/"}, True, None, "refused"),
    ],
)
def test_each_failure_says_whether_to_try_again(
    server: Server, status: int, headers: dict[str, str], permanent: bool, retry_after: float | None, mark: str
) -> None:
    server.answer(Answer(status, b"", headers))
    with pytest.raises(SendError) as caught:
        webhook(reply_url=server.url).send(OutgoingMessage(chat_id="c", text="hi"))
    error = caught.value
    assert (error.permanent, error.retry_after, error.mark) == (permanent, retry_after, mark)
    assert len(server.requests) == 1


def test_an_answer_that_is_not_json_still_counts_as_taken(server: Server) -> None:
    server.answer(Answer(200, b"OK"))
    assert webhook(reply_url=server.url).send(OutgoingMessage(chat_id="c", text="hi")).message_id == ""


@pytest.mark.parametrize(
    ("account", "mark"), [({"reply_url": ""}, "no_reply_url"), ({"reply_url": "http://x/", "secret": ""}, "no_secret")]
)
def test_without_address_or_secret_nothing_is_sent(account: dict[str, str], mark: str) -> None:
    with pytest.raises(SendError) as caught:
        webhook(**account).send(OutgoingMessage(chat_id="c", text="hi"))
    assert (caught.value.permanent, caught.value.mark) == (True, mark)


def test_a_lone_surrogate_in_a_reply_does_not_break_it(server: Server) -> None:
    webhook(reply_url=server.url).send(OutgoingMessage(chat_id="c", text="a\ud800"))
    assert json.loads(server.requests[0].body)["text"] == "a?"
