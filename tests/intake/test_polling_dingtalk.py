"""Polling of DingTalk's Stream confirms a frame after it is stored, and not after a failed write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError

from bots.channels import lookup
from bots.intake import polling
from bots.models import Channel, InboundEvent
from bots.pipeline import inbox
from clawdbot import http
from tests.adapters.dingtalk.builders import KEY, SECRET, frame, message
from tests.adapters.dingtalk.gateway import Gateway, gateway
from tests.builders import make_channel
from tests.http_server import json_answer, serve

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture
def stream() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


@pytest.fixture
def channel(stream: Gateway) -> Iterator[Channel]:
    with serve() as server:
        server.answer(json_answer({"endpoint": stream.url, "ticket": "t"}))
        account = {"app_key": KEY, "app_secret": [SECRET], "base_url": server.url, "allowed_hosts": ["127.0.0.1"]}
        made = make_channel(platform="dingtalk", credentials=account)
        yield made
        lookup.adapter_for(made).close()
        http.close()


def test_a_frame_is_confirmed_when_its_row_is_there(channel: Channel, stream: Gateway) -> None:
    assert [found.pk for found in polling.pollable()] == [channel.pk]
    assert polling.poll_once(channel, 0.05) == 0
    stream.open.get(timeout=60).send(frame(message(), id="f1"))
    assert polling.poll_once(channel, 5) == 1
    assert InboundEvent.objects.get().dedupe_key == "msg1"
    assert stream.answers.empty()
    assert polling.poll_once(channel, 0.05) == 0
    assert stream.answer()["headers"]["messageId"] == "f1"


def test_what_could_not_be_stored_is_taken_again(
    channel: Channel, stream: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    polling.poll_once(channel, 0.05)
    stream.open.get(timeout=60).send(frame(message(), id="f1"))
    with monkeypatch.context() as away:
        away.setattr(inbox, "accept", lambda *_args, **_kwargs: (_ for _ in ()).throw(DatabaseError("away")))
        with pytest.raises(DatabaseError):
            polling.poll_once(channel, 5)
    assert polling.poll_once(channel, 5) == 1
    assert stream.answers.empty()
    polling.poll_once(channel, 0.05)
    assert stream.answer()["headers"]["messageId"] == "f1"
