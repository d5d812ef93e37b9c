from __future__ import annotations

import json
from typing import Any

import pytest

from adapters import registry
from adapters.errors import SignatureRejected
from adapters.events import Event, EventKind, WebhookRequest
from adapters.whatsapp.events import Number, events_of
from clawdbot import signatures
from tests.adapters.builders import FIXTURES
from tests.adapters.contract import CASES

CASE = CASES["whatsapp"]
CHALLENGE = {"hub.mode": "subscribe", "hub.verify_token": "word", "hub.challenge": "0012345"}


def events(name: str, **account: Any) -> tuple[Event, ...]:
    body = (FIXTURES / "whatsapp" / f"{name}.json").read_bytes()
    values = {**CASE.account, "app_secret": CASE.secrets[0], "display_phone_number": "493012345", **account}
    return registry.create("whatsapp", values).receive(CASE.genuine(body)).events


def challenge(**query: str) -> bytes:
    request = WebhookRequest("GET", {**CHALLENGE, **query}, {}, b"")
    assert registry.identify(request) == ("whatsapp",)
    return CASE.adapter(CASE.secrets[0]).receive(request).reply.body


def test_the_documents_own_signature_vector_fits() -> None:
    assert signatures.hmac_hex("It's a Secret to Everybody", b"Hello, World!").startswith(
        "757107ea0eb2509fc211221cce98"
    )


def test_the_challenge_comes_back_bare_with_its_leading_zeros() -> None:
    assert challenge() == b"0012345"


@pytest.mark.parametrize(
    "query", [{"hub.verify_token": "other"}, {"hub.verify_token": ""}, {"hub.mode": "x"}, {"hub.verify_token": "值"}]
)
def test_a_challenge_with_another_token_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(SignatureRejected) as caught:
        challenge(**query)
    assert caught.value.status == 403


def test_without_a_configured_token_every_challenge_is_refused() -> None:
    adapter = registry.create("whatsapp", {"phone_number_id": "1", "access_token": "t", "app_secret": "s"})
    with pytest.raises(SignatureRejected):
        adapter.receive(WebhookRequest("GET", {**CHALLENGE, "hub.verify_token": ""}, {}, b""))


def test_a_batch_gives_each_message_in_order() -> None:
    text, image, voice, file, place, contact = events("messages__batch")
    assert {event.kind for event in (text, image, voice, file, place, contact)} == {EventKind.MESSAGE}
    assert (text.user_id, text.alt_user_id, text.user_name) == ("4915112345678", "DE.17000000000000001", "Ann")
    assert (text.chat_id, text.chat_type, text.dedupe_key) == ("4915112345678", "private", "wamid.M001")
    assert (text.command, text.args) == ("help", "me")
    assert (image.text, image.forwarded, image.attachments[0].id) == ("my cat", True, "501")
    assert (voice.attachments[0].type, voice.attachments[0].mime) == ("voice", "audio/ogg; codecs=opus")
    assert (file.attachments[0].type, file.attachments[0].name) == ("file", "plan.pdf")
    assert (place.attachments[0].latitude, place.attachments[0].name) == (35.5, "Office")
    assert (contact.attachments[0].id, contact.attachments[0].name) == ("49301", "Ben")


def test_what_was_pressed_is_an_action_and_an_empty_press_is_not() -> None:
    row, button, form, empty = events("messages__pressed")
    assert [(e.kind, e.data, e.text) for e in (row, button, form)] == [
        (EventKind.ACTION, "row-2", "Large"),
        (EventKind.ACTION, "STOP", "No more"),
        (EventKind.ACTION, '{"stars":5}', "Sent"),
    ]
    assert (row.reply_to, row.target_message_id, row.mentions_bot) == ("wamid.OUT1", "wamid.OUT1", True)
    assert (empty.kind, empty.change) == (EventKind.IGNORED, "interactive")


def test_changes_of_messages_and_people() -> None:
    edit, revoke, reaction, taken_away, system, welcome, unsupported = events("messages__changes")
    assert (edit.kind, edit.text, edit.target_message_id) == (EventKind.EDIT, "better words", "wamid.M001")
    assert (revoke.kind, revoke.target_message_id) == (EventKind.DELETE, "wamid.M001")
    assert (reaction.emoji, reaction.change, reaction.target_message_id) == ("👍", "added", "wamid.OUT1")
    assert (taken_away.kind, taken_away.emoji, taken_away.change) == (EventKind.REACTION, "", "removed")
    assert (system.kind, system.change, system.data) == (EventKind.MEMBER, "user_changed_number", "4915199999999")
    assert (welcome.kind, welcome.change) == (EventKind.MEMBER, "started")
    assert (unsupported.kind, unsupported.change) == (EventKind.IGNORED, "unsupported")


def test_a_person_without_a_phone_number_is_known_by_the_user_id() -> None:
    (event,) = events("messages__username_only")
    assert (event.user_id, event.chat_id, event.alt_user_id) == (
        "DE.17000000000000001",
        "DE.17000000000000001",
        None,
    )
    assert event.user_name == "Ann"


def test_a_changed_user_id_is_told_by_the_one_before() -> None:
    told = {"type": "user_changed_user_id", "user_id": "MX.2", "previous_user_id": "CO.1", "body": "changed"}
    value = {"messages": [{"id": "wamid.S", "type": "system", "system": told}]}
    change = {"field": "messages", "value": value}
    payload = {"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}
    (event,) = events_of(payload, b"", Number("1"))
    assert (event.kind, event.user_id, event.data) == (EventKind.MEMBER, "CO.1", "MX.2")


def test_a_group_message_belongs_to_the_group() -> None:
    (event,) = events("messages__group")
    assert (event.chat_id, event.chat_type, event.user_id) == ("Y2FwaV9ncm91cDox", "group", "4915112345678")


def test_each_status_of_one_message_is_an_event_of_its_own() -> None:
    found = events("statuses__all")
    assert [(e.status, e.dedupe_key) for e in found] == [
        ("sent", "wamid.OUT1:sent"),
        ("delivered", "wamid.OUT1:delivered"),
        ("read", "wamid.OUT1:read"),
        ("failed", "wamid.OUT2:failed"),
    ]
    assert (found[0].kind, found[0].target_message_id, found[0].user_id) == (
        EventKind.STATUS,
        "wamid.OUT1",
        "4915112345678",
    )
    assert found[3].data == "131047"


def test_another_number_of_the_same_app_is_not_ours() -> None:
    (event,) = events("messages__other_number")
    assert (event.kind, event.change) == (EventKind.IGNORED, "other_number")
    assert events("messages__other_number", phone_number_id="9900")[0].kind is EventKind.MESSAGE


def test_our_own_messages_are_not_answered() -> None:
    (first, *_) = events("messages__batch", display_phone_number="4915112345678")
    assert (first.kind, first.change) == (EventKind.IGNORED, "from_self")


def test_notes_about_the_account_are_kept_and_not_answered() -> None:
    found = events("account__template_status")
    assert [(e.kind, e.change) for e in found] == [
        (EventKind.IGNORED, "message_template_status_update"),
        (EventKind.IGNORED, "account_update"),
    ]
    assert len({e.dedupe_key for e in found}) == 2


def test_a_notification_of_another_product_is_counted() -> None:
    body = json.dumps({"object": "page", "entry": []}).encode()
    (event,) = CASE.adapter(CASE.secrets[0]).receive(CASE.genuine(body)).events
    assert event.kind is EventKind.IGNORED
