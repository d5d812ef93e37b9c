"""Who is logged in to the admin reads how to connect a model; the page says when an answer takes longer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bots.models import InboundEvent, ModelProvider
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.http_server import Server, json_answer
from tests.webchat.builders import Socket, in_thread, make_bot, open_socket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


class BrowserSocket(Socket):
    """A socket through the whole ASGI application, with the cookies of a browser."""

    def __init__(self, cookies: str) -> None:
        super().__init__()
        from clawdbot_site.asgi import application

        self.application = application  # type: ignore[assignment]  # the router of all protocols
        self.scope["headers"].append((b"cookie", cookies.encode()))


def cookies_of(**rights: bool) -> str:
    browser = Client()
    browser.force_login(User.objects.create_user("ann", **rights))
    return "; ".join(f"{name}={cookie.value}" for name, cookie in browser.cookies.items())


def take_turns() -> None:
    for row_id, _platform in inbox.due():
        MessageDispatcher().process(row_id)


async def until(socket: Socket, kind: str) -> dict[str, Any]:
    while (frame := await socket.frame())["type"] != kind:
        pass
    return frame


@pytest.mark.parametrize(
    ("rights", "staff"),
    [({"is_staff": True}, True), ({}, False), ({"is_staff": True, "is_active": False}, False), (None, False)],
    ids=["staff", "user", "inactive", "nobody"],
)
async def test_the_team_alone_reads_how_to_connect_a_model(rights: dict[str, bool] | None, staff: bool) -> None:
    await in_thread(make_bot)()
    socket = BrowserSocket("" if rights is None else await in_thread(cookies_of)(**rights))
    assert (await socket.open())["staff"] is staff
    await socket.say("I live in Oslo")
    await until(socket, "accepted")
    await in_thread(take_turns)()
    answer = await until(socket, "message")
    assert ("manage.py provider add" in answer["text"]) is staff
    await socket.disconnect()


async def test_the_page_cannot_say_that_its_visitor_is_of_the_team() -> None:
    await in_thread(make_bot)()
    socket, _ = await open_socket(query="?staff=true")
    await socket.send_to(text_data=json.dumps({"type": "hello", "staff": "true", "lang": "en"}))
    frame = {"type": "message", "text": "I live in Oslo", "client_id": "c1", "staff": True, "data": {"staff": True}}
    await socket.send_to(text_data=json.dumps(frame))
    await until(socket, "accepted")
    await in_thread(take_turns)()
    assert "manage.py" not in (await until(socket, "message"))["text"]
    await socket.disconnect()


async def test_the_page_is_told_that_the_answer_takes_longer(server: Server) -> None:
    server.answer(json_answer({"error": {"message": "overloaded"}}, 503))
    await in_thread(make_bot)()
    await in_thread(ModelProvider.objects.create)(name="main", endpoint=f"{server.url}/v1", model="m")
    socket, _ = await open_socket(query="?lang=zh-CN")
    await socket.say("你好，讲个笑话", "c7")
    await until(socket, "accepted")
    await in_thread(take_turns)()
    told = await until(socket, "waiting")
    assert (told["client_id"], told["text"]) == ("c7", "这次需要的时间比平时长，我会继续尝试；发送 /停止 可以结束。")
    await socket.say("/停止", "c8")
    await until(socket, "accepted")
    await in_thread(take_turns)()
    assert (await until(socket, "message"))["client_id"] == "c7"
    assert (await until(socket, "idle"))["client_id"] == "c8", "one stop is said once"
    assert await in_thread(InboundEvent.objects.filter(state="done").count)() == 2
    await socket.disconnect()
