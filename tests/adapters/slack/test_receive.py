from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from adapters.errors import MalformedPayload
from adapters.events import Event, EventKind, Received
from tests.adapters.builders import FIXTURES
from tests.adapters.contract import CASES, slack_body

CASE = CASES["slack"]


def receive(body: bytes, **account: Any) -> Received:
    adapter = CASE.adapter(CASE.secrets[0])
    if account:
        adapter = type(adapter)({**CASE.account, "signing_secret": CASE.secrets[0], **account}, clock=adapter.clock)
    return adapter.receive(CASE.genuine(body))


def event(name: str, **account: Any) -> Event:
    value = json.loads((FIXTURES / "slack" / f"{name}.json").read_text("utf-8"))
    return receive(slack_body(value), **account).events[0]


def form(**fields: str) -> Event:
    values = {
        "command": "/ask",
        "text": "what is new?",
        "user_id": "U0ANN",
        "user_name": "ann",
        "channel_id": "C01",
        "channel_name": "ops",
        "team_id": "T01",
        "trigger_id": "1.2.x",
        "response_url": "https://hooks.slack.com/commands/T01/1/x",
    }
    (found,) = receive(urlencode(values | fields).encode()).events
    return found


def test_the_documents_own_signature_is_accepted() -> None:
    secret, stamp = "8f742231b10e8888abcd99yyyzzz85a5", 1531420618
    request = CASE.sign(b"token=xyzz0WbapA4vBCDEFasx0q6G", secret, stamp)
    assert request.headers["X-Slack-Signature"].startswith("v0=")
    with pytest.raises(MalformedPayload):  # valid, although not a command
        CASE.adapter(secret, now=stamp).receive(request)


def test_the_challenge_comes_back_and_makes_no_event() -> None:
    received = receive(json.dumps({"type": "url_verification", "challenge": "3eZbrw"}).encode())
    assert (received.reply.status, received.reply.body, received.events) == (200, b"3eZbrw", ())


def test_a_direct_message_is_read_as_words() -> None:
    found = event("message__direct")
    assert (found.kind, found.chat_type, found.user_id) == (EventKind.MESSAGE, "private", "U0ANN")
    assert found.text == "Is 1 < 2 & why? See [the page](https://example.com/a?b=1&c=2) or example.org"
    assert (found.dedupe_key, found.message_id, found.twin_key) == ("Ev01", "1700000000.000100", "")


def test_a_mention_loses_the_bots_name_and_keeps_the_others() -> None:
    found = event("message__mention_in_channel")
    assert found.text == "what did <@U0BEN> say in #general?"
    assert (found.mentions_bot, found.chat_type) == (True, "group")


def test_the_two_events_of_one_mention_share_a_key() -> None:
    one, other = event("message__mention_in_channel"), event("app_mention__same_message")
    assert one.twin_key == other.twin_key == "C01:1700000000.000200"
    assert one.dedupe_key != other.dedupe_key
    assert one.text == other.text


def test_without_a_configured_id_the_bot_is_known_from_the_envelope() -> None:
    assert event("message__mention_in_channel", bot_user_id="").mentions_bot


def test_an_answer_in_a_thread_of_the_bot_is_meant_for_it() -> None:
    found = event("message__thread_reply_to_bot")
    assert (found.mentions_bot, found.thread_id, found.reply_to) == (True, "1700000000.000200", "1700000000.000200")


@pytest.mark.parametrize(
    ("said", "text", "forwarded"),
    [("", "due < Friday\nor so", True), ("and this?", "and this?", False)],
)
def test_a_shared_message_comes_with_its_words_and_files(said: str, text: str, forwarded: bool) -> None:
    shared = {"is_share": True, "text": "due &lt; Friday\nor so", "files": [{"id": "F7", "mimetype": "image/png"}]}
    unfurled = {"text": "a preview of Slack's own", "from_url": "https://example.com"}
    value = json.loads((FIXTURES / "slack" / "message__direct.json").read_text("utf-8"))
    value["event"] |= {"text": said, "attachments": [shared, unfurled]}
    (found,) = receive(slack_body(value)).events
    assert (found.kind, found.text, found.forwarded) == (EventKind.MESSAGE, text, forwarded)
    assert [passage.text for passage in found.forwards] == ["due < Friday\nor so"]
    assert [item.id for item in found.attachments] == ["F7"]


