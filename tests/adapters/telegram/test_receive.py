from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import AdapterError, MalformedPayload, SignatureRejected
from adapters.events import EventKind, WebhookRequest
from tests.adapters.builders import (
    TELEGRAM_SECRET,
    in_group,
    message,
    telegram,
    telegram_event,
    telegram_fixture,
    telegram_request,
)


@pytest.mark.parametrize("secret", ["wrong", "", None, "値", TELEGRAM_SECRET + " ", TELEGRAM_SECRET.upper(), "\ud800"])
def test_a_wrong_missing_or_non_ascii_secret_is_refused(secret: str | None) -> None:
    with pytest.raises(SignatureRejected) as caught:
        telegram().receive(telegram_request(message(), secret))
    assert caught.value.status == 401


def test_an_unproven_body_is_not_parsed() -> None:
    with pytest.raises(SignatureRejected):
        telegram().receive(telegram_request(b"not json", "wrong"))


def test_every_secret_of_a_rotation_is_accepted() -> None:
    adapter = telegram(secret_token="old-one, new-one")
    for secret in ("old-one", "new-one"):
        assert adapter.receive(telegram_request(message(), secret)).events
    with pytest.raises(SignatureRejected):
        adapter.receive(telegram_request(message(), "old-one, new-one"))


def test_without_a_configured_secret_everything_is_refused() -> None:
    with pytest.raises(SignatureRejected):
        telegram(secret_token="").receive(telegram_request(message(), ""))


def test_only_post_is_accepted() -> None:
    with pytest.raises(AdapterError) as caught:
        telegram().receive(WebhookRequest("GET"))
    assert caught.value.status == 405


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"message": {}}',
        b'{"update_id": "1"}',
        b'{"update_id": true}',
        b'{"update_id": 1, "message": 5}',
        b'{"update_id": NaN}',
        b'{"update_id": 1, "x": 1e999}',
        b"[" * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
    ],
)
def test_a_genuine_but_malformed_body_is_a_400(body: bytes) -> None:
    with pytest.raises(MalformedPayload) as caught:
        telegram().receive(telegram_request(body))
    assert caught.value.status == 400


@given(st.binary(max_size=300))
def test_any_proven_bytes_give_events_or_are_malformed(body: bytes) -> None:
    with contextlib.suppress(MalformedPayload):
        telegram().receive(telegram_request(body))


_KEY_NAMES = (
    "message_id from chat id type text entities caption photo voice document reply_to_message new_chat_members "
    "sender_chat is_bot offset length user data message new_reaction new_chat_member status location "
    "file_id is_topic_message message_thread_id message_ids migrate_to_chat_id left_chat_member "
    "venue contact username first_name"
)
_KEYS = st.sampled_from(_KEY_NAMES.split())
_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=15,
)
_KIND_NAMES = (
    "message edited_message channel_post callback_query message_reaction my_chat_member chat_member chat_join_request "
    "deleted_business_messages inline_query something_new"
)
_KINDS = st.sampled_from(_KIND_NAMES.split())


@given(_KINDS, st.dictionaries(_KEYS, _VALUES, max_size=8), st.integers(min_value=0))
def test_any_shape_of_update_gives_storable_events(kind: str, content: dict[str, Any], number: int) -> None:
    body = json.dumps({"update_id": number, kind: content}).encode()
    for event in telegram().receive(telegram_request(body)).events:
        assert event.dedupe_key.startswith(str(number))
        json.dumps(event.to_dict()).encode()
        event.text.encode("utf-8")
        assert "\x00" not in event.text


def test_a_plain_message_has_who_where_and_what() -> None:
    event = telegram_event(message("hello"))
    assert (event.kind, event.text, event.user_id, event.chat_id) == (EventKind.MESSAGE, "hello", "42", "42")
    assert (event.message_id, event.user_name, event.chat_type) == ("5", "Ann", "private")
    assert (event.dedupe_key, event.command, event.mentions_bot) == ("1", "", False)


@pytest.mark.parametrize(
    ("text", "command", "args"),
    [
        ("/start", "start", ""),
        ("/Ask  what is it?\nnow", "ask", "what is it?\nnow"),
        ("/start@clawbot x", "start", "x"),
        ("/帮助 怎么用", "帮助", "怎么用"),
        ("\uff0fhelp", "help", ""),
        ("/帮助，快点", "", ""),
        ("/ not", "", ""),
        ("//x", "", ""),
        ("see /help", "", ""),
        ("/1", "", ""),
    ],
)
def test_commands_are_read_with_or_without_entities(text: str, command: str, args: str) -> None:
    event = telegram_event(message(text))
    assert (event.kind, event.command, event.args, event.text) == (EventKind.MESSAGE, command, args, text)


