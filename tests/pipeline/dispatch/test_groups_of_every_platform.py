"""Groups of every platform: when the bot answers, to whom, and who remembers what."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from adapters import registry
from bots.models import Channel, Conversation, Identity, OutboundMessage, Person
from bots.models.channel import GroupPolicy
from bots.people import identities
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from memory.models import MemoryEntry
from tests.adapters.builders import NOW, in_group
from tests.adapters.contract import CASES, fixture
from tests.adapters.dingtalk import builders as dingtalk_builders
from tests.adapters.feishu import builders as feishu_builders
from tests.adapters.wecom.builders import robot_message
from tests.builders import make_bot, make_channel, use_policy
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.peers import StubModel

pytestmark = pytest.mark.django_db(transaction=True)

WITHOUT_GROUPS = {"web"}
SENT = "4711"  # the id that each platform gives to a message of the bot
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Said:
    """One message in the group, by its only human member.

    Attributes:
        meant: Mentions the bot.
        other: Mentions somebody else.
        reply_to: Id of the message that it answers.
        number: Makes the message unique.
    """

    meant: bool = False
    other: bool = False
    reply_to: str = ""
    number: int = 0


Payload = dict[str, Any]


def telegram(said: Said) -> Payload:
    text = "@ClawBot hello" if said.meant else "hello"
    if said.other:
        text = "@AnnaBot hello"
    entities = [{"type": "mention", "offset": 0, "length": 8}] if said.meant or said.other else []
    return in_group(text, update_id=said.number, message_id=said.number, entities=entities)


def line(said: Said) -> Payload:
    message: Payload = {"id": str(said.number), "type": "text", "text": "@Claw hello" if said.meant else "hello"}
    if said.meant:
        message["mention"] = {"mentionees": [{"index": 0, "length": 5, "type": "user", "isSelf": True}]}
    if said.other:
        message |= {"text": "@Anna hello"}
        message["mention"] = {"mentionees": [{"index": 0, "length": 5, "type": "user", "userId": "U9"}]}
    if said.reply_to:
        message["quotedMessageId"] = said.reply_to
    source = {"type": "group", "groupId": "C1", "userId": "U1"}
    event = {"type": "message", "webhookEventId": f"E{said.number}", "source": source, "message": message}
    return {"destination": "U0", "events": [event]}


def slack(said: Said) -> Payload:
    text = "<@U0BOT> hello" if said.meant else "hello"
    if said.other:
        text = "<@U0ANNA> hello"
    stamp = f"17000{said.number:05}.000100"
    event = {"type": "message", "user": "U1", "text": text, "ts": stamp, "channel": "C1", "channel_type": "channel"}
    return {"type": "event_callback", "event_id": f"Ev{said.number}", "event": event}


def discord(said: Said) -> Payload:
    payload: Payload = json.loads(fixture("discord", "command__options"))
    return payload | {"id": str(said.number), "guild_id": "1", "context": 0}


def webhook(said: Said) -> Payload:
    payload = {"id": f"w{said.number}", "user": "U1", "chat": {"id": "room", "type": "group"}, "text": "hello"}
    return payload | {"mentions_bot": said.meant, "reply_to": said.reply_to or None}


def dingtalk(said: Said) -> Payload:
    if said.other:  # a payload without the flag
        anna = {"dingtalkId": "$:LWCP_v1:$anna"}
        return dingtalk_builders.group(msgId=f"m{said.number}", isInAtList=None, atUsers=[anna])
    return dingtalk_builders.group(msgId=f"m{said.number}", isInAtList=said.meant)


def feishu(said: Said) -> Payload:
    mention = {"key": "@_user_1", "id": {"open_id": feishu_builders.BOT}, "name": "Claw", "mentioned_type": "bot"}
    if said.other:
        mention |= {"id": {"open_id": "ou_anna"}, "name": "Anna", "mentioned_type": "user"}
    named = said.meant or said.other
    inner = feishu_builders.message(
        {"text": "@_user_1 hello" if named else "hello"},
        chat_type="group",
        message_id=f"om_{said.number}",
        mentions=[mention] if named else [],
        **({"parent_id": said.reply_to} if said.reply_to else {}),
    )
    inner["header"]["event_id"] = f"ev{said.number}"
    return inner


def whatsapp(said: Said) -> Payload:
    payload: Payload = json.loads(fixture("whatsapp", "messages__group"))
    message = payload["entry"][0]["changes"][0]["value"]["messages"][0]
    message |= {"id": f"wamid.{said.number}", "text": {"body": "@493012345 hello" if said.meant else "hello"}}
    if said.other:
        message["text"] = {"body": "@4930999 hello"}
    if said.reply_to:
        message["context"] = {"id": said.reply_to}
    return payload


def wecom(said: Said) -> Payload:
    return robot_message(msgid=f"m{said.number}")


@dataclass(frozen=True)
class Group:
    """Group messages of one platform.

    Attributes:
        payload: Makes the payload of the platform.
        overhears: The bot receives messages without a mention.
        quotes: A reply to the bot names the message of the bot, or says that it belongs to the bot.
        account: Keys in addition to those of the contract.
    """

    payload: Callable[[Said], Payload]
    overhears: bool = True
    quotes: bool = True
    account: tuple[tuple[str, Any], ...] = ()


GROUPS = {
    "telegram": Group(telegram, quotes=False, account=(("username", "ClawBot"),)),
    "line": Group(line),
    "slack": Group(slack, quotes=False),
    "discord": Group(discord, overhears=False, quotes=False),
    "webhook": Group(webhook),
    "dingtalk": Group(dingtalk, quotes=False),
    "feishu": Group(feishu),
    "whatsapp": Group(whatsapp, account=(("display_phone_number", "493012345"),)),
    "wecom": Group(wecom, overhears=False, quotes=False),
}
every_platform = pytest.mark.parametrize("platform", GROUPS)
where_quoted = pytest.mark.parametrize("platform", [name for name, group in GROUPS.items() if group.quotes])


def taken(request: Recorded) -> Answer:
    """Answers sends, and calls for names and tokens."""
    if request.method == "GET":
        return json_answer({"ok": True, "code": 0})
    told = {"ok": True, "ts": SENT, "code": 0, "errcode": 0, "id": SENT, "accessToken": "t", "tenant_access_token": "t"}
    lists = {"sentMessages": [{"id": SENT}], "messages": [{"id": SENT}], "result": {"message_id": SENT}}
    return json_answer(told | lists | {"data": {"message_id": SENT}})


@pytest.fixture
def server(server: Server) -> Server:
    server.respond = taken
    return server


@pytest.fixture
def connect(server: Server) -> Callable[..., Channel]:
    def make(platform: str, **policy: Any) -> Channel:
        case = CASES[platform]
        held = [case.configured(case.secrets[0])]
        values = {**case.account, case.secret_key: held, "base_url": server.url, **dict(GROUPS[platform].account)}
        if platform == "webhook":
            values |= {"reply_url": f"{server.url}/replies"}
        channel = make_channel(make_bot(name="Robin"), platform=platform, credentials=values)
        if policy:
            use_policy(channel, **policy)
        return channel

    return make


def say(channel: Channel, **values: Any) -> int:
    """Posts a message in the group; returns the number of answers on this channel."""
    case, group = CASES[channel.platform], GROUPS[channel.platform]
    account = {**case.account, **dict(group.account), case.secret_key: [case.configured(case.secrets[0])]}
    adapter = registry.create(channel.platform, account, clock=lambda: NOW)
    body = case.encode(group.payload(replace(Said(**values), number=next(_numbers))))
    events = adapter.receive(case.genuine(body)).events
    assert [event.chat_type for event in events] == ["group"]
    for row_id in inbox.accept(channel, events).accepted:
        MessageDispatcher().process(row_id)
    return OutboundMessage.objects.filter(channel=channel).count()


def test_every_platform_says_how_it_tells_of_groups() -> None:
    assert set(GROUPS) == set(registry.platforms()) - WITHOUT_GROUPS


@every_platform
def test_a_group_is_answered_as_its_channel_says(
    connect: Callable[..., Channel], model: StubModel, platform: str
) -> None:
    overhears = GROUPS[platform].overhears
    for policy, meant, answered in (
        ("off", True, 0),
        ("off", False, 0),
        ("mention", True, 1),
        ("mention", False, 0),
        ("all", True, 1),
        ("all", False, 1),
    ):
        if meant or overhears:
            channel = connect(platform, group_policy=policy)
            assert say(channel, meant=meant) == answered, (policy, meant)


@pytest.mark.parametrize("platform", [name for name, group in GROUPS.items() if group.overhears and name != "webhook"])
def test_a_mention_of_somebody_else_is_no_turn_unless_the_policy_says_so(
    connect: Callable[..., Channel], model: StubModel, platform: str
) -> None:
    assert say(connect(platform, group_policy="mention"), other=True) == 0
    assert say(connect(platform, group_policy="all"), other=True) == 1


@every_platform
def test_one_chats_own_setting_counts_before_the_channels(
    connect: Callable[..., Channel], model: StubModel, platform: str
) -> None:
    channel = connect(platform)
    assert say(channel, meant=True) == 1
    Person.objects.filter(kind=Person.Kind.GROUP).update(group_policy=GroupPolicy.OFF)
    identities.clear_cache()
    assert say(channel, meant=True) == 1


@where_quoted
def test_an_answer_to_the_bots_message_is_meant_for_it(
    connect: Callable[..., Channel], model: StubModel, platform: str
) -> None:
    channel = connect(platform)
    assert say(channel, meant=True) == 1
    # Without the id of a message no reply can quote it.
    OutboundMessage.objects.filter(platform_message_id="").update(platform_message_id=SENT)
    assert say(channel, reply_to="of-somebody-else") == 1
    assert say(channel, reply_to=SENT) == 2


@every_platform
def test_strangers_are_answered_as_the_channel_says(
    connect: Callable[..., Channel], model: StubModel, platform: str
) -> None:
    channel = connect(platform, stranger_policy="allow_list", allow_list=["somebody"])
    assert say(channel, meant=True) == 0
    stranger = Identity.objects.exclude(external_id__startswith="group:").get()
    use_policy(channel, allow_list=[stranger.external_id])
    assert say(channel, meant=True) == 1
    use_policy(channel, stranger_policy="pairing", allow_list=[])
    assert say(channel, meant=True) == 1  # the group does not see a code
    Identity.objects.filter(pk=stranger.pk).update(access=Identity.Access.APPROVED)
    identities.clear_cache()
    assert say(channel, meant=True) == 2
    use_policy(channel, stranger_policy="open")
    assert say(channel, meant=True) == 3
    assert len(model.prompts) == 3


@every_platform
def test_what_is_said_in_a_group_stays_there_and_is_answered_there(
    connect: Callable[..., Channel], model: StubModel, platform: str
) -> None:
    say(connect(platform), meant=True)
    group = Person.objects.get(kind=Person.Kind.GROUP)
    assert {entry.person_id for entry in MemoryEntry.objects.all()} == {group.pk}
    conversation, sent = Conversation.objects.get(), OutboundMessage.objects.get()
    assert (conversation.chat_type, sent.payload["chat_id"]) == ("group", conversation.chat_id)
    if platform != "discord":  # the answer to an interaction stays in its place
        assert sent.payload["reply_to"]
