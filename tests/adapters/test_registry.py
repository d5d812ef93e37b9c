from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import registry
from adapters.errors import (
    AccountError,
    AdapterError,
    MalformedPayload,
    NotSupported,
    SendError,
    SignatureRejected,
    UnknownPlatform,
)
from adapters.events import Attachment, Event, EventKind, OutgoingMessage, WebhookRequest
from clawdbot.redaction import MASK, redact
from tests.adapters.builders import TOKEN, message, telegram, telegram_request, webhook, webhook_request


def test_the_first_platforms_are_registered() -> None:
    assert {"telegram", "webhook", "web"} <= set(registry.platforms())


@pytest.mark.parametrize("platform", registry.platforms())
def test_every_platform_describes_itself_in_both_languages(platform: str) -> None:
    adapter = registry.adapter_class(platform)
    assert adapter.platform == platform
    assert set(adapter.label) == {"en", "zh"}
    for described in registry.account_fields(platform):
        assert described.label["en"]
        assert described.label["zh"]
        json.dumps(described.default)
    assert {"base_url", "allowed_hosts"} <= {f.name for f in registry.account_fields(platform)}


def test_an_unknown_platform_names_the_known_ones() -> None:
    with pytest.raises(UnknownPlatform, match="telegram"):
        registry.create("telegramm", {})


def test_fields_tell_what_is_secret_and_required() -> None:
    fields = {f.name: f for f in registry.account_fields("telegram")}
    assert fields["token"].secret
    assert fields["token"].required
    assert fields["secret_token"].kind == "list"
    assert not fields["username"].secret


def test_a_valid_account_comes_back_clean_and_json_able() -> None:
    given = {
        "token": f" {TOKEN} ",
        "secret_token": "a,b\nc",
        "bot_id": 7,
        "username": "@Claw",
        "base_url": "http://127.0.0.1:1/",
    }
    clean = registry.validate_account("telegram", given)
    assert clean == {
        "token": TOKEN,
        "secret_token": ["a", "b", "c"],
        "bot_id": "7",
        "username": "Claw",
        "base_url": "http://127.0.0.1:1",
    }
    assert registry.validate_account("telegram", json.loads(json.dumps(clean))) == clean
    assert registry.create("telegram", clean).account.own_id == "7"


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({}, "token"),
        ({"token": ""}, "token"),
        ({"token": "sensitive value"}, "token"),
        ({"token": True}, "token"),
        ({"token": TOKEN, "secret_token": "sensitive value"}, "secret_token"),
        ({"token": TOKEN, "base_url": "ftp://sensitive"}, "base_url"),
        ({"token": TOKEN, "base_url": "https://sensitive:pw@host"}, "base_url"),
        ({"token": TOKEN, "tokn": "sensitive"}, "tokn"),
        ({"token": TOKEN, "publish": "sensitive"}, "publish"),
    ],
)
def test_a_wrong_account_is_refused_by_key_without_its_value(values: dict[str, Any], key: str) -> None:
    with pytest.raises(AccountError) as caught:
        registry.validate_account("telegram", values)
    assert key in caught.value.problems
    assert key in str(caught.value)
    assert "sensitive" not in str(caught.value) + str(caught.value.problems)
    assert caught.value.permanent


def test_secrets_of_an_account_are_hidden_from_logs_and_repr() -> None:
    adapter = telegram(secret_token="quite-unusual-secret")
    assert redact("x quite-unusual-secret y") == f"x {MASK} y"
    assert TOKEN not in repr(adapter.account)
    assert "quite-unusual-secret" not in repr(adapter.account)


def test_a_request_is_recognised_by_its_headers() -> None:
    assert registry.identify(telegram_request(message())) == ("telegram",)
    assert registry.identify(webhook_request({"text": "x"})) == ("webhook",)
    assert registry.identify(WebhookRequest("POST", {}, {"Content-Type": "application/json"}, b"{}")) == ()


# The web platform