def test_a_command_for_another_bot_is_ignored_in_a_group() -> None:
    event = telegram_fixture("message__group_command_for_other_bot")
    assert (event.kind, event.change) == (EventKind.IGNORED, "other_bot")


def test_a_command_for_this_bot_in_a_group_mentions_it() -> None:
    event = telegram_event(in_group("/start@ClawBot"))
    assert (event.command, event.mentions_bot, event.chat_type) == ("start", True, "group")
    assert not telegram_event(in_group("/start")).mentions_bot


def test_a_mention_after_emoji_is_found_because_offsets_count_utf16() -> None:
    event = telegram_fixture("message__forum_topic")
    assert event.mentions_bot
    assert event.text == "😀😀 hi"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@ClawBot hello", "hello"),
        ("@clawbot, hello", "hello"),
        ("@ClawBot", ""),
        ("@ClawBot你好", None),
        ("@ClawBots hello", None),
        ("mail@ClawBot x", None),
    ],
)
def test_a_leading_mention_is_taken_off(text: str, left: str | None) -> None:
    event = telegram_event(in_group(text))
    assert event.mentions_bot is (left is not None)
    assert event.text == (text if left is None else left)


def test_a_mention_by_id_counts_and_a_mention_of_someone_else_does_not() -> None:
    def entity(user_id: int) -> list[dict[str, Any]]:
        return [{"type": "text_mention", "offset": 0, "length": 4, "user": {"id": user_id}}]

    assert telegram_event(in_group("Claw hi", entities=entity(110201543))).text == "hi"
    assert not telegram_event(in_group("Claw hi", entities=entity(7))).mentions_bot


def test_an_answer_to_the_bot_counts_as_a_mention() -> None:
    reply = {"message_id": 3, "from": {"id": 110201543, "is_bot": True}, "chat": {"id": -1007}, "date": 1}
    event = telegram_event(in_group("yes", reply_to_message=reply))
    assert (event.reply_to, event.mentions_bot) == ("3", True)
    other = {**reply, "from": {"id": 9, "is_bot": False}}
    assert not telegram_event(in_group("yes", reply_to_message=other)).mentions_bot


def test_a_forum_topic_is_a_thread_and_its_opening_is_not_an_answer() -> None:
    event = telegram_fixture("message__forum_topic")
    assert (event.thread_id, event.reply_to, event.user_name) == ("5", None, "Ann Lee")
    assert telegram_event(in_group("x", message_thread_id=5)).thread_id is None


def test_bots_are_never_answered() -> None:
    event = telegram_event(in_group("beep", **{"from": {"id": 9, "is_bot": True, "first_name": "Beep"}}))
    assert (event.kind, event.change) == (EventKind.IGNORED, "from_bot")


def test_an_anonymous_administrator_is_the_group_that_speaks() -> None:
    sender = {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}}
    event = telegram_event(in_group("hi", sender_chat={"id": -1007, "type": "supergroup", "title": "Ops"}, **sender))
    assert (event.kind, event.user_id, event.user_name) == (EventKind.MESSAGE, "-1007", "Ops")


def test_a_channel_post_has_no_person() -> None:
    event = telegram_fixture("channel_post__no_sender")
    assert (event.kind, event.user_id, event.alt_user_id) == (EventKind.MESSAGE, None, "-1009")
    assert (event.chat_id, event.chat_type, event.user_name) == ("-1009", "channel", "News")


def test_an_edit_is_an_edit_and_names_its_message() -> None:
    update = message("changed")
    event = telegram_event({"update_id": 2, "edited_message": update["message"]})
    assert (event.kind, event.text, event.target_message_id) == (EventKind.EDIT, "changed", "5")


def test_a_forwarded_message_is_marked() -> None:
    assert telegram_event(message("x", forward_origin={"type": "user"})).forwarded


def test_unstorable_characters_are_replaced_and_offsets_stay_right() -> None:
    body = json.dumps(
        in_group("\ud800\x00 @ClawBot so", entities=[{"type": "mention", "offset": 3, "length": 8}])
    ).encode()
    (event,) = telegram().receive(telegram_request(body)).events
    assert event.text == "�� so"
    assert event.mentions_bot


def test_a_pressed_button_gives_its_data_and_the_token_to_confirm_it() -> None:
    event = telegram_fixture("callback_query__button")
    assert (event.kind, event.data, event.reply_token) == (EventKind.ACTION, "yes", "991")
    assert (event.chat_id, event.message_id, event.user_id) == ("42", "80", "42")


