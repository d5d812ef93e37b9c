"""The socket refuses foreign pages, large or too many frames, malformed messages and unknown bots."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bots.models import InboundEvent
from bots.webchat import consumer
from tests.webchat.builders import Socket, in_thread, make_bot, open_socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "http://chat.test.evil.test", "http://chat.test:81", "x"]
)
async def test_a_page_of_another_site_is_refused(origin: str) -> None:
    await in_thread(make_bot)(allowed_origins=["https://friend.test"])
    connected, _ = await Socket(origin=origin).connect(timeout=60)
    assert not connected


@pytest.mark.parametrize("origin", ["http://chat.test", "https://chat.test", "https://friend.test", ""])
async def test_the_own_page_an_allowed_site_and_a_script_are_let_in(origin: str) -> None:
    await in_thread(make_bot)(allowed_origins=["https://Friend.test/"])
    socket, hello = await open_socket(origin=origin)
    assert hello["type"] == "hello"
    await socket.disconnect()


async def test_a_host_that_is_not_ours_is_refused(settings: object) -> None:
    settings.ALLOWED_HOSTS = ["other.test"]  # type: ignore[attr-defined]  # pytest-django's settings proxy
    await in_thread(make_bot)()
    connected, _ = await Socket().connect(timeout=60)
    assert not connected


async def test_an_unknown_bot_closes_with_4404() -> None:
    socket = Socket("nobody", query="?lang=zh")
    connected, _ = await socket.connect(timeout=60)
    assert connected
    told = await socket.frame()
    assert (told["type"], told["code"], told["text"]) == ("error", "unknown_bot", "此地址没有机器人。")
    assert await socket.closed_with() == 4404


async def test_a_disabled_bot_says_so_and_closes() -> None:
    await in_thread(make_bot)(enabled=False)
    socket, told = await open_socket()
    assert (told["type"], told["code"]) == ("error", "bot_disabled")
    assert await socket.closed_with() == 4403


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "1", "null", "[" * 30_000, "NaN"])
async def test_what_is_no_message_gets_an_error_and_the_socket_lives(text: str) -> None:
    await in_thread(make_bot)()
    socket, _ = await open_socket()
    await socket.send_to(text_data=text)
    told = await socket.frame()
    assert (told["type"], told["code"]) == ("error", "bad_json")
    await socket.send_to(text_data='{"type": "ping"}')
    assert await socket.frame() == {"type": "pong"}
    await socket.disconnect()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "message", "client_id": "c"}, "bad_message"),
        ({"type": "message", "text": "x"}, "bad_message"),
        ({"type": "message", "text": ["x"], "client_id": "c"}, "bad_message"),
        ({"type": "message", "text": "x", "client_id": 1}, "bad_message"),
        ({"type": "message", "text": "x", "client_id": "a b"}, "bad_message"),
        ({"type": "message", "text": "x", "client_id": "c" * 65}, "bad_message"),
        ({"type": "message", "text": " \n\x00", "client_id": "c"}, "empty"),
        ({"type": "message", "text": "\ud800", "client_id": "c"}, "empty"),
        ({"type": "message", "text": "x" * 8001, "client_id": "c"}, "too_long"),
        ({"type": "surprise"}, "unknown_type"),
        ({"type": {}}, "unknown_type"),
        ({}, "unknown_type"),
    ],
)
async def test_a_message_that_is_not_well_formed_is_refused(frame: dict[str, object], code: str) -> None:
    await in_thread(make_bot)()
    socket, _ = await open_socket()
    await socket.send_to(text_data=json.dumps(frame))
    assert (await socket.frame())["code"] == code
    assert await in_thread(InboundEvent.objects.count)() == 0
    await socket.disconnect()


async def test_the_longest_text_is_accepted() -> None:
    await in_thread(make_bot)()
    socket, _ = await open_socket()
    await socket.say("字" * 8000)
    assert (await socket.frame())["type"] == "accepted"
    await socket.disconnect()


async def test_a_frame_over_the_limit_closes_the_socket() -> None:
    await in_thread(make_bot)()
    socket, _ = await open_socket()
    await socket.send_to(text_data=json.dumps({"text": "字" * 22_000}, ensure_ascii=False))  # 66 kB, 22 000 characters
    assert (await socket.frame())["code"] == "too_large"
    assert await socket.closed_with() == 4009


async def test_bytes_are_no_message() -> None:
    await in_thread(make_bot)()
    socket, _ = await open_socket()
    await socket.send_to(bytes_data=b"\x00\xff")
    assert (await socket.frame())["code"] == "bad_json"
    await socket.disconnect()


async def test_a_visitor_who_floods_is_slowed_and_told_how_long() -> None:
    await in_thread(make_bot)()
    socket, _ = await open_socket(query="?lang=en")
    codes = []
    for number in range(25):
        await socket.say("again", f"c{number}")
        codes.append(await socket.frame())
    refused = [frame for frame in codes if frame["type"] == "error"]
    assert 1 <= len(refused) <= 5
    assert {frame["code"] for frame in refused} == {"rate_limited"}
    assert refused[0]["seconds"] == 1
    assert "1 s" in refused[0]["text"]
    assert await in_thread(InboundEvent.objects.count)() == 25 - len(refused)
    await socket.disconnect()


async def test_an_address_that_opens_too_many_sockets_is_refused(configured: Callable[..., None]) -> None:
    await in_thread(make_bot)()
    configured("web_chat", address_burst=2, address_per_second=0.001)
    for _ in range(2):
        socket, _ = await open_socket(address="198.51.100.1")
        await socket.disconnect()
    third, told = await open_socket(address="198.51.100.1")
    assert told["code"] == "unavailable"
    assert await third.closed_with() == 4429
    fourth, hello = await open_socket(address="198.51.100.2")
    assert hello["type"] == "hello"
    await fourth.disconnect()


async def test_a_server_that_goes_down_says_come_back_soon() -> None:
    await in_thread(make_bot)()
    socket, _ = await open_socket()
    await consumer.close_all()
    assert await socket.closed_with() == 4012


async def test_the_hello_says_what_a_page_needs() -> None:
    await in_thread(make_bot)(greeting="Hi!", description="A test")
    socket, hello = await open_socket()
    assert hello["bot"] | {"model": "", "demo": True} == {
        "slug": "ada", "name": "Ada", "description": "A test", "greeting": "Hi!", "model": "", "demo": True,
    }  # fmt: skip
    assert (hello["history"], hello["pending"]) == ([], [])
    await socket.disconnect()
