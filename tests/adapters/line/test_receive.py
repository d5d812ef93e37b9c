from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.events import Event, EventKind
from tests.adapters.builders import FIXTURES
from tests.adapters.contract import CASES

CASE = CASES["line"]


def events(payload: str | dict[str, Any], **account: Any) -> tuple[Event, ...]:
    body = (
        (FIXTURES / "line" / f"{payload}.json").read_bytes()
        if isinstance(payload, str)
        else json.dumps(payload).encode()
    )
    adapter = CASE.adapter(CASE.secrets[0])
    adapter = type(adapter)({**CASE.account, "channel_secret": CASE.secrets[0], **account}, clock=adapter.clock)
    return adapter.receive(CASE.genuine(body)).events


def test_the_vendors_signature_vector_fits() -> None:
    request = CASE.sign(b"bodybodybodybody", "channel_secret", 0.0)
    assert request.headers["X-Line-Signature"] == "/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="


def test_the_consoles_verify_button_is_answered_without_events() -> None:
    received = CASE.adapter(CASE.secrets[0]).receive(CASE.genuine(b'{"destination":"Ubot","events":[]}'))
    assert (received.reply.status, received.events) == (200, ())


def test_a_private_message_with_its_reply_token_quote_and_command() -> None:
    first = events("message__batch")[0]
    assert (first.kind, first.chat_type, first.chat_id, first.user_id) == (EventKind.MESSAGE, "private", "Uann", "Uann")
    assert (first.command, first.args, first.reply_to) == ("help", "me", "499")
    assert (first.message_id, first.dedupe_key, first.reply_token) == ("501", "01HEV00001", "reply1")


def test_mentions_are_found_at_utf16_positions_and_taken_away_wherever_they_stand() -> None:
    _, inside, leading = events("message__batch")
    assert (inside.text, inside.mentions_bot, inside.chat_id) == ("😀 你好 @Ben", True, "Cops")
    assert (leading.text, leading.mentions_bot, leading.chat_type) == ("hello", True, "group")


def test_media_stickers_and_places_become_attachments() -> None:
    voice, file, outside, sticker, place = (event.attachments[0] for event in events("message__media"))
    assert (voice.type, voice.id, voice.duration, voice.url) == ("audio", "511", 2.5, None)
    assert (file.type, file.name, file.size) == ("file", "plan.pdf", 2138)
    assert (outside.type, outside.id, outside.url) == ("image", "513", "https://example.com/a.png")
    assert (sticker.type, sticker.id, sticker.name) == ("sticker", "2", "hi, wave")
    assert (place.name, place.latitude, place.longitude) == ("Office", 35.5, 139.25)


def test_a_room_does_not_tell_who_speaks() -> None:
    event = events("message__media")[2]
    assert (event.user_id, event.chat_id, event.chat_type) == (None, "Rtea", "group")


def test_comings_and_goings_are_told_one_by_one() -> None:
    found = events("members__all")
    assert {event.kind for event in found} == {EventKind.MEMBER}
    assert [(event.change, event.user_id) for event in found] == [
        ("follow", "Uann"),
        ("unfollow", "Uann"),
        ("join", "Uann"),
        ("leave", "Uann"),
        ("memberJoined", "Uben"),
        ("memberJoined", "Ucat"),
        ("memberLeft", "Uben"),
    ]
    assert len({event.dedupe_key for event in found}) == 7
    assert found[1].reply_token is None


def test_a_postback_is_an_action_with_what_was_picked() -> None:
    (event,) = events("postback__datetime")
    assert (event.kind, event.data, event.text) == (EventKind.ACTION, "book=7", "2026-12-25T01:00")
    assert event.args == {"datetime": "2026-12-25T01:00"}


def test_a_message_that_was_taken_back_is_deleted() -> None:
    (event,) = events("unsend__group")
    assert (event.kind, event.target_message_id, event.chat_id) == (EventKind.DELETE, "502", "Cops")


