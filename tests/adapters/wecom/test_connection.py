"""The long connection of a smart robot against a real WebSocket server on loopback."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.base import Adapter
from adapters.errors import NotSupported, SendError
from adapters.events import EventKind, OutgoingMessage
from adapters.wecom import connection, envelope
from tests.adapters.wecom.builders import StreamsInMemory, robot, robot_message
from tests.adapters.wecom.gateway import Gateway, gateway, push
from tests.http_server import Answer, Server


@pytest.fixture
def wecom() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


@pytest.fixture
def streams() -> StreamsInMemory:
    return StreamsInMemory()


@pytest.fixture
def polling(wecom: Gateway, streams: StreamsInMemory) -> Iterator[Adapter[Any]]:
    made = robot(
        token=(),
        encoding_aes_key=(),
        bot_id="bot-1",
        bot_secret="connection-secret",
        base_url=wecom.url,
        allowed_hosts="127.0.0.1",
        streams=streams,
    )
    yield made
    made.close()


def heard(polling: Adapter[Any], wecom: Gateway, **fields: Any) -> OutgoingMessage:
    """Receives one message; returns an empty answer with its address."""
    polling.poll(None, 0.05)
    push(wecom.open.get(timeout=60), robot_message(**fields))
    (event,) = polling.poll(None, 5).events
    return OutgoingMessage(chat_id=event.chat_id or "", user_id=event.user_id, reply_token=event.reply_token)


def said(message: OutgoingMessage, text: str, **values: Any) -> OutgoingMessage:
    return OutgoingMessage(
        chat_id=message.chat_id, user_id=message.user_id, reply_token=message.reply_token, text=text, **values
    )


def test_a_message_is_given_again_until_it_was_stored(wecom: Gateway, polling: Adapter[Any]) -> None:
    assert (polling.supports_polling, polling.can_send_here) == (True, False)
    assert polling.poll(None, 0.05).events == ()
    assert polling.can_send_here
    assert wecom.frame("aibot_subscribe")["body"] == {"bot_id": "bot-1", "secret": "connection-secret"}
    push(wecom.open.get(timeout=60), robot_message())
    first = polling.poll(7, 5)
    assert [(event.text, event.mentions_bot) for event in first.events] == [("hello", True)]
    assert polling.poll(7, 5).events == first.events
    assert polling.poll(first.next_offset, 0.05).events == ()


def test_the_answer_ends_the_stream_of_its_message(
    wecom: Gateway, polling: Adapter[Any], streams: StreamsInMemory
) -> None:
    message = heard(polling, wecom)
    receipt = polling.send(said(message, "**done**"))
    frame = wecom.frame("aibot_respond_msg")
    assert frame["headers"]["req_id"] == "r1"
    stream = frame["body"]["stream"]
    assert (frame["body"]["msgtype"], stream["finish"], stream["content"]) == ("stream", True, "**done**")
    assert receipt.message_id == stream["id"]
    assert streams.held == {}


def test_an_answer_grows_while_it_is_written(
    wecom: Gateway, polling: Adapter[Any], streams: StreamsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.wecom.robot.SHOW_EVERY_S", 0.0)
    message = heard(polling, wecom)
    # The turn runs in another process, which has the streams but no connection.
    polling.send(said(message, "ha", growing=True))
    assert streams.held == {message.reply_token: ("ha", False)}
    for _time in range(2):
        polling.poll(1, 0.01)
    polling.edit(message.reply_token or "", said(message, "half", growing=True))
    polling.poll(1, 0.01)
    polling.edit(message.reply_token or "", said(message, "whole"))
    shown = [wecom.frame("aibot_respond_msg")["body"]["stream"] for _frame in range(3)]
    assert [(one["content"], one["finish"]) for one in shown] == [("ha", False), ("half", False), ("whole", True)]
    assert len({one["id"] for one in shown}) == 1


def test_what_does_not_fit_and_what_answers_nothing_is_written_into_the_chat(
    wecom: Gateway, polling: Adapter[Any]
) -> None:
    message = heard(polling, wecom)
    polling.send(said(message, "more", part=1))
    polling.send(OutgoingMessage(chat_id="bob", user_id="bob", text="news"))
    group, private = (wecom.frame("aibot_send_msg")["body"] for _frame in range(2))
    assert group == {"chatid": "group-1", "chat_type": 2, "msgtype": "markdown", "markdown": {"content": "more"}}
    assert (private["chatid"], private["chat_type"]) == ("bob", 1)


def test_an_answer_that_is_refused_is_written_into_the_chat(wecom: Gateway, polling: Adapter[Any]) -> None:
    message = heard(polling, wecom)
    wecom.refusals["aibot_respond_msg"] = 846608
    polling.send(said(message, "late"))
    assert wecom.frame("aibot_send_msg")["body"]["markdown"] == {"content": "late"}


@pytest.mark.parametrize("code", [45009, 846607])
def test_a_limit_is_waited_for(wecom: Gateway, polling: Adapter[Any], code: int) -> None:
    message = heard(polling, wecom)
    wecom.refusals["aibot_respond_msg"] = code
    with pytest.raises(SendError) as caught:
        polling.send(said(message, "hello"))
    assert (caught.value.permanent, caught.value.mark) == (False, "flood")


def test_a_connection_that_lost_its_subscription_is_opened_anew(wecom: Gateway, polling: Adapter[Any]) -> None:
    message = heard(polling, wecom)
    wecom.refusals["aibot_respond_msg"] = 846609
    with pytest.raises(SendError) as caught:
        polling.send(said(message, "hello"))
    assert (caught.value.permanent, caught.value.mark, polling.can_send_here) == (False, "unsubscribed", False)
    wecom.refusals.clear()
    polling.poll(1, 0)
    assert wecom.open.get(timeout=60)
    polling.send(said(message, "hello"))


def test_what_comes_while_an_answer_is_awaited_is_not_lost(wecom: Gateway, polling: Adapter[Any]) -> None:
    message = heard(polling, wecom)
    wecom.before_answer = lambda socket, frame: push(socket, robot_message(msgid="m2"), "r2")
    polling.send(said(message, "hello"))
    assert [event.message_id for event in polling.poll(1, 5).events] == ["m2"]


def test_an_answer_that_does_not_come_leaves_it_open_whether_the_message_did(
    wecom: Gateway, polling: Adapter[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ANSWER_S", 0.1)
    message = heard(polling, wecom)
    wecom.silent.add("aibot_respond_msg")
    with pytest.raises(SendError) as caught:
        polling.send(said(message, "hello"))
    assert (caught.value.maybe_sent, caught.value.mark) == (True, "no_answer")
    assert not polling.can_send_here  # the next poll opens a new one


def test_a_process_without_the_connection_sends_nothing(polling: Adapter[Any]) -> None:
    with pytest.raises(SendError) as caught:
        polling.send(OutgoingMessage(chat_id="bob", text="hello"))
    assert (caught.value.permanent, caught.value.mark) == (False, "not_connected")


def test_refused_credentials_are_an_error_without_the_secret(wecom: Gateway, polling: Adapter[Any]) -> None:
    wecom.refusals["aibot_subscribe"] = 40001
    with pytest.raises(SendError) as caught:
        polling.poll(None, 0.05)
    assert caught.value.mark == "unauthorized"
    assert "connection-secret" not in str(caught.value)
    assert not polling.can_send_here


def test_a_closed_connection_is_opened_again(wecom: Gateway, polling: Adapter[Any]) -> None:
    polling.poll(None, 0.05)
    wecom.open.get(timeout=60).close()
    assert polling.poll(None, 5).events == ()
    assert not polling.can_send_here
    polling.poll(None, 0.05)
    assert wecom.open.get(timeout=60)


def test_who_is_displaced_by_another_process_does_not_fight_for_the_connection(
    wecom: Gateway, polling: Adapter[Any]
) -> None:
    polling.poll(None, 0.05)
    event = {"msgtype": "event", "event": {"eventtype": "disconnected_event"}, "from": {"userid": ""}}
    push(wecom.open.get(timeout=60), event, command="aibot_event_callback")
    with pytest.raises(SendError) as caught:
        polling.poll(None, 5)
    assert (caught.value.mark, caught.value.retry_after) == ("connected_elsewhere", 60.0)


def test_a_connection_whose_pings_are_not_answered_is_dead(
    wecom: Gateway, polling: Adapter[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PING_EVERY_S", 0.02)
    polling.poll(None, 0.1)
    assert wecom.frame("ping")["headers"]["req_id"].startswith("ping_")
    assert polling.can_send_here
    wecom.silent.add("ping")
    polling.poll(None, 1)
    assert not polling.can_send_here


def test_nonsense_is_passed_over_and_what_has_no_sender_is_ignored(wecom: Gateway, polling: Adapter[Any]) -> None:
    polling.poll(None, 0.05)
    socket = wecom.open.get(timeout=60)
    for raw in ("nonsense", "[]", "{}", '{"cmd":"unknown"}'):
        socket.send(raw)
    push(socket, {"msgtype": "text"})
    (event,) = polling.poll(None, 5).events
    assert (event.kind, event.change) == (EventKind.IGNORED, "malformed")


def test_a_file_is_opened_with_its_own_key(wecom: Gateway, polling: Adapter[Any], server: Server) -> None:
    key = base64.b64encode(bytes(range(32))).decode()
    content = b"\x89PNG\r\n\x1a\n" + bytes(8)
    padding = 32 - len(content) % 32
    cipher = envelope.cipher_of(key.rstrip("=")).encryptor()
    server.answer(Answer(200, cipher.update(content + bytes([padding]) * padding) + cipher.finalize()))
    polling.poll(None, 0.05)
    push(wecom.open.get(timeout=60), robot_message("image", image={"url": f"{server.url}/f", "aeskey": key}, text=None))
    (event,) = polling.poll(None, 5).events
    media = polling.fetch_media(event.attachments[0])
    assert (media.body, media.content_type) == (content, "image/png")


def test_only_a_connected_robot_polls() -> None:
    assert not robot().supports_polling
    with pytest.raises(NotSupported):
        robot().poll(None, 0)
    robot().close()
