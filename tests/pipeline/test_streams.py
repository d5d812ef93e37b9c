"""The smart robot of WeCom: a message by webhook, a turn, and the answer fetched by refreshing the stream."""

from __future__ import annotations

import time
from typing import Any

import pytest

from adapters.events import Received
from bots import channels, inbox
from bots.dispatcher import MessageDispatcher
from bots.models import Channel, OutboundMessage
from bots.streams import OutboxStreams
from tests.adapters.builders_wecom import KEY, TOKEN, robot_message, robot_request
from tests.adapters.test_wecom_receive import opened
from tests.peers import StubModel
from tests.pipeline.builders import make_channel, make_conversation, make_outbound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def robot() -> Channel:
    return make_channel(platform="wecom", credentials={"token": [TOKEN], "encoding_aes_key": [KEY]})


def receive(channel: Channel, inner: dict[str, Any]) -> Received:
    return channels.adapter_for(channel).receive(robot_request(inner))


def refreshed(channel: Channel, stream: str) -> Any:
    inner = {"msgid": "r1", "msgtype": "stream", "stream": {"id": stream}, "from": {"userid": "ann"}}
    return opened(receive(channel, inner).reply.body)["stream"]


def test_the_answer_of_a_turn_is_what_the_stream_ends_with(robot: Channel, model: StubModel) -> None:
    received = receive(robot, robot_message(msgid=f"m-{time.time()}"))
    stream = opened(received.reply.body)["stream"]
    assert stream["finish"] is False
    assert refreshed(robot, stream["id"]) == stream

    (row_id,) = inbox.accept(robot, received.events).accepted
    MessageDispatcher().process(row_id)
    assert refreshed(robot, stream["id"]) == {**stream, "finish": True, "content": "You said: hello"}
    sent = OutboundMessage.objects.get()
    # Nothing was posted anywhere: the reply address is WeCom's, which no test reaches.
    assert (sent.state, sent.platform_message_id) == (OutboundMessage.State.SENT, stream["id"])


def test_a_stream_belongs_to_one_channel_and_has_one_answer(robot: Channel) -> None:
    conversation = make_conversation(robot)
    for text in ("first", "second"):
        make_outbound(robot, conversation, payload={"text": text, "reply_token": "s1"})
    streams = OutboxStreams(robot.pk)
    assert streams.read("s1") == ("first", True)
    assert streams.write("s1", "first", finished=True)
    assert not streams.write("s1", "second", finished=True)
    assert streams.read("s2") is None
    assert OutboxStreams(robot.pk + 1).read("s1") is None
