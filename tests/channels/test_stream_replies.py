"""WeCom's smart robot: a webhook brings a message, and refreshes of the stream fetch the answer."""

from __future__ import annotations

import time
from typing import Any

import pytest

from adapters.events import Received
from bots.channels import lookup
from bots.channels.stream_replies import OutboxStreams
from bots.llm import candidates
from bots.models import Channel, InboundEvent, ModelProvider, OutboundMessage
from bots.pipeline import inbox
from bots.pipeline.dispatch import draft_reply
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.adapters.wecom.builders import KEY, TOKEN, opened, robot_message, robot_request
from tests.builders import make_channel, make_conversation, make_outbound, use_policy
from tests.peers import StreamingModel, StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture
def robot() -> Channel:
    return make_channel(platform="wecom", credentials={"token": [TOKEN], "encoding_aes_key": [KEY]})


def receive(channel: Channel, inner: dict[str, Any]) -> Received:
    return lookup.adapter_for(channel).receive(robot_request(inner))


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
    # Nothing was posted: the reply address is at WeCom, which no test reaches.
    assert (sent.state, sent.platform_message_id) == (OutboundMessage.State.SENT, stream["id"])


def test_what_there_is_of_an_answer_is_shown_while_it_is_written(
    robot: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_reply, "FIRST_AFTER_S", 0.0)
    monkeypatch.setattr("adapters.wecom.adapter.WeComAdapter.edit_interval_s", 0.0)
    use_policy(robot, stream_replies=True)
    received = receive(robot, robot_message(msgid=f"m-{time.time()}"))
    stream = opened(received.reply.body)["stream"]["id"]
    (row_id,) = inbox.accept(robot, received.events).accepted
    shown: list[str] = []
    held = OutboxStreams.write

    def watched(self: OutboxStreams, stream_id: str, text: str, finished: bool) -> bool:
        taken = held(self, stream_id, text, finished)
        shown.append(refreshed(robot, stream_id)["content"])
        return taken

    monkeypatch.setattr(OutboxStreams, "write", watched)
    with StreamingModel(answers={"": "one two three four"}).server() as server:
        ModelProvider.objects.create(name="streaming", endpoint=f"{server.url}/v1", model="streaming")
        candidates.clear_cache()
        MessageDispatcher().process(row_id)
    candidates.clear_cache()
    assert shown == ["one  …", "one two  …", "one two three  …", "one two three four  …", "one two three four"]
    assert refreshed(robot, stream) == {"id": stream, "finish": True, "content": "one two three four"}
    row = InboundEvent.objects.get(pk=row_id)
    assert (row.draft_id, row.draft_text) == (stream, "")
    assert OutboundMessage.objects.get().state == OutboundMessage.State.SENT


def test_a_finished_stream_does_not_grow_again(robot: Channel) -> None:
    make_outbound(robot, make_conversation(robot), payload={"text": "whole", "reply_token": "s1"})
    assert not OutboxStreams(robot.pk).write("s1", "half", finished=False)
    assert OutboxStreams(robot.pk).read("s1") == ("whole", True)


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
