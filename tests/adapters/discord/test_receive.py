from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.errors import AccountError, SignatureRejected
from adapters.events import Event, EventKind, Received, WebhookRequest
from tests.adapters.builders import FIXTURES
from tests.adapters.contract import CASES, public_key

CASE = CASES["discord"]


def receive(payload: dict[str, Any], **account: Any) -> Received:
    adapter = CASE.adapter(CASE.secrets[0])
    adapter = type(adapter)({**CASE.account, "public_key": public_key(CASE.secrets[0]), **account}, clock=adapter.clock)
    return adapter.receive(CASE.genuine(json.dumps(payload).encode()))


def load(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((FIXTURES / "discord" / f"{name}.json").read_text("utf-8"))
    return value


def event(name: str, **account: Any) -> Event:
    (found,) = receive(load(name), **account).events
    return found


def reply(name: str, **account: Any) -> Any:
    return json.loads(receive(load(name), **account).reply.body)


def test_a_ping_is_answered_with_a_pong() -> None:
    received = receive({"type": 1, "id": "1", "token": "t", "application_id": "77", "version": 1})
    assert (json.loads(received.reply.body), received.reply.content_type) == ({"type": 1}, "application/json")
    assert received.events == ()


def test_discords_probe_with_a_bad_signature_gets_401() -> None:
    request = CASE.genuine()
    with pytest.raises(SignatureRejected) as caught:
        CASE.adapter(CASE.secrets[1]).receive(request)
    assert caught.value.status == 401


def test_the_timestamp_is_part_of_the_signature() -> None:
    request = CASE.genuine()
    for stamp in ("1700000001", "", "值", "\ud800"):
        changed = {**request.headers, "x-signature-timestamp": stamp}
        with pytest.raises(SignatureRejected):
            CASE.adapter(CASE.secrets[0]).receive(WebhookRequest("POST", {}, changed, request.body))


def test_a_command_brings_its_options_its_person_and_its_token() -> None:
    found = event("command__options")
    assert (found.kind, found.command) == (EventKind.COMMAND, "ask")
    assert (found.args, found.text) == ({"message": "How are you?", "times": 2}, "How are you? 2")
    assert (found.user_id, found.user_name, found.chat_id, found.chat_type) == ("42", "Ann B.", "900", "group")
    assert (found.dedupe_key, found.reply_token) == ("1001", "itoken")


def test_sub_commands_are_part_of_the_name() -> None:
    found = event("command__nested")
    assert (found.command, found.args) == ("memory notes add", {"text": "buy milk"})


def test_a_direct_command_with_a_file() -> None:
    found = event("command__direct_with_file")
    assert (found.chat_type, found.user_id, found.text) == ("private", "42", "")
    (file,) = found.attachments
    assert (file.type, file.id, file.name, file.size) == ("image", "61", "cat.png", 77)


def test_a_command_on_a_message_brings_that_message() -> None:
    found = event("command__message_menu")
    assert (found.command, found.target_message_id, found.text, found.forwarded) == (
        "summarise",
        "555",
        "a long text",
        True,
    )


def test_a_button_is_an_action_in_the_channel_of_the_interaction() -> None:
    found = event("component__button")
    assert (found.kind, found.data, found.text) == (EventKind.ACTION, "yes:7", "Yes")
    assert (found.message_id, found.chat_id) == ("556", "900")


def test_a_menu_and_a_form_tell_what_was_given() -> None:
    menu, form = event("component__select"), event("modal__both_layouts")
    assert (menu.data, menu.text, menu.args) == ("size", "m, l", {"values": ["m", "l"]})
    assert (form.kind, form.data, form.args) == (EventKind.ACTION, "feedback", {"words": "very good", "stars": "5"})


@pytest.mark.parametrize("name", ["command__options", "component__button", "modal__both_layouts"])
def test_work_is_deferred_at_once(name: str) -> None:
    assert reply(name) == {"type": 5}
    assert reply(name, ephemeral=True) == {"type": 5, "data": {"flags": 64}}


def test_a_request_for_suggestions_gets_none_and_no_turn() -> None:
    assert event("autocomplete__typing").kind is EventKind.IGNORED
    assert reply("autocomplete__typing") == {"type": 8, "data": {"choices": []}}


def test_webhook_events_and_their_ping_get_204() -> None:
    received = receive(load("webhook_event__authorized"))
    assert (received.reply.status, received.reply.body) == (204, b"")
    assert (received.events[0].kind, received.events[0].change) == (EventKind.MEMBER, "authorized")
    assert receive({"version": 1, "application_id": "77", "type": 0}).reply.status == 204


def test_bots_are_never_answered() -> None:
    payload = load("command__options")
    payload["member"]["user"]["bot"] = True
    (found,) = receive(payload).events
    assert (found.kind, found.change) == (EventKind.IGNORED, "from_bot")


def test_an_unknown_kind_of_interaction_is_counted() -> None:
    (found,) = receive({**load("command__options"), "type": 99}).events
    assert (found.kind, found.change) == (EventKind.IGNORED, "type 99")


def test_a_key_of_the_wrong_shape_is_refused_when_it_is_set() -> None:
    with pytest.raises(AccountError, match="public_key"):
        receive({"type": 1}, public_key="abc")


def test_a_file_at_a_message_or_in_a_form_comes_along_and_says_nothing() -> None:
    file = {"id": "55", "filename": "a.png", "url": "https://cdn.discordapp.com/a.png", "content_type": "image/png"}
    menu = load("command__message_menu")
    menu["data"]["resolved"]["messages"]["555"]["attachments"] = [file]
    upload = {"type": 18, "component": {"type": 19, "custom_id": "file", "values": ["55"]}}
    form = load("modal__both_layouts") | {
        "data": {"custom_id": "form", "components": [upload], "resolved": {"attachments": {"55": file}}}
    }
    for payload in (menu, form):
        (found,) = receive(payload).events
        assert [(item.type, item.id) for item in found.attachments] == [("image", "55")]
        assert "55" not in found.text


def test_people_places_and_roles_are_said_by_name() -> None:
    resolved = {
        "users": {"1": {"id": "1", "username": "bob", "global_name": "Bob"}, "2": {"id": "2", "username": "ann"}},
        "members": {"2": {"nick": "Annie"}},
        "channels": {"3": {"id": "3", "name": "ops"}},
        "roles": {"4": {"id": "4", "name": "Staff"}},
    }
    command = load("command__options")
    command["data"]["options"] = [{"type": 6, "name": f"o{number}", "value": str(number)} for number in range(1, 6)]
    command["data"]["resolved"] = resolved
    (found,) = receive(command).events
    assert found.text == "@Bob @Annie #ops @Staff 5"
    assert found.args == {f"o{number}": str(number) for number in range(1, 6)}
    picked = load("component__select")
    picked["data"] |= {"values": ["1"], "resolved": resolved}
    assert receive(picked).events[0].text == "@Bob"
    about = load("command__options")
    about["data"] = {"id": "9", "name": "Greet", "type": 2, "target_id": "1", "resolved": resolved}
    (found,) = receive(about).events
    assert (found.text, found.data) == ("@Bob", "1")


def test_emoji_commands_and_times_are_as_people_see_them() -> None:
    told = load("command__options")
    text = "<:wave:12345678> <a:spin:12345678> </ask:12345678> <t:1796000400:R> <@12345678> <#12345678>"
    told["data"]["options"] = [{"name": "text", "type": 3, "value": text}]
    (found,) = receive(told).events
    assert found.text == ":wave: :spin: /ask 2026-11-30 01:00 UTC <@12345678> <#12345678>"
