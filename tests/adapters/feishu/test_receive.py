from __future__ import annotations

from typing import Any

import pytest

from adapters.events import EventKind
from tests.adapters.feishu.builders import (
    APP,
    BOT,
    TOKEN,
    envelope,
    event_of,
    feishu,
    message,
    request,
)


def test_a_private_text() -> None:
    event = event_of(message({"text": " /Help me "}))
    assert (event.kind, event.dedupe_key, event.message_id) == (EventKind.MESSAGE, "ev1", "om_1")
    assert (event.user_id, event.alt_user_id) == ("ou_ann", "ann")
    assert (event.chat_id, event.chat_type) == ("oc_1", "private")
    assert (event.text, event.command, event.args) == ("/Help me", "help", "me")
    assert (event.mentions_bot, event.thread_id, event.reply_token) == (False, None, None)


MENTIONS = [
    {"key": "@_user_1", "id": {"open_id": BOT}, "name": "Claw", "mentioned_type": "bot"},
    {"key": "@_user_2", "id": {"open_id": "ou_bob"}, "name": "Bob", "mentioned_type": "user"},
]


def test_the_bots_mention_is_cut_and_others_get_their_names() -> None:
    content = {"text": "@_user_1 tell @_user_2 and @_all hi"}
    event = event_of(message(content, chat_type="group", mentions=MENTIONS))
    assert (event.text, event.mentions_bot, event.chat_type) == ("tell @Bob and @all hi", True, "group")


def test_without_a_known_id_the_platforms_word_counts() -> None:
    inner = message({"text": "@_user_1 hi"}, chat_type="group", mentions=MENTIONS)
    assert event_of(inner, bot_open_id="").mentions_bot
    inner = message({"text": "@_user_2 hi"}, chat_type="group", mentions=MENTIONS[1:])
    assert not event_of(inner, bot_open_id="").mentions_bot
    assert not event_of(inner).mentions_bot


def test_a_message_in_a_thread_tells_how_to_answer_inside() -> None:
    event = event_of(message(thread_id="omt_1", root_id="om_0", parent_id="om_0"))
    assert (event.thread_id, event.reply_to, event.reply_token) == ("omt_1", "om_0", "om_1")


@pytest.mark.parametrize(
    ("kind", "content", "wanted"),
    [
        ("image", {"image_key": "k"}, ("image", "k", None)),
        ("file", {"file_key": "k", "file_name": "a.pdf"}, ("file", "k", "a.pdf")),
        ("audio", {"file_key": "k", "duration": 2500}, ("voice", "k", None)),
        ("media", {"file_key": "k", "file_name": "a.mp4"}, ("video", "k", "a.mp4")),
        ("sticker", {"file_key": "k"}, ("sticker", "k", None)),
        ("share_user", {"user_id": "ou_x"}, ("contact", "ou_x", None)),
        ("location", {"name": "P", "longitude": "113.1", "latitude": "23.2"}, ("location", "", "P")),
    ],
)
def test_what_is_not_text_comes_as_attachment(kind: str, content: Any, wanted: tuple[str, str, str | None]) -> None:
    event = event_of(message(content, kind=kind))
    (part,) = event.attachments
    assert (event.kind, part.type, part.id, part.name) == (EventKind.MESSAGE, *wanted)
    assert part.duration == (2.5 if kind == "audio" else None)
    assert (part.latitude, part.longitude) == ((23.2, 113.1) if kind == "location" else (None, None))


def test_a_post_is_read_in_full() -> None:
    line = [
        {"tag": "at", "user_id": "@_user_1", "user_name": "Claw"},
        {"tag": "text", "text": "see "},
        {"tag": "a", "text": "this", "href": "https://e.cn"},
    ]
    blocks = [line, [{"tag": "img", "image_key": "k"}], [{"tag": "code_block", "language": "PY", "text": "x = 1"}]]
    inner = message({"title": "T", "content": blocks}, kind="post", chat_type="group", mentions=MENTIONS)
    event = event_of(inner)
    assert event.text == "T\nsee this (https://e.cn)\n\n```py\nx = 1\n```"
    assert (event.attachments[0].type, event.mentions_bot) == ("image", True)


def test_forwarded_words_are_not_the_senders_own() -> None:
    assert event_of(message({"content": "Merged"}, kind="merge_forward")).forwarded
    card = {"title": "T", "elements": [[{"tag": "text", "text": "inside"}]]}
    assert event_of(message(card, kind="interactive")).text == "T\ninside"


@pytest.mark.parametrize("sender", ["app", "bot", "system", "anonymous"])
def test_bots_are_never_answered(sender: str) -> None:
    assert event_of(message(sender=sender)).kind is EventKind.IGNORED


def test_unknown_kinds_and_other_apps_are_ignored() -> None:
    assert event_of(message(kind="hongbao")).change == "hongbao"
    assert event_of(envelope("im.invented_v1", {})).change == "im.invented_v1"
    assert event_of(envelope("im.message.receive_v1", {}, app="cli_other")).change == "other_app"


