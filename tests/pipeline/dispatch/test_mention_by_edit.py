"""An edit that adds the bot's mention to a message in a group is a turn, once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.test import Client

from bots.models import Channel, Message
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from memory.models import MemoryEntry
from tests.adapters.builders import message
from tests.adapters.contract import CASES, slack_body
from tests.builders import answers, make_bot, make_channel, use_policy
from tests.http_server import Server, json_answer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.usefixtures("model", "words_only"),
]

SECRET = {"X-Telegram-Bot-Api-Secret-Token": "s"}
GROUP = {"id": -8, "type": "group", "title": "Crew"}
_updates = itertools.count(100)


@pytest.fixture
def group(channel: Channel) -> Channel:
    channel.credentials = channel.credentials | {"username": "RobinBot"}
    channel.save()
    return channel


def work() -> None:
    for row_id, _platform in inbox.due():
        MessageDispatcher().process(row_id)


def post(channel: Channel, client: Client, text: str, key: str = "message", chat: Any = GROUP) -> None:
    update = message(text, update_id=next(_updates), message_id=7, chat=chat)
    update[key] = update.pop("message")
    assert client.post(channel.webhook_path, update, content_type="application/json", headers=SECRET).status_code == 200
    work()


def edit(channel: Channel, client: Client, text: str, **fields: Any) -> None:
    post(channel, client, text, "edited_message", **fields)


def said() -> list[str]:
    return list(Message.objects.filter(role="user").order_by("pk").values_list("text", flat=True))


def test_the_edited_message_is_answered_once_and_stored_once(group: Channel, client: Client) -> None:
    post(group, client, "when is the boat due")
    assert (answers(), said()) == ([], ["when is the boat due"])
    edit(group, client, "@RobinBot when is the boat due?")
    assert said() == ["when is the boat due?"]
    assert len(answers()) == 1
    edit(group, client, "@RobinBot when is the ship due?")
    assert (said(), len(answers())) == (["when is the ship due?"], 1)
    assert {entry.text for entry in MemoryEntry.objects.filter(role="user")} == {"when is the ship due?"}


def test_a_message_that_was_not_kept_is_answered_too(group: Channel, client: Client) -> None:
    use_policy(group, group_memory=False)
    post(group, client, "when?")
    edit(group, client, "@RobinBot when?")
    edit(group, client, "@RobinBot when??")
    assert (said(), len(answers())) == (["when??"], 1)


def test_an_edit_of_a_message_that_mentioned_the_bot_is_an_edit(group: Channel, client: Client) -> None:
    post(group, client, "@RobinBot when?")
    edit(group, client, "@RobinBot when, please?")
    assert (said(), len(answers())) == (["when, please?"], 1)


@pytest.mark.parametrize("policy", ["all", "off"])
def test_the_policy_of_the_group_holds(policy: str, group: Channel, client: Client) -> None:
    use_policy(group, group_policy=policy)
    post(group, client, "when?")
    before = len(answers())
    edit(group, client, "@RobinBot when?")
    assert len(answers()) == before


def test_an_edit_that_mentions_nobody_or_is_private_is_no_turn(group: Channel, client: Client) -> None:
    post(group, client, "when?")
    edit(group, client, "when exactly?")
    edit(group, client, "/play a song")
    assert not answers()
    private = {"id": 5, "type": "private", "first_name": "Pia"}
    post(group, client, "hello", chat=private)
    edit(group, client, "@RobinBot hello", chat=private)
    assert len(answers()) == 1


def test_slack_reports_the_edit_twice(server: Server) -> None:
    case = CASES["slack"]
    server.respond = lambda request: json_answer({"ok": True, "ts": "9.9", "channel": "C01"})
    account = {**case.account, case.secret_key: [case.configured(case.secrets[0])], "base_url": server.url}
    channel = make_channel(make_bot(name="Robin"), platform="slack", credentials=account | {"bot_user_id": "U0BOT"})

    def deliver(event: dict[str, Any]) -> None:
        envelope = {"type": "event_callback", "event_id": f"Ev{next(_updates)}", "event": event}
        adapter = case.adapter(case.secrets[0])
        adapter = type(adapter)(
            {**case.account, "signing_secret": case.secrets[0], "bot_user_id": "U0BOT"}, clock=adapter.clock
        )
        inbox.accept(channel, adapter.receive(case.genuine(slack_body(envelope))).events)
        work()

    first = {"type": "message", "channel": "C01", "channel_type": "channel", "user": "U1", "ts": "1.1", "text": "when?"}
    new = first | {"text": "<@U0BOT> when?", "edited": {"user": "U1", "ts": "2.2"}}
    changed = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C01",
        "channel_type": "channel",
        "message": new,
    }
    deliver(first)
    deliver(changed | {"previous_message": first})
    deliver(new | {"type": "app_mention"})
    assert (said(), len(answers())) == (["when?"], 1)
    assert answers()[0].startswith("You said: when?")
