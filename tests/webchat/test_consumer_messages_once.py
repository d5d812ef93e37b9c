"""Each message makes one turn and gets one answer, despite repeated and lost frames."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.models import InboundEvent, Message
from bots.webchat import consumer
from tests.webchat.builders import answer_now, in_thread, make_bot, open_socket

pytestmark = pytest.mark.django_db(transaction=True)


async def rows() -> int:
    return int(await in_thread(InboundEvent.objects.count)())


async def test_a_message_is_stored_before_it_is_accepted(no_worker: list[int]) -> None:
    await in_thread(make_bot)()
    socket, _ = await open_socket(query="?lang=zh-CN&tz=Asia/Shanghai")
    await socket.say("  你好 \x00", "c1")
    assert await socket.frame() == {"type": "accepted", "client_id": "c1", "duplicate": False}
    row = await in_thread(InboundEvent.objects.get)()
    assert no_worker == [row.pk]
    assert row.payload["text"] == "你好"
    assert '"zh-CN"' in row.payload["data"]
    assert '"Asia/Shanghai"' in row.payload["data"]
    await socket.disconnect()


async def test_a_resend_makes_no_second_turn() -> None:
    await in_thread(make_bot)()
    socket, hello = await open_socket()
    await socket.say("once", "c1")
    await socket.frame()
    await socket.say("once", "c1")
    assert (await socket.frame())["duplicate"] is True
    await socket.disconnect()
    again, found = await open_socket(query=f"?visitor={hello['visitor']}")
    assert [(waiting["client_id"], waiting["text"]) for waiting in found["pending"]] == [("c1", "once")]
    await again.say("once", "c1")
    assert (await again.frame())["duplicate"] is True
    assert await rows() == 1
    await again.disconnect()


async def test_a_resend_of_an_answered_message_brings_its_answer_again() -> None:
    bot = await in_thread(make_bot)()
    socket, _ = await open_socket()
    await socket.say("question", "c1")
    await socket.frame()
    answer = await in_thread(answer_now)(bot, "the answer")
    first = await socket.frame()
    await socket.say("question", "c1")
    assert (await socket.frame())["type"] == "accepted"
    second = await socket.frame()
    assert first["id"] == second["id"] == answer.pk
    assert second["client_id"] == "c1"
    assert second["html"] == "<p>the answer</p>\n"
    assert await socket.receive_nothing(timeout=0.2)
    await socket.disconnect()


async def test_the_same_client_id_of_two_visitors_is_two_messages() -> None:
    await in_thread(make_bot)()
    for _ in range(2):
        socket, _ = await open_socket()
        await socket.say("hello", "c1")
        assert (await socket.frame())["duplicate"] is False
        await socket.disconnect()
    assert await rows() == 2


async def test_an_answer_published_twice_is_shown_once() -> None:
    bot = await in_thread(make_bot)()
    socket, _ = await open_socket()
    await socket.say("hello")
    await socket.frame()
    answer = await in_thread(answer_now)(bot)
    assert (await socket.frame())["id"] == answer.pk
    await in_thread(republish)(answer)
    assert await socket.receive_nothing(timeout=0.3)
    await socket.disconnect()


def republish(answer: Any) -> None:
    from bots.channels.web import broadcast
    from bots.channels.web.frames import message_frame

    broadcast.publish(answer.conversation.channel_id, answer.conversation.chat_id, message_frame(answer))


async def test_an_answer_whose_frame_was_lost_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "CHECK_EVERY_S", 0.05)
    bot = await in_thread(make_bot)()
    socket, _ = await open_socket()
    await socket.say("hello", "c9")
    await socket.frame()
    answer = await in_thread(answer_now)(bot, publish=False)
    found = await socket.frame()
    assert (found["type"], found["id"], found["client_id"]) == ("message", answer.pk, "c9")
    assert await socket.receive_nothing(timeout=0.3)
    await socket.disconnect()


@pytest.mark.parametrize(("state", "expected"), [("dead", "error"), ("done", "idle"), ("ignored", "idle")])
async def test_a_turn_that_ends_without_an_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, state: str, expected: str
) -> None:
    monkeypatch.setattr(consumer, "CHECK_EVERY_S", 0.05)
    await in_thread(make_bot)()
    socket, _ = await open_socket()
    await socket.say("hello", "c1")
    await socket.frame()
    await in_thread(InboundEvent.objects.update)(state=state)
    told = await socket.frame()
    assert (told["type"], told["client_id"]) == (expected, "c1")
    await socket.disconnect()


async def test_another_window_of_the_visitor_sees_question_and_answer() -> None:
    bot = await in_thread(make_bot)()
    first, hello = await open_socket()
    second, _ = await open_socket(query=f"?visitor={hello['visitor']}")
    await first.say("hello", "c1")
    await first.frame()
    assert await second.frame() == {"type": "echo", "client_id": "c1", "text": "hello"}
    answer = await in_thread(answer_now)(bot)
    assert (await first.frame())["id"] == (await second.frame())["id"] == answer.pk
    await first.disconnect()
    await second.disconnect()


async def test_a_message_that_cannot_be_stored_is_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    await in_thread(make_bot)()
    socket, _ = await open_socket()

    def fail(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(consumer.web_chat, "accept_message", fail)
    await socket.say("hello", "c1")
    told = await socket.frame()
    assert (told["type"], told["code"], told["client_id"]) == ("error", "not_stored", "c1")
    assert "disk" not in told["text"]
    await socket.disconnect()


async def test_a_pressed_button_is_stored_as_what_it_is_and_unknown_payloads_are_words(no_worker: list[int]) -> None:
    bot = await in_thread(make_bot)()
    socket, hello = await open_socket()
    await socket.send_to(text_data=json.dumps({"type": "message", "text": "Yes", "client_id": "p1", "press": "~41.1"}))
    assert (await socket.frame())["type"] == "accepted"
    await socket.send_to(text_data=json.dumps({"type": "message", "text": "No", "client_id": "p2", "press": "rm -rf"}))
    assert (await socket.frame())["type"] == "accepted"
    rows = await in_thread(lambda: list(InboundEvent.objects.order_by("id")))()
    assert [(row.kind, row.payload["text"], row.payload.get("args", "")) for row in rows] == [
        ("action", "Yes", "~41.1"),
        ("message", "No", ""),
    ]

    def buttons() -> None:
        answer_now(bot, "Which?\n1. tea\n2. milk", publish=False)
        Message.objects.filter(role="assistant").update(meta={"buttons": ["tea", "milk"]})

    await in_thread(buttons)()
    await socket.disconnect()
    _again, hello = await open_socket(query=f"?visitor={hello['visitor']}")
    (answer,) = (entry for entry in hello["history"] if entry["role"] == "assistant")
    assert answer["text"] == "Which?\n1. tea\n2. milk", "the list is there once"
    assert [(one["text"], one["press"]) for one in answer["buttons"]] == [
        ("tea", f"~{answer['id']}.1"),
        ("milk", f"~{answer['id']}.2"),
    ]
    await _again.disconnect()