def test_a_recall_a_reading_and_a_reaction() -> None:
    recalled = event_of(envelope("im.message.recalled_v1", {"message_id": "om_1", "chat_id": "oc_1"}))
    assert (recalled.kind, recalled.target_message_id, recalled.chat_id) == (EventKind.DELETE, "om_1", "oc_1")
    ids = {"open_id": "ou_ann"}
    reader = {"reader": {"reader_id": ids}, "message_id_list": ["om_1", "om_2"]}
    events = feishu().receive(request(envelope("im.message.message_read_v1", reader))).events
    assert [(e.kind, e.status, e.message_id, e.dedupe_key) for e in events] == [
        (EventKind.STATUS, "read", "om_1", "ev1:om_1"),
        (EventKind.STATUS, "read", "om_2", "ev1:om_2"),
    ]
    body = {"message_id": "om_1", "operator_type": "user", "user_id": ids, "reaction_type": {"emoji_type": "OK"}}
    added = event_of(envelope("im.message.reaction.created_v1", body))
    assert (added.kind, added.emoji, added.target_message_id, added.user_id) == (
        EventKind.REACTION,
        "OK",
        "om_1",
        "ou_ann",
    )
    taken = event_of(envelope("im.message.reaction.deleted_v1", body))
    assert (added.change, taken.change, taken.emoji) == ("added", "removed", "")
    own = event_of(envelope("im.message.reaction.created_v1", body | {"operator_type": "app"}))
    assert own.kind is EventKind.IGNORED


def test_coming_and_going() -> None:
    body = {"chat_id": "oc_1", "operator_id": {"open_id": "ou_ann"}, "users": [{"user_id": {"open_id": "ou_b"}}]}
    for kind, change, user in (
        ("im.chat.member.bot.added_v1", "joined", "ou_ann"),
        ("im.chat.member.bot.deleted_v1", "left", "ou_ann"),
        ("im.chat.disbanded_v1", "disbanded", "ou_ann"),
        ("im.chat.member.user.added_v1", "joined", "ou_b"),
        ("im.chat.member.user.withdrawn_v1", "left", "ou_b"),
        ("im.chat.access_event.bot_p2p_chat_entered_v1", "enter", "ou_ann"),
    ):
        event = event_of(envelope(kind, body))
        assert (event.kind, event.change, event.user_id) == (EventKind.MEMBER, change, user), kind


def first_generation(kind: str, **event: Any) -> list[tuple[Any, ...]]:
    body = {"uuid": "u-1", "token": TOKEN, "type": "event_callback", "event": {"type": kind, "app_id": APP, **event}}
    events = feishu().receive(request(body)).events
    return [(e.kind, e.change, e.chat_id, e.user_id, e.alt_user_id, e.user_name, e.dedupe_key) for e in events]


def test_coming_and_going_in_the_first_generation() -> None:
    joined, left, ann = (
        (EventKind.MEMBER, "joined"),
        (EventKind.MEMBER, "left"),
        {"open_id": "ou_ann", "user_id": "ann"},
    )
    opened = first_generation("p2p_chat_create", chat_id="oc_1", operator=ann, user=ann | {"name": "Ann"})
    assert opened == [(EventKind.MEMBER, "enter", "oc_1", "ou_ann", "ann", "Ann", "u-1")]
    told = {"open_chat_id": "oc_1", "operator_open_id": "ou_ann", "operator_employee_id": "ann", "operator_name": "Ann"}
    assert first_generation("add_bot", **told) == [(*joined, "oc_1", "ou_ann", "ann", "Ann", "u-1")]
    assert first_generation("remove_bot", **told) == [(*left, "oc_1", "ou_ann", "ann", "Ann", "u-1")]
    users = [{"open_id": f"ou_{name}", "user_id": name, "name": name} for name in ("bo", "cy")]
    for kind, change in (("add_user_to_chat", joined), ("revoke_add_user_from_chat", left)):
        assert first_generation(kind, chat_id="oc_1", operator=ann, users=users) == [
            (*change, "oc_1", f"ou_{name}", name, name, f"u-1:ou_{name}") for name in ("bo", "cy")
        ]
    (closed,) = first_generation("chat_disband", chat_id="oc_1", operator=ann)
    assert closed[:4] == (EventKind.MEMBER, "disbanded", "oc_1", "ou_ann")


def test_a_reading_in_the_first_generation() -> None:
    (read,) = first_generation("message_read", open_id="ou_ann", open_message_ids=["om_1"])
    assert (read[0], read[3]) == (EventKind.STATUS, "ou_ann")