def test_an_edited_message_is_an_edit_with_the_new_text() -> None:
    mention = {"mentionees": [{"index": 0, "length": 5, "type": "user", "isSelf": True}]}
    changed = {
        "type": "messageEdited",
        "webhookEventId": "01HEVEDIT",
        "replyToken": "edit1",
        "source": {"type": "group", "groupId": "Cops", "userId": "Uann"},
        "message": {"id": "501", "type": "text", "text": "@Claw at nine", "mention": mention},
    }
    (event,) = events({"destination": "U0", "events": [changed]})
    assert (event.kind, event.target_message_id, event.text) == (EventKind.EDIT, "501", "at nine")
    assert (event.mentions_bot, event.dedupe_key, event.change) == (True, "01HEVEDIT", "")
    del changed["message"]
    (event,) = events({"destination": "U0", "events": [changed]})
    assert event.kind is EventKind.IGNORED


def test_other_kinds_are_kept_and_not_answered() -> None:
    video, beacon, delivered, linked, standby = events("other__kinds")
    assert [event.kind for event in (video, beacon, standby)] == [EventKind.IGNORED] * 3
    assert (delivered.kind, delivered.status) == (EventKind.STATUS, "delivered")
    assert (linked.kind, linked.status, linked.data) == (EventKind.IGNORED, "ok", "n")
    assert standby.change == "standby"


def test_a_redelivery_without_event_ids_still_has_the_same_key() -> None:
    message = {"type": "message", "source": {"userId": "U1"}, "message": {"id": "1", "type": "text", "text": "x"}}
    (first,) = events({"events": [{**message, "deliveryContext": {"isRedelivery": False}}]})
    (second,) = events({"events": [{**message, "deliveryContext": {"isRedelivery": True}}]})
    assert first.dedupe_key == second.dedupe_key


def test_events_for_another_bot_are_not_ours() -> None:
    assert events("postback__datetime", destination="Ubot")[0].kind is EventKind.ACTION
    assert events("postback__datetime", destination="Uother")[0].change == "other_bot"


@pytest.mark.parametrize("token", ["0" * 32, "f" * 32])
def test_the_trial_delivery_of_old_consoles_is_not_answered(token: str) -> None:
    message = {"type": "message", "replyToken": token, "message": {"id": "1", "type": "text", "text": "Hello, world"}}
    (event,) = events({"events": [message]})
    assert (event.kind, event.change) == (EventKind.IGNORED, "trial")


def test_a_change_of_the_rich_menu_says_its_data_and_no_names() -> None:
    params = {"newRichMenuAliasId": "menu-b", "status": "SUCCESS"}
    postback = {"type": "postback", "source": {"userId": "U1"}, "postback": {"data": "menu=b", "params": params}}
    (event,) = events({"events": [postback]})
    assert (event.kind, event.data, event.text, event.args) == (EventKind.ACTION, "menu=b", "", params)


def image(number: int, **image_set: Any) -> dict[str, Any]:
    message = {"type": "image", "id": str(number), "contentProvider": {"type": "line"}}
    return {
        "type": "message",
        "webhookEventId": f"01HSET{number}",
        "source": {"type": "user", "userId": "Uann"},
        "replyToken": f"r{number}",
        "message": message | ({"imageSet": image_set} if image_set else {}),
    }


def test_images_that_were_sent_together_name_their_set_and_their_place_in_it() -> None:
    sent = [image(1, id="S1", index=2, total=3), image(2, id="S1"), image(3), image(4, id="S2", index="x", total=-1)]
    found = events({"destination": "Ubot", "events": sent})
    assert [(event.album, event.album_place, event.album_size) for event in found] == [
        ("S1", 2, 3),
        ("S1", 0, 0),  # older clients say only that there are others
        ("", 0, 0),
        ("S2", 0, 0),
    ]
