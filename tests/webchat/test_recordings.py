"""A recording that a visitor makes on the page is heard, and answered through the socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from bots.models import Bot, InboundEvent, Message, ReceivedFile
from bots.operations import web_channels, web_chat
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.webchat import visitor_tokens
from bots.webchat.visitor_tokens import Visitor
from tests.peers import StubModel
from tests.speech.builders import connected
from tests.speech_server import SpeechServer
from tests.webchat.builders import make_bot

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.usefixtures("words_only"),
]
WEBM = b"\x1a\x45\xdf\xa3" + bytes(200)


@pytest.fixture
def bot() -> Bot:
    return make_bot()


@pytest.fixture
def visitor(bot: Bot) -> Visitor:
    return visitor_tokens.new_visitor(bot.pk)


@pytest.fixture
def ears() -> Iterator[SpeechServer]:
    with connected(SpeechServer(hears="Where is my parcel?")) as made:
        yield made


def post(visitor: Visitor | None, body: bytes = WEBM, client_id: str = "c1", told: str = "audio/webm") -> Any:
    headers = {"X-Visitor-Token": visitor.token} if visitor else {}
    address = f"/chat/ada/recordings?client_id={client_id}&lang=zh-CN&tz=Asia/Shanghai"
    return Client().post(address, body, content_type=told, headers=headers)


def test_it_is_heard_once_and_answered(bot: Bot, visitor: Visitor, model: StubModel, ears: SpeechServer) -> None:
    assert post(visitor).status_code == 202
    again = post(visitor)
    assert (again.status_code, again.json()["duplicate"]) == (202, True)
    row = InboundEvent.objects.get()
    channel = web_channels.ensure_web_channel(bot)
    assert web_chat.hello(channel, visitor.id)["pending"][0]["text"] == "🎤"
    MessageDispatcher().process(row.pk)
    (request,) = ears.asked
    assert (request.name, request.content_type, request.body) == ("recording.webm", "audio/webm", WEBM)
    assert ReceivedFile.objects.get().inbound_id == row.pk
    history = web_chat.hello(channel, visitor.id)["history"]
    assert [entry["role"] for entry in history] == ["user", "assistant"]
    assert history[0]["text"] == "Where is my parcel?"
    assert Message.objects.get(role="user").person.time_zone == "Asia/Shanghai"  # type: ignore[union-attr]


def test_without_a_token_or_a_recording_nothing_is_stored(bot: Bot, visitor: Visitor) -> None:
    assert post(None).status_code == 403
    assert post(visitor, b"").status_code == 415
    refused = post(visitor, b"\x89PNG\r\n\x1a\n" + bytes(50), told="audio/webm")
    assert (refused.status_code, refused.json()["code"]) == (415, "no_recording")
    assert post(visitor, client_id="a b").status_code == 400
    assert Client().get("/chat/ada/recordings").status_code == 405
    Bot.objects.update(enabled=False)
    assert post(visitor).status_code in (403, 404)
    assert ReceivedFile.objects.count() == InboundEvent.objects.count() == 0


def test_the_page_offers_to_record_where_something_listens(bot: Bot, ears: SpeechServer) -> None:
    page = Client().get("/chat/ada/").content.decode()
    assert '"listens": true' in page
    assert 'id="record" hidden' in page