def test_a_button_under_an_inline_message_has_no_chat() -> None:
    query = {"id": 7, "from": {"id": 42, "is_bot": False}, "inline_message_id": "im", "data": "d", "chat_instance": "1"}
    event = telegram_event({"update_id": 3, "callback_query": query})
    assert (event.chat_id, event.message_id, event.target_message_id, event.reply_token) == (None, None, "im", "7")


def test_a_reaction_names_emoji_and_message() -> None:
    event = telegram_fixture("message_reaction__added")
    assert (event.kind, event.emoji, event.target_message_id, event.change) == (EventKind.REACTION, "👍", "77", "added")


def test_a_taken_back_reaction_has_no_emoji() -> None:
    content = {
        "chat": {"id": 1, "type": "private"},
        "message_id": 7,
        "old_reaction": [{"type": "emoji", "emoji": "👍"}],
        "new_reaction": [],
    }
    event = telegram_event({"update_id": 3, "message_reaction": content})
    assert (event.emoji, event.change) == ("", "removed")


def test_a_block_is_a_member_change() -> None:
    event = telegram_fixture("my_chat_member__blocked")
    assert (event.kind, event.change, event.status, event.user_id) == (EventKind.MEMBER, "blocked", "kicked", "42")


def test_joining_and_leaving_are_member_changes() -> None:
    joined = telegram_event(in_group(None, new_chat_members=[{"id": 8, "first_name": "Bo", "is_bot": False}]))
    assert (joined.kind, joined.change, joined.user_id, joined.user_name) == (EventKind.MEMBER, "joined", "8", "Bo")
    left = telegram_event(in_group(None, left_chat_member={"id": 8, "first_name": "Bo", "is_bot": False}))
    assert (left.kind, left.change) == (EventKind.MEMBER, "left")


def test_a_migration_tells_old_and_new_chat_whichever_side_reports_it() -> None:
    old = telegram_event(message(None, chat={"id": -5, "type": "group"}, migrate_to_chat_id=-1005))
    new = telegram_event(message(None, chat={"id": -1005, "type": "supergroup"}, migrate_from_chat_id=-5))
    for event in (old, new):
        assert (event.kind, event.change) == (EventKind.MEMBER, "migrated")
        assert (event.chat_id, event.data) == ("-5", "-1005")


def test_deleted_business_messages_are_one_event_each() -> None:
    content = {"business_connection_id": "b", "chat": {"id": 1, "type": "private"}, "message_ids": [4, 5]}
    events = telegram().receive(telegram_request({"update_id": 3, "deleted_business_messages": content})).events
    assert [(e.kind, e.target_message_id, e.dedupe_key) for e in events] == [
        (EventKind.DELETE, "4", "3:4"),
        (EventKind.DELETE, "5", "3:5"),
    ]


def business(**fields: Any) -> dict[str, Any]:
    told = message(**fields)
    told["business_message"] = told.pop("message") | {"business_connection_id": "Conn:1"}
    return told


def test_a_customer_of_a_business_writes_in_a_thread_of_that_business() -> None:
    event = telegram_event(business())
    assert (event.kind, event.chat_id, event.thread_id) == (EventKind.MESSAGE, "42", "business:Conn:1")


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"from": {"id": 7, "is_bot": False, "first_name": "Owner"}}, "from_owner"),
        ({"sender_business_bot": {"id": 110201543, "is_bot": True, "first_name": "Claw"}}, "from_bot"),
    ],
)
def test_what_a_business_says_to_its_customer_is_not_answered(fields: dict[str, Any], change: str) -> None:
    event = telegram_event(business(**fields))
    assert (event.kind, event.change) == (EventKind.IGNORED, change)


def test_direct_messages_of_a_channel_are_threads() -> None:
    assert telegram_event(in_group(direct_messages_topic={"topic_id": 8})).thread_id == "direct:8"


def test_a_restricted_person_who_is_no_member_has_left() -> None:
    new = {"user": {"id": 8, "first_name": "Bo"}, "status": "restricted", "is_member": False}
    update = {"update_id": 1, "chat_member": {"chat": {"id": -1007, "type": "supergroup"}, "new_chat_member": new}}
    assert telegram_event(update).change == "left"


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 9},
        {"update_id": 9, "inline_query": {"id": 134567890097, "from": {"id": 42, "is_bot": False}, "query": "x"}},
        {"update_id": 9, "poll_answer": {"poll_id": "1"}},
        {"update_id": 9, "invented_next_year": {"a": 1}},
        message(None, pinned_message={"message_id": 3}),
    ],
)
def test_genuine_but_unknown_is_stored_as_ignored(update: dict[str, Any]) -> None:
    assert telegram_event(update).kind is EventKind.IGNORED
