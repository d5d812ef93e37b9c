"""WeCom's smart robot on a long connection: any process runs turns, the polling process sends messages."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from bots.channels import lookup
from bots.intake import polling
from bots.models import Channel, InboundEvent, OutboundMessage
from bots.pipeline import outbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.adapters.wecom.builders import robot_message
from tests.adapters.wecom.gateway import Gateway, gateway, push
from tests.builders import make_channel, make_conversation, make_outbound, state_of
from tests.peers import StubModel
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
State = OutboundMessage.State


@pytest.fixture
def wecom() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


@pytest.fixture
def robot(wecom: Gateway) -> Iterator[Channel]:
    account = {"bot_id": "b", "bot_secret": "secret-1", "base_url": wecom.url, "allowed_hosts": ["127.0.0.1"]}
    made = make_channel(platform="wecom", credentials=account)
    yield made
    lookup.adapter_for(made).close()


def test_a_message_waits_for_the_process_that_holds_the_connection(wecom: Gateway, robot: Channel) -> None:
    row = make_outbound(robot, make_conversation(robot))
    for _time in range(20):  # more often than the maximum of tries
        assert outbox.deliver(row.pk) == 0
    assert (state_of(row), row.attempts, row.owner) == (State.PENDING, 0, "")
    polling.poll_once(robot, 0.05)
    assert outbox.deliver(row.pk) == 1
    assert state_of(row) == State.SENT
    assert wecom.frame("aibot_send_msg")["body"]["markdown"] == {"content": "answer"}


def test_polling_takes_messages_and_sends_what_waits(wecom: Gateway, robot: Channel, model: StubModel) -> None:
    assert [channel.pk for channel in polling.pollable()] == [robot.pk]
    stop = threading.Event()
    thread = threading.Thread(target=polling.poll_forever, args=(robot, stop), daemon=True)
    thread.start()
    try:
        push(wecom.open.get(timeout=60), robot_message(), "r7")
        eventually(InboundEvent.objects.exists)
        MessageDispatcher().process(InboundEvent.objects.get().pk)
        answer = wecom.frame("aibot_respond_msg")
    finally:
        stop.set()
        thread.join(60)
    assert answer["headers"]["req_id"] == "r7"
    assert answer["body"]["stream"]["content"] == "You said: hello"
    assert OutboundMessage.objects.get().state == State.SENT
    assert not lookup.adapter_for(robot).can_send_here


def test_changed_credentials_open_the_connection_anew(wecom: Gateway, robot: Channel) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=polling.poll_forever, args=(robot, stop), daemon=True)
    thread.start()
    try:
        wecom.open.get(timeout=60)
        robot.credentials = robot.credentials | {"bot_secret": "secret-2"}
        robot.save()
        wecom.open.get(timeout=60)
    finally:
        stop.set()
        thread.join(60)
    assert [wecom.frame("aibot_subscribe")["body"]["secret"] for _frame in range(2)] == ["secret-1", "secret-2"]