def test_web_frames_go_to_the_conversation() -> None:
    frames: list[tuple[str, dict[str, Any]]] = []
    adapter = registry.create("web", {"publish": lambda chat, frame: frames.append((chat, frame))})
    receipt = adapter.send(OutgoingMessage(chat_id="c1", text="hi", idempotency_key="m1", data={"final": True}))
    adapter.send_typing("c1")
    assert receipt.message_id == "m1"
    assert frames[0] == ("c1", {"type": "message", "role": "assistant", "id": "m1", "text": "hi", "final": True})
    assert frames[1] == ("c1", {"type": "typing"})
    assert adapter.idempotent_send


def test_web_does_not_receive_by_webhook() -> None:
    with pytest.raises(AdapterError) as caught:
        registry.create("web", {}).receive(WebhookRequest("POST"))
    assert caught.value.status == 405


def test_web_without_or_with_a_broken_publisher_is_a_passing_error() -> None:
    def broken(chat: str, frame: dict[str, Any]) -> None:
        raise RuntimeError("redis://user:pw@host is away")

    for account in ({}, {"publish": broken}):
        with pytest.raises(SendError) as caught:
            registry.create("web", account).send(OutgoingMessage(chat_id="c", text="x"))
        assert not caught.value.permanent
        assert "pw" not in str(caught.value)


def test_what_a_platform_cannot_do_is_said_plainly() -> None:
    adapter = webhook()
    calls = (
        adapter.whoami,
        adapter.webhook_info,
        adapter.delete_webhook,
        lambda: adapter.poll(None),
        lambda: adapter.edit("1", OutgoingMessage(chat_id="c", text="x")),
        lambda: adapter.fetch_media(Attachment("image", "1")),
    )
    for call in calls:
        with pytest.raises(NotSupported):
            call()
    adapter.send_typing("c")
    adapter.answer_action("t")


# Values


@pytest.mark.parametrize(
    "error",
    [
        SignatureRejected("no"),
        SignatureRejected("no", status=403),
        MalformedPayload("bad"),
        AdapterError("other", status=405),
        SendError("flood", permanent=False, retry_after=3.5, mark="flood", data={"a": 1}, maybe_sent=True),
        SendError(permanent=True, mark="gone"),
        AccountError("key: wrong", problems={"key": "wrong"}),
        UnknownPlatform("x"),
        NotSupported("y"),
    ],
)
def test_every_error_pickles_whole(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_headers_are_found_whatever_their_case() -> None:
    request = WebhookRequest("POST", {}, {"X-Signature": "abc"}, b"")
    assert request.headers["x-SIGNATURE"] == request.headers.get("X-Signature") == "abc"
    assert "abc" not in repr(request)
    assert request == WebhookRequest("POST", {}, {"x-signature": "abc"}, b"")


_TEXT = st.text(max_size=20)


@given(
    st.builds(
        Event,
        kind=st.sampled_from(EventKind),
        dedupe_key=_TEXT,
        user_id=st.none() | _TEXT,
        text=_TEXT,
        args=_TEXT | st.dictionaries(_TEXT, _TEXT, max_size=2),
        attachments=st.lists(
            st.builds(Attachment, type=_TEXT, id=_TEXT, size=st.none() | st.integers()), max_size=2
        ).map(tuple),
        mentions_bot=st.booleans(),
        raw=st.dictionaries(_TEXT, _TEXT, max_size=2),
    )
)
def test_an_event_comes_back_from_json_as_it_was(event: Event) -> None:
    again = Event.from_dict(json.loads(json.dumps(event.to_dict())))
    assert again == event
    assert again.raw == event.raw
    assert "raw" not in event.to_dict(with_raw=False)


def test_an_event_of_a_later_version_is_still_read() -> None:
    stored = {"kind": "message", "dedupe_key": "1", "invented": 5, "attachments": [{"type": "image", "invented": 5}]}
    assert Event.from_dict(stored).attachments == (Attachment("image"),)