def test_the_menu_is_answered_to_the_person() -> None:
    body = {"event_key": "HELP", "operator": {"operator_name": "Ann", "operator_id": {"open_id": "ou_ann"}}}
    event = event_of(envelope("application.bot.menu_v6", body))
    assert (event.kind, event.data, event.chat_id, event.user_name) == (EventKind.ACTION, "HELP", "ou_ann", "Ann")


def pressed(action: dict[str, Any]) -> dict[str, Any]:
    body = {
        "operator": {"open_id": "ou_ann", "user_id": "ann"},
        "token": "c-1",
        "action": action,
        "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"},
    }
    return envelope("card.action.trigger", body)


def test_a_pressed_button_gives_its_value() -> None:
    event = event_of(pressed({"tag": "button", "value": {"key": "value"}}))
    assert (event.kind, event.data, event.chat_id, event.message_id) == (
        EventKind.ACTION,
        {"key": "value"},
        "oc_1",
        "om_1",
    )
    assert (event.user_id, event.alt_user_id, event.reply_token, event.chat_type) == ("ou_ann", "ann", "c-1", "")
    assert event_of(pressed({"value": {"data": "yes"}})).data == "yes"
    assert event_of(pressed({"tag": "select_static", "option": "two", "value": {}})).data == "two"
    several = event_of(pressed({"tag": "multi_select_static", "options": ["a", "b"], "value": {"k": "v"}, "name": "m"}))
    assert (several.data, several.args, several.text) == ({"k": "v"}, "a, b", "a, b")
    assert event_of(pressed({"tag": "checker", "checked": False, "name": "c"})).data == "false"
    form = event_of(pressed({"name": "send", "form_value": {"city": "Paris"}}))
    assert (form.data, form.args) == ("send", {"city": "Paris"})
    assert feishu().receive(request(pressed({"value": {"data": "yes"}}))).reply.body == b"{}"


def old(**event: Any) -> dict[str, Any]:
    values = {
        "type": "message",
        "app_id": "cli_0123",
        "open_id": "ou_ann",
        "open_chat_id": "oc_1",
        "open_message_id": "om_1",
        "chat_type": "group",
        "msg_type": "text",
        "text": '<at open_id="ou_bot">@Claw</at> a &lt; b',
        "is_mention": True,
        **event,
    }
    return {"uuid": "u1", "token": TOKEN, "type": "event_callback", "event": values}


def test_first_generation_events_are_understood() -> None:
    event = event_of(old(text_without_at_bot="/help me"))
    assert (event.kind, event.dedupe_key, event.command, event.mentions_bot) == (EventKind.MESSAGE, "u1", "help", True)
    assert (event.user_id, event.chat_id, event.chat_type) == ("ou_ann", "oc_1", "group")
    assert event_of(old()).text == "@Claw a < b"
    picture = event_of(old(msg_type="image", image_key="k", text="", chat_type="private"))
    assert (picture.attachments[0].id, picture.chat_type) == ("k", "private")


def test_a_person_whose_id_in_the_organisation_changes_has_new_ids() -> None:
    person = {"open_id": "ou_1", "user_id": "new", "union_id": "on_1"}
    found = event_of(envelope("contact.user.updated_v3", {"object": person, "old_object": {"user_id": "old"}}))
    assert (found.kind, found.user_id, found.new_ids) == (EventKind.MEMBER, "ou_1", {"old": "new"})
    renamed = event_of(envelope("contact.user.updated_v3", {"object": person, "old_object": {"name": "Ann"}}))
    assert (renamed.kind, renamed.new_ids) == (EventKind.IGNORED, {})


@pytest.mark.parametrize(
    ("kind", "content", "part"),
    [
        (
            "share_calendar_event",
            {"summary": "Review", "start_time": "1796000400000", "end_time": "1796004000000"},
            ("event", "Review", "2026-11-30 01:00 UTC – 2026-11-30 02:00 UTC"),
        ),
        ("video_chat", {"topic": "Stand-up", "start_time": "0"}, ("event", "Stand-up", "")),
        (
            "todo",
            {"summary": {"title": "", "content": [[{"tag": "text", "text": "buy rope"}]]}, "due_time": "x"},
            ("task", "buy rope", None),
        ),
        ("vote", {"topic": "Lunch?", "options": ["rice", "soup", 3]}, ("poll", "Lunch?", "rice / soup")),
    ],
)
def test_cards_of_feishu_are_attachments_with_words(kind: str, content: dict[str, Any], part: tuple[str, ...]) -> None:
    (found,) = event_of(message(content, kind=kind)).attachments
    assert (found.type, found.name, found.details) == part


@pytest.mark.parametrize(("kind", "unreadable"), [("hongbao", "hongbao"), ("hologram", "hologram"), ("system", "")])
def test_what_cannot_be_read_is_named(kind: str, unreadable: str) -> None:
    found = event_of(message({"text": "x"}, kind=kind))
    assert (found.kind, found.unreadable) == (EventKind.IGNORED, unreadable)