def test_answering_in_threads_gives_each_message_of_a_channel_a_thread() -> None:
    assert event("message__mention_in_channel", reply_in_thread=True).thread_id == "1700000000.000200"
    assert event("message__thread_reply_to_bot", reply_in_thread=True).thread_id == "1700000000.000200"
    assert event("message__direct", reply_in_thread=True).thread_id is None


@pytest.mark.parametrize("extra", [{}, {"subtype": "bot_message"}, {"bot_id": None, "user": "USLACKBOT"}])
def test_bots_are_never_answered(extra: dict[str, Any]) -> None:
    value = json.loads((FIXTURES / "slack" / "message__modern_bot.json").read_text("utf-8"))
    value["event"] |= extra
    (found,) = receive(slack_body(value)).events
    assert (found.kind, found.change) == (EventKind.IGNORED, "from_bot")


def test_files_become_attachments_and_deleted_ones_do_not() -> None:
    image, voice = event("message__file_share").attachments
    assert (image.type, image.id, image.mime, image.size) == ("image", "F01", "image/png", 1234)
    assert image.url == "https://files.slack.com/files-pri/T01-F01/download/cat.png"
    assert (voice.type, voice.duration, voice.transcript) == ("voice", 2.5, "good morning")


def test_a_file_the_bot_uploaded_is_not_answered() -> None:
    value = json.loads((FIXTURES / "slack" / "message__file_share.json").read_text("utf-8"))
    value["event"]["user"] = "U0BOT"
    (found,) = receive(slack_body(value)).events
    assert (found.kind, found.change) == (EventKind.IGNORED, "from_bot")


def test_edits_deletions_and_previews_are_told_apart() -> None:
    edited, deleted, preview = event("message__edited"), event("message__deleted"), event("message__unfurled")
    assert (edited.kind, edited.text, edited.target_message_id) == (EventKind.EDIT, "new words", "1700000000.000200")
    assert (deleted.kind, deleted.target_message_id, deleted.user_id) == (
        EventKind.DELETE,
        "1700000000.000200",
        "U0ANN",
    )
    assert (preview.kind, preview.change) == (EventKind.IGNORED, "unfurled")


def test_reactions_and_members() -> None:
    reaction, member = event("reaction_added__message"), event("member_joined_channel__bot")
    assert (reaction.kind, reaction.emoji, reaction.target_message_id, reaction.chat_id) == (
        EventKind.REACTION,
        "thumbsup",
        "1700000000.000300",
        "C01",
    )
    assert (member.kind, member.change, member.mentions_bot) == (EventKind.MEMBER, "joined", True)


@pytest.mark.parametrize(
    "inner",
    [
        {"type": "message", "subtype": "channel_topic", "user": "U0ANN", "channel": "C01", "text": "x", "ts": "1.2"},
        {"type": "message", "subtype": "message_replied", "channel": "C01", "ts": "1.2"},
        {"type": "message", "user": "U0ANN", "channel": "C01", "text": "", "ts": "1.2"},
        {"type": "app_home_opened", "user": "U0ANN", "channel": "D01", "tab": "home"},
        {"type": "team_join", "user": {"id": "U0NEW"}},
        {"type": "tokens_revoked", "tokens": {"bot": ["U0BOT"]}},
        {"type": "something_new"},
    ],
)
def test_notes_and_unknown_kinds_are_kept_and_not_answered(inner: dict[str, Any]) -> None:
    (found,) = receive(json.dumps({"type": "event_callback", "event_id": "Ev99", "event": inner}).encode()).events
    assert (found.kind, found.dedupe_key) == (EventKind.IGNORED, "Ev99")


