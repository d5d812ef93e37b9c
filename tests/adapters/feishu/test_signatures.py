from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from adapters import registry
from adapters.errors import AdapterError, MalformedPayload, SignatureRejected
from adapters.events import EventKind, WebhookRequest
from adapters.feishu.envelope import decrypted
from tests.adapters.feishu.builders import (
    KEY,
    NOW,
    TOKEN,
    envelope,
    feishu,
    message,
    plain_request,
    request,
)


@pytest.mark.parametrize("name", ["X-Lark-Signature", "X-Lark-Request-Timestamp", "X-Lark-Request-Nonce"])
@pytest.mark.parametrize("value", [None, "", "0" * 64, "0" * 40, "値", "\ud800"])
def test_a_wrong_or_missing_part_of_the_signature_is_refused(name: str, value: str | None) -> None:
    good = request(message())
    headers = {key: item for key, item in good.headers.items() if key != name.lower()}
    if value is not None:
        headers[name] = value
    with pytest.raises(SignatureRejected) as caught:
        feishu().receive(replace(good, headers=headers))
    assert caught.value.status == 403


def test_every_byte_of_the_body_is_signed() -> None:
    good = request(message())
    for at in range(0, len(good.body), 7):
        changed = good.body[:at] + bytes([good.body[at] ^ 1]) + good.body[at + 1 :]
        with pytest.raises(SignatureRejected):
            feishu().receive(replace(good, body=changed))


def test_keys_and_tokens_can_be_rotated() -> None:
    adapter = feishu(encrypt_key=[KEY, "next key"], verification_token=[TOKEN, "next"])
    for key in (KEY, "next key"):
        for token in (TOKEN, "next"):
            assert adapter.receive(request(message(token=token), key=key)).events
    with pytest.raises(SignatureRejected):
        adapter.receive(request(message(), key="old key"))
    with pytest.raises(SignatureRejected):
        adapter.receive(request(message(token="old")))


def test_a_plain_body_is_refused_while_an_encrypt_key_is_configured() -> None:
    with pytest.raises(SignatureRejected):
        feishu().receive(plain_request(message()))
    signed = request(message())
    body = json.dumps(message()).encode()
    signature = hashlib.sha256(f"{int(NOW)}nonce{KEY}".encode() + body).hexdigest()
    with pytest.raises(SignatureRejected):
        feishu().receive(replace(signed, body=body, headers={**signed.headers, "X-Lark-Signature": signature}))


def test_an_encrypted_but_unsigned_event_is_refused() -> None:
    with pytest.raises(SignatureRejected):
        feishu().receive(request(message(), sign=False))


def test_without_an_encrypt_key_the_token_is_checked() -> None:
    adapter = feishu(encrypt_key="")
    assert adapter.receive(plain_request(message())).events
    for token in ("", "wrong", "値", TOKEN + " "):
        with pytest.raises(SignatureRejected):
            adapter.receive(plain_request(message(token=token)))
    for body in (b"", b"[]", b"{", b"\xff", b'{"encrypt": "x"}', b'{"header": {"token": 5}}'):
        with pytest.raises(SignatureRejected):
            adapter.receive(plain_request(body))


def test_without_any_secret_everything_is_refused() -> None:
    adapter = feishu(encrypt_key="", verification_token="")
    for body in (message(), message(token="")):
        with pytest.raises(SignatureRejected):
            adapter.receive(plain_request(body))


def test_only_post_is_accepted() -> None:
    with pytest.raises(AdapterError) as caught:
        feishu().receive(WebhookRequest("GET"))
    assert caught.value.status == 405


CHALLENGE = {"challenge": "c-值", "token": TOKEN, "type": "url_verification"}


def test_the_check_of_the_address_is_answered() -> None:
    for received in (
        feishu().receive(request(CHALLENGE)),
        feishu().receive(request(CHALLENGE, sign=False)),
        feishu(encrypt_key="").receive(plain_request(CHALLENGE)),
    ):
        assert (received.events, json.loads(received.reply.body)) == ((), {"challenge": "c-值"})
        assert received.reply.content_type == "application/json"
    with pytest.raises(SignatureRejected):
        feishu().receive(request({**CHALLENGE, "token": "wrong"}, sign=False))


def test_the_vendors_own_example_is_decrypted() -> None:
    # As printed in the documentation of the Encrypt Key.
    (plain,) = decrypted(["test key"], "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=")
    assert plain == b"hello world"


@pytest.mark.parametrize("inner", [{}, {"header": {}, "token": TOKEN}, envelope("im.message.receive_v1", {})])
def test_a_genuine_but_malformed_event_is_a_400(inner: dict[str, Any]) -> None:
    with pytest.raises(AdapterError) as caught:
        feishu(verification_token="").receive(request(inner))
    assert caught.value.status == 400
    assert isinstance(caught.value, MalformedPayload)


def test_requests_are_recognised_with_and_without_signature() -> None:
    for one in (request(message()), request(CHALLENGE, sign=False), plain_request(message()), plain_request(CHALLENGE)):
        assert registry.identify(one)[0] == "feishu"


def old_card(**body: Any) -> WebhookRequest:
    content = {"open_id": "ou_ann", "open_message_id": "om_1", "open_chat_id": "oc_1", "token": "c-1", **body}
    raw = json.dumps(content).encode()
    headers = {
        "X-Lark-Request-Timestamp": "1",
        "X-Lark-Request-Nonce": "n",
        "X-Lark-Signature": hashlib.sha1(f"1n{TOKEN}".encode() + raw, usedforsecurity=False).hexdigest(),
    }
    return WebhookRequest("POST", {}, headers, raw)


def test_first_generation_cards_are_signed_with_the_token() -> None:
    good = old_card(action={"value": {"key": "v"}, "tag": "button"})
    (event,) = feishu().receive(good).events
    assert (event.kind, event.data, event.dedupe_key) == (EventKind.ACTION, {"key": "v"}, "c-1")
    with pytest.raises(SignatureRejected):
        feishu(verification_token="other").receive(good)


def test_the_weaker_signature_of_cards_opens_no_door_for_events() -> None:
    with pytest.raises(SignatureRejected):
        feishu().receive(old_card(**message()))
