"""A socket of the web chat goes on while Redis, its channel layer, is away, and loses no answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from channels.layers import channel_layers

from bots.channels.web.token_stream import TokenStream
from bots.operations import web_channels
from bots.webchat import consumer
from clawdbot_site import storage
from tests import outages
from tests.webchat.builders import Socket, answer_now, in_thread, make_bot, open_socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[outages.Redis]:
    monkeypatch.setattr(consumer, "CHECK_EVERY_S", 0.1)
    with outages.redis() as server:
        settings.CHANNEL_LAYERS = {"default": storage.channel_layer(server.url)}
        channel_layers.backends.clear()
        yield server
    channel_layers.backends.clear()


async def next_of(socket: Socket, kind: str) -> dict[str, Any]:
    """Returns the next frame of this kind; skips signs such as "typing"."""
    while (frame := await socket.frame())["type"] != kind:
        pass
    return frame


@pytest.mark.parametrize("comes_back", [False, True])
async def test_an_answer_that_redis_lost_arrives(redis: outages.Redis, comes_back: bool) -> None:
    bot = await in_thread(make_bot)()
    socket, _hello = await open_socket()
    redis.kill()
    await socket.say("Are you there?", "c1")
    assert (await next_of(socket, "accepted"))["client_id"] == "c1"
    if comes_back:
        redis.start()
    await in_thread(answer_now)(bot, "Yes", publish=False)
    assert (await next_of(socket, "message"))["text"] == "Yes"
    await socket.disconnect()


async def test_frames_are_shown_again_after_redis_is_back(redis: outages.Redis) -> None:
    bot = await in_thread(make_bot)()
    channel = await in_thread(web_channels.ensure_web_channel)(bot)
    socket, _hello = await open_socket()
    redis.kill()
    redis.start()
    await socket.say("Are you there?", "c1")
    await next_of(socket, "accepted")
    await in_thread(answer_now)(bot, "Yes", publish=True)
    assert (await next_of(socket, "message"))["text"] == "Yes"
    assert channel.bot_id == bot.pk
    await socket.disconnect()


def test_a_turn_whose_tokens_cannot_be_shown_goes_on(redis: outages.Redis) -> None:
    redis.kill()
    stream = TokenStream(1, "visitor", "c1")
    stream.begin(restart=False)
    stream.token("Hello")
    stream.flush()


async def test_a_late_typing_sign_is_not_shown_after_the_answer(redis: outages.Redis) -> None:
    bot = await in_thread(make_bot)()
    channel = await in_thread(web_channels.ensure_web_channel)(bot)
    socket, hello = await open_socket()
    await socket.say("Hello", "c1")
    await next_of(socket, "accepted")
    answer = await in_thread(answer_now)(bot, "Hi", publish=False)
    assert (await next_of(socket, "message"))["text"] == "Hi"
    stream = TokenStream(channel.pk, answer.conversation.chat_id, "c1")
    await in_thread(stream.begin)(restart=False)
    await in_thread(TokenStream(channel.pk, answer.conversation.chat_id, "c2").begin)(restart=False)
    assert (await next_of(socket, "typing"))["client_id"] == "c2"
    assert hello["type"] == "hello"
    await socket.disconnect()
