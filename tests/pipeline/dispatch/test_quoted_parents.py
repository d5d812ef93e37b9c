"""Messages that a platform names by an id alone: parents of threads, merged forwards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Conversation, Message, ReceivedFile
from memory.consolidation.optimize import optimize
from memory.models import MemoryEntry
from tests.adapters.dingtalk import builders as dingtalk_builders
from tests.builders import use_policy
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.peers import StubModel
from tests.pipeline.dispatch.builders import asked, connect, post
from tests.pipeline.dispatch.quoting import ASKED, WORDS, Payload, answer, numbers, without_none

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("words_only"),
    pytest.mark.databases("memory"),
]


def slack(text: str, ts: str, user: str = "U2", **fields: Any) -> Payload:
    event = {"type": "message", "channel_type": "channel", "channel": "C1", "user": user, "text": text, "ts": ts}
    return {"type": "event_callback", "team_id": "T1", "event_id": f"Ev{next(numbers)}", "event": event | fields}


def feishu(kind: str = "text", content: Payload | None = None, **fields: Any) -> Payload:
    number = next(numbers)
    encoded = json.dumps({"text": ASKED} if content is None else content)
    said = {"message_id": f"om_{number}", "chat_id": "oc_p", "chat_type": "p2p", "message_type": kind}
    sender = {"sender_id": {"open_id": "ou_u"}, "sender_type": "user"}
    header = {"event_id": f"e{number}", "event_type": "im.message.receive_v1", "token": "", "app_id": "cli_0123"}
    event = {"sender": sender, "message": said | {"content": encoded} | fields}
    return {"schema": "2.0", "header": header, "event": event}


def feishu_item(number: str, text: str, **fields: Any) -> Payload:
    sender = {"id": f"ou_{number}", "id_type": "open_id", "sender_type": "user"}
    body = {"content": json.dumps({"text": text})}
    return {"message_id": number, "msg_type": "text", "sender": sender, "body": body, **fields}


PARENT = {"ts": "1.1", "user": "U1", "text": "Checkout returns 502"}
ALERT = {"ts": "1.1", "bot_id": "B9", "bot_profile": {"name": "Grafana"}, "text": ""}
SLACK_PARENTS = {
    "a person": (PARENT, "Wang: Checkout returns 502"),
    "an alert": (
        ALERT | {"attachments": [{"title": "FIRING", "fallback": "x", "text": "disk"}]},
        "Grafana: FIRING\ndisk",
    ),
    "blocks": (
        ALERT | {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*disk* full"}}]},
        "Grafana: *disk* full",
    ),
}


def in_thread(**fields: Any) -> Payload:
    return slack(f"<@U0BOT> {ASKED}", f"2.{next(numbers)}", thread_ts="1.1", parent_user_id="U1", **fields)


@pytest.mark.parametrize("name", SLACK_PARENTS)
def test_the_parent_of_a_thread_is_fetched(server: Server, model: StubModel, name: str) -> None:
    parent, wanted = SLACK_PARENTS[name]

    def respond(request: Recorded) -> Answer:
        if "conversations.replies" in request.path:
            assert "channel=C1" in request.path
            return answer(messages=[parent, {"ts": "1.2", "text": "another"}])
        return answer(user={"profile": {"display_name": "Wang"}})

    server.respond = respond
    post(connect("slack", server.url), in_thread())
    assert f"<quoted>\n{wanted}\n</quoted>" in asked(model)


@pytest.mark.parametrize("text", ["see the report", ""])
def test_the_file_of_a_parent_that_was_only_overheard_is_fetched(server: Server, model: StubModel, text: str) -> None:
    def respond(request: Recorded) -> Answer:
        if request.path.endswith("/blob"):
            return Answer(200, b"Total: 41 EUR", {"Content-Type": "text/plain"})
        return json_answer({"ok": False, "error": "missing_scope"}) if "conversations." in request.path else answer()

    server.respond = respond
    channel = connect("slack", server.url, allowed_hosts=["127.0.0.1"])
    file = {"id": "F1", "name": "report.txt", "mimetype": "text/plain", "url_private_download": f"{server.url}/blob"}
    post(channel, slack(text, "1.1", user="U1", subtype="file_share", files=[file]))
    assert not ReceivedFile.objects.exists()
    post(channel, in_thread())
    assert "content of a file of the quoted message" in asked(model)
    assert "Total: 41 EUR" in asked(model)


@pytest.mark.parametrize("told", [{"ok": False, "error": "missing_scope"}, {"ok": True}])
@pytest.mark.parametrize("group_memory", [True, False])
def test_the_parent_of_a_thread_is_found_though_it_did_not_address_the_bot(
    server: Server, model: StubModel, group_memory: bool, told: Payload
) -> None:
    server.respond = lambda request: json_answer(told) if "conversations." in request.path else answer()
    channel = connect("slack", server.url)
    use_policy(channel, group_memory=group_memory)
    post(channel, slack("Checkout returns 502", "1.1", user="U1"))
    post(channel, in_thread())
    assert ": Checkout returns 502\n</quoted>" in asked(model)


@pytest.mark.parametrize("group_memory", [True, False])
def test_a_deleted_parent_is_not_brought_back(server: Server, model: StubModel, group_memory: bool) -> None:
    server.respond = lambda request: (
        answer(messages=[{"ts": "1.1", "subtype": "tombstone", "text": "This message was deleted."}])
        if "conversations.replies" in request.path
        else answer()
    )
    channel = connect("slack", server.url)
    use_policy(channel, group_memory=group_memory)
    post(channel, slack("Checkout returns 502", "1.1", user="U1"))
    gone = {"subtype": "message_deleted", "deleted_ts": "1.1", "user": None, "previous_message": {"user": "U1"}}
    post(channel, without_none(slack("", "1.5", **gone)))
    post(channel, in_thread())
    assert "502" not in json.dumps(model.prompts[-1])
    server.respond = lambda request: json_answer({"ok": False}, 500) if "conversations." in request.path else answer()
    post(channel, in_thread())
    assert "502" not in json.dumps(model.prompts[-1])


def test_in_a_thread_of_the_bot_the_parent_is_not_repeated(server: Server, model: StubModel) -> None:
    server.respond = lambda _request: answer()
    channel = connect("slack", server.url, reply_in_thread=True)
    post(channel, slack("<@U0BOT> tell me about Lima", "1.1"))
    post(channel, in_thread())
    assert "<quoted>" not in asked(model)


def test_a_recalled_parent_is_not_brought_back(server: Server, model: StubModel) -> None:
    gone = {"items": [feishu_item("om_parent", WORDS, deleted=True)]}
    server.respond = lambda request: (
        answer(data=gone) if request.path.endswith("om_parent") else answer(data={"message_id": "om_a"})
    )
    post(connect("feishu", server.url), feishu(parent_id="om_parent"))
    assert WORDS not in json.dumps(model.prompts[-1])


@pytest.mark.parametrize(("chat_id", "seen"), [("oc_p", True), ("oc_other", False)])
def test_feishus_parent_is_fetched_if_it_is_of_the_same_chat(
    server: Server, model: StubModel, chat_id: str, seen: bool
) -> None:
    item = feishu_item("om_parent", WORDS, chat_id=chat_id)
    server.respond = lambda request: (
        answer(data={"items": [item]})
        if request.path.endswith("im/v1/messages/om_parent")
        else answer(data={"user": {"name": "Wang"}, "message_id": "om_a"})
    )
    post(connect("feishu", server.url), feishu(parent_id="om_parent", root_id="om_parent"))
    assert (f"<quoted>\nWang: {WORDS}\n</quoted>" in asked(model)) is seen
    assert (WORDS in json.dumps(model.prompts[-1])) is seen


MERGED = {"content": "Merged and Forwarded Message"}


@pytest.mark.parametrize(("kind", "content"), [("merge_forward", MERGED), ("text", {"text": MERGED["content"]})])
def test_feishus_merged_forward_is_fetched_as_lines_with_authors(
    server: Server, model: StubModel, kind: str, content: Payload
) -> None:
    payload = feishu(kind, content)
    top = payload["event"]["message"]["message_id"]
    items = [
        {"message_id": top, "msg_type": "merge_forward", "chat_id": "oc_p", "body": {"content": MERGED["content"]}},
        feishu_item("a", "The demo moved to 3pm", upper_message_id=top, chat_id="oc_other"),
        feishu_item("b", "I live in Porto", upper_message_id=top),
        feishu_item("a", "fine", upper_message_id=top),
        feishu_item("c", "gone", upper_message_id=top, deleted=True),
    ]

    def respond(request: Recorded) -> Answer:
        if request.path.endswith(f"im/v1/messages/{top}"):
            return answer(data={"items": items})
        if "/users/ou_a" in request.path:
            return answer(data={"user": {"name": "Ann"}})
        return json_answer({"code": 99991672, "msg": "no scope"}) if "/users/" in request.path else answer()

    server.respond = respond
    channel = connect("feishu", server.url)
    post(channel, payload)
    assert "<forwarded>\nAnn: The demo moved to 3pm\nPerson 1: I live in Porto\nAnn: fine\n</forwarded>" in asked(model)
    stored = Message.objects.get(role="user").text
    assert stored == "[Forwarded]\n> Ann: The demo moved to 3pm\n> Person 1: I live in Porto\n> Ann: fine"
    Conversation.objects.update(closed_at=timezone.now())
    optimize(channel.bot_id)
    assert not MemoryEntry.objects.exclude(kind="turn").exists()


def test_a_merged_forward_that_cannot_be_fetched_gets_a_sentence(server: Server, model: StubModel) -> None:
    server.respond = lambda request: (
        json_answer({"code": 99991672, "msg": "no scope"}) if request.method == "GET" else answer()
    )
    post(connect("feishu", server.url), feishu("merge_forward", MERGED))
    assert Message.objects.get(role="assistant").text.startswith("I could not read the messages that you forwarded.")


def test_dingtalks_key_of_an_answer_finds_it(server: Server, model: StubModel) -> None:
    server.respond = lambda _request: answer(processQueryKey="pq1", errcode=None)
    channel = connect("dingtalk", server.url)
    post(channel, dingtalk_builders.message(msgId="m0", text={"content": "tell me about Lima"}, sessionWebhook=None))
    text = {"content": ASKED, "isReplyMsg": True}
    post(channel, dingtalk_builders.message(msgId="m9", text=text, originalMsgId="o1", originalProcessQueryKey="pq1"))
    assert "<quoted>\nYou: You said: tell me about Lima\n</quoted>" in asked(model)
