"""Each platform from its webhook to the answer at its API; a redelivery gets no second answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.channels import lookup
from bots.llm import candidates
from bots.models import Channel, Identity, ModelProvider, OutboundMessage, Person
from bots.people import display_names
from bots.pipeline import inbox, outbox
from bots.pipeline.dispatch import draft_reply
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.adapters.builders import message
from tests.adapters.contract import CASES, fixture
from tests.builders import make_bot, make_channel, use_policy
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.peers import StreamingModel, StubModel
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)

# Fixture of the message, and answer of the API to a send.
MESSAGES = {
    "slack": ("message__direct", {"ok": True, "ts": "1700000001.000100", "channel": "D01"}),
    "line": ("message__batch", {"sentMessages": [{"id": "461"}]}),
    "whatsapp": ("messages__username_only", {"messages": [{"id": "wamid.O1"}]}),
    "discord": ("command__options", {"id": "900"}),
    # The call for a token gets the same answer.
    "feishu": ("message__group_mention", {"code": 0, "tenant_access_token": "t", "data": {"message_id": "om_2"}}),
    "dingtalk": ("message__group_text", {"accessToken": "t", "processQueryKey": "q1"}),
}


def connect(platform: str, server: Server, **account: Any) -> Channel:
    case = CASES[platform]
    held = [case.configured(case.secrets[0])]
    values = {**case.account, case.secret_key: held, "base_url": server.url, **account}
    return make_channel(make_bot(name="Robin"), platform=platform, credentials=values)


def deliver(channel: Channel, body: bytes) -> int:
    """Takes one delivery through the pipeline; returns the number of turns."""
    case = CASES[channel.platform]
    # The fixtures have a fixed date: the clock of the contract verifies them, that of the channel stores them.
    received = case.adapter(case.secrets[0]).receive(case.genuine(body))
    accepted = inbox.accept(channel, received.events).accepted
    for row_id in accepted:
        MessageDispatcher().process(row_id)
    return len(accepted)


def answers(server: Server) -> list[Recorded]:
    """Returns sends, without look-ups of names and without typing indicators, whose number varies."""
    signs = ("/typing", "/chat/loading/start", "/assistant.threads.setStatus")
    sent = [r for r in server.requests if r.method != "GET" and not r.path.endswith(signs)]
    return [r for r in sent if b'"typing_indicator"' not in r.body]


@pytest.mark.parametrize("platform", MESSAGES)
def test_a_message_is_answered_at_its_platform_once(platform: str, server: Server, model: StubModel) -> None:
    name, answer = MESSAGES[platform]
    server.respond = lambda request: json_answer(answer)
    channel = connect(platform, server)
    assert deliver(channel, fixture(platform, name)) > 0
    sent = [request.body.decode() for request in answers(server)]
    assert any("You said: " in body or "/help" in body for body in sent)
    assert deliver(channel, fixture(platform, name)) == 0
    assert len(answers(server)) == len(sent)


def test_a_mention_that_slack_tells_twice_is_answered_once(server: Server, model: StubModel) -> None:
    server.respond = lambda request: json_answer({"ok": True, "ts": "1.2", "channel": "C01"})
    channel = connect("slack", server)
    assert deliver(channel, fixture("slack", "app_mention__same_message")) == 1
    assert deliver(channel, fixture("slack", "message__mention_in_channel")) == 0
    (sent,) = answers(server)
    assert sent.json["channel"] == "C01"


def test_a_customer_of_a_business_is_answered_there_and_apart_from_the_bots_own_chat(
    server: Server, model: StubModel
) -> None:
    server.respond = lambda request: json_answer({"ok": True, "result": {"message_id": 9}})
    channel = connect("telegram", server)
    own, business = message(update_id=1), message(update_id=2)
    business["business_message"] = business.pop("message") | {"business_connection_id": "Conn1"}
    for update in (own, business):
        assert deliver(channel, json.dumps(update).encode()) == 1
    sent = [request.json for request in answers(server) if request.path.endswith("/sendMessage")]
    assert [(one["chat_id"], one.get("business_connection_id")) for one in sent] == [("42", None), ("42", "Conn1")]
    assert channel.conversations.count() == 2


def test_a_long_answer_to_discord_replaces_the_sign_and_then_follows_up(server: Server, model: StubModel) -> None:
    server.respond = lambda request: json_answer({"id": "900"})
    channel = connect("discord", server)
    words = " ".join(["word"] * 700)  # 3500 characters; 1900 fit
    payload = json.loads(fixture("discord", "command__options"))
    payload["data"]["options"] = [{"type": 3, "name": "message", "value": words}]
    assert deliver(channel, json.dumps(payload).encode()) == 1
    assert [request.method for request in answers(server)] == ["PATCH", "POST"]
    assert all(len(request.json["content"]) <= 2000 for request in answers(server))


def test_an_answer_that_grows_in_discord_takes_the_place_of_the_sign(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_reply, "FIRST_AFTER_S", 0.0)
    monkeypatch.setattr("adapters.discord.adapter.DiscordAdapter.edit_interval_s", 0.0)
    server.respond = lambda request: json_answer({"id": "900"})
    channel = connect("discord", server)
    use_policy(channel, stream_replies=True)
    with StreamingModel(answers={"": "one two three four five"}).server() as model:
        ModelProvider.objects.create(name="streaming", endpoint=f"{model.url}/v1", model="streaming")
        candidates.clear_cache()
        deliver(channel, fixture("discord", "command__options"))
    candidates.clear_cache()
    first, *rest = answers(server)
    assert len(rest) == 5  # one edit per further word, and the final text
    assert {request.method for request in (first, *rest)} == {"PATCH"}
    assert first.path.endswith("/itoken/messages/@original")
    assert {request.path.partition("/itoken")[2] for request in rest} == {"/messages/900"}
    assert rest[-1].json["content"] == "one two three four five"


def test_a_long_answer_to_line_is_replied_and_then_pushed(server: Server, model: StubModel) -> None:
    server.respond = lambda request: json_answer({"sentMessages": [{"id": "1"}]})
    channel = connect("line", server)
    text = " ".join(["word"] * 1500)  # 7500 units; 4900 fit
    message = {"id": "1", "type": "text", "text": text}
    event = {"type": "message", "replyToken": "r1", "webhookEventId": "E1", "source": {"type": "user", "userId": "U1"}}
    assert deliver(channel, json.dumps({"events": [{**event, "message": message}]}).encode()) == 1
    assert [request.path.rpartition("/")[2] for request in answers(server)] == ["reply", "push"]


def test_whatsapp_outside_of_its_window_gets_the_template(server: Server, model: StubModel) -> None:
    def respond(request: Recorded) -> Answer:
        if request.json["type"] == "template":
            return json_answer({"messages": [{"id": "wamid.T"}]})
        return json_answer({"error": {"code": 131047, "message": "Re-engagement message"}}, 400)

    server.respond = respond
    channel = connect("whatsapp", server, template_name="news")
    deliver(channel, fixture("whatsapp", "messages__username_only"))
    assert [request.json["type"] for request in answers(server)] == ["text", "template"]
    assert lookup.adapter_for(channel).account.template_name == "news"


def failed_late(message_id: str, code: int) -> bytes:
    status = {"id": message_id, "status": "failed", "recipient_id": "4915", "errors": [{"code": code}]}
    value = {"metadata": {"phone_number_id": "1100"}, "statuses": [status]}
    changes = [{"field": "messages", "value": value}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}).encode()


def told_late(channel: Channel, message_id: str, code: int = 131047) -> None:
    """Returns a status that WhatsApp posts minutes after it accepted the message."""
    case = CASES["whatsapp"]
    received = case.adapter(case.secrets[0]).receive(case.genuine(failed_late(message_id, code)))
    assert [event.status for event in received.events] == ["failed"]
    outbox.note_undelivered(channel, received.events)
    for row_id, _platform in outbox.due():
        outbox.deliver(row_id)


def test_what_whatsapp_could_not_deliver_after_its_window_is_sent_as_template_once(
    server: Server, model: StubModel
) -> None:
    server.respond = lambda request: json_answer({"messages": [{"id": f"wamid.{request.json['type']}"}]})
    channel = connect("whatsapp", server, template_name="news")
    deliver(channel, fixture("whatsapp", "messages__username_only"))
    for _delivery in range(2):
        told_late(channel, "wamid.text")
    assert [request.json["type"] for request in answers(server)] == ["text", "template"]
    row = OutboundMessage.objects.get()
    assert (row.state, row.platform_message_id) == (OutboundMessage.State.SENT, "wamid.template")
    told_late(channel, "wamid.template")
    assert len(answers(server)) == 2
    row.refresh_from_db()
    assert (row.state, row.mark) == (OutboundMessage.State.DEAD, "undelivered")


@pytest.mark.parametrize(("account", "code"), [({}, 131047), ({"template_name": "news"}, 131026)])
def test_what_was_not_delivered_and_has_no_other_way_is_a_dead_letter(
    server: Server, model: StubModel, account: dict[str, Any], code: int
) -> None:
    server.respond = lambda request: json_answer({"messages": [{"id": "wamid.O1"}]})
    channel = connect("whatsapp", server, **account)
    deliver(channel, fixture("whatsapp", "messages__username_only"))
    told_late(channel, "wamid.unknown", code)
    assert OutboundMessage.objects.get().state == OutboundMessage.State.SENT
    told_late(channel, "wamid.O1", code)
    row = OutboundMessage.objects.get()
    assert (row.state, row.mark) == (OutboundMessage.State.DEAD, "undelivered")
    assert str(code) in row.error
    assert len(answers(server)) == 1


def test_thinking_is_taken_away_where_the_bot_may_not_answer(server: Server, model: StubModel) -> None:
    server.respond = lambda request: json_answer({"id": "900"})
    channel = connect("discord", server)
    use_policy(channel, group_policy="off")
    payload = json.loads(fixture("discord", "command__options")) | {"guild_id": "1", "context": 0}
    deliver(channel, json.dumps(payload).encode())
    use_policy(channel, group_policy="mention", stranger_policy="allow_list", allow_list=["nobody"])
    deliver(channel, json.dumps(payload | {"id": "another"}).encode())
    eventually(lambda: len(server.requests) >= 2)
    assert [(r.method, r.path.partition("/itoken")[2]) for r in server.requests] == [
        ("DELETE", "/messages/@original"),
        ("DELETE", "/messages/@original"),
    ]
    assert not model.prompts


def test_what_was_picked_in_a_menu_is_what_was_said(server: Server, model: StubModel) -> None:
    server.respond = lambda request: json_answer({"id": "900"})
    channel = connect("discord", server)
    payload = json.loads(fixture("discord", "command__options")) | {"type": 3}
    payload |= {"data": {"custom_id": "menu-1", "component_type": 3, "values": ["tea", "cake"]}}
    deliver(channel, json.dumps(payload).encode())
    assert answers(server)[0].json["content"] == "You said: tea, cake"


@pytest.mark.parametrize(
    ("platform", "name", "told", "people"),
    [
        # Slack's message mentions another person, whose name is asked for too.
        ("slack", "message__mention_in_channel", {"ok": True, "user": {"profile": {"display_name": "Wang"}}}, 2),
        ("feishu", "message__group_mention", {"code": 0, "data": {"user": {"name": "Wang"}}}, 1),
    ],
)
def test_the_name_of_who_speaks_is_asked_for_once(
    platform: str, name: str, told: dict[str, Any], people: int, server: Server, model: StubModel
) -> None:
    display_names.clear_cache()
    answer = MESSAGES[platform][1]
    server.respond = lambda request: json_answer(told if request.method == "GET" else answer)
    channel = connect(platform, server)
    body = fixture(platform, name)
    deliver(channel, body)
    deliver(channel, body.replace(b"Ev0", b"Ev9").replace(b"ev_", b"ew_"))
    assert Identity.objects.exclude(external_id__startswith="group:").get().user_name == "Wang"
    assert Person.objects.filter(display_name="Wang").count() == 1
    asked = [request.path for request in server.requests if "/users" in request.path]
    assert len(asked) == len(set(asked)) == people


def test_a_name_that_is_not_told_is_no_reason_not_to_answer(server: Server, model: StubModel) -> None:
    display_names.clear_cache()
    refused = json_answer({"ok": False, "error": "missing_scope"})
    server.respond = lambda request: refused if request.method == "GET" else json_answer(MESSAGES["slack"][1])
    deliver(connect("slack", server), fixture("slack", "message__direct"))
    assert answers(server)
    assert Identity.objects.get().user_name == ""