def test_an_unknown_envelope_is_counted() -> None:
    (found,) = receive(b'{"type": "app_rate_limited", "minute_rate_limited": 1518467820}').events
    assert (found.kind, found.change) == (EventKind.IGNORED, "app_rate_limited")


def test_a_slash_command_keeps_its_registered_name_and_its_answering_address() -> None:
    found = form()
    assert (found.kind, found.command, found.text, found.args) == (
        EventKind.COMMAND,
        "/ask",
        "what is new?",
        "what is new?",
    )
    assert (found.dedupe_key, found.user_name, found.chat_type) == ("1.2.x", "ann", "group")
    assert found.reply_url == "https://hooks.slack.com/commands/T01/1/x"
    assert form(channel_name="directmessage").chat_type == "private"


def test_the_certificate_check_is_answered_and_forgotten() -> None:
    received = receive(b"ssl_check=1&token=x")
    assert (received.reply.status, received.events) == (200, ())


def test_each_action_of_a_message_is_an_event() -> None:
    value = json.loads((FIXTURES / "slack" / "block_actions__select.json").read_text("utf-8"))
    first, second = receive(slack_body(value)).events
    assert [e.kind for e in (first, second)] == [EventKind.ACTION, EventKind.ACTION]
    assert [(e.data, e.text, e.dedupe_key) for e in (first, second)] == [
        ("l", "Large", "17.18.aa"),
        ("a,b", "", "17.18.aa:1"),
    ]
    assert (first.message_id, first.thread_id) == ("1700000000.000400", "1700000000.000200")
    assert first.reply_url == "https://hooks.slack.com/actions/T01/1/x"


def test_a_form_and_a_shortcut_name_themselves() -> None:
    modal, shortcut = event("view_submission__form"), event("message_action__shortcut")
    assert (modal.data, modal.args, modal.chat_id) == (
        "feedback",
        {"stars": "5", "words": "very good", "empty": ""},
        "U0ANN",
    )
    assert modal.text == "5\nvery good"
    assert (shortcut.data, shortcut.text, shortcut.forwarded) == ("summarise", "a long & winding text", True)
    assert shortcut.target_message_id == "1700000000.000500"


def test_menus_that_ask_for_options_get_an_empty_list() -> None:
    received = receive(slack_body({"type": "block_suggestion", "trigger_id": "1", "value": "a"}))
    assert json.loads(received.reply.body) == {"options": []}
    assert received.events[0].kind is EventKind.IGNORED


def test_another_workspace_of_the_same_app_is_not_ours() -> None:
    assert event("message__mention_in_channel", team_id="T01").kind is EventKind.MESSAGE
    other = event("message__mention_in_channel", team_id="T02")
    assert (other.kind, other.change, other.twin_key) == (EventKind.IGNORED, "other_workspace", "")


def test_an_opened_thread_of_the_agent_is_known_by_person_and_place() -> None:
    thread = {"user_id": "U0ANN", "channel_id": "D01", "thread_ts": "1700000000.000100", "context": {}}
    value = json.loads((FIXTURES / "slack" / "message__direct.json").read_text("utf-8"))
    value["event"] = {"type": "assistant_thread_started", "assistant_thread": thread}
    (found,) = receive(slack_body(value)).events
    assert (found.kind, found.change) == (EventKind.IGNORED, "assistant_thread_started")
    assert (found.user_id, found.chat_id, found.chat_type) == ("U0ANN", "D01", "private")
    assert found.thread_id == "1700000000.000100"


def test_a_channel_with_a_new_id_is_a_migration() -> None:
    told = {"type": "channel_id_changed", "old_channel_id": "G01", "new_channel_id": "C09"}
    found = receive(slack_body({"type": "event_callback", "event_id": "Ev9", "event": told})).events[0]
    assert (found.kind, found.change, found.chat_id, found.new_ids) == (
        EventKind.MEMBER,
        "migrated",
        "G01",
        {"G01": "C09"},
    )
    same = receive(slack_body({"type": "event_callback", "event_id": "Ev9", "event": told | {"new_channel_id": "G01"}}))
    assert same.events[0].kind is EventKind.IGNORED
