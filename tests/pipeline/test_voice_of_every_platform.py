"""A voice message of every platform that has one, from its webhook to the answer at its API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bots.models import Message
from tests.adapters.builders import message
from tests.adapters.contract import fixture
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.peers import StubModel
from tests.pipeline.test_platforms import answers, connect, deliver
from tests.speech.builders import connected
from tests.speech_server import OPUS, SpeechServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

HEARD = "When do you open on Sunday?"
M4A = b"\x00\x00\x00\x18ftypM4A " + bytes(60)


def telegram() -> bytes:
    update: dict[str, Any] = message(update_id=4)
    said = update["message"]
    del said["text"]
    said["voice"] = {"file_id": "v1", "file_unique_id": "u", "duration": 2, "mime_type": "audio/ogg", "file_size": 90}
    return json.dumps(update).encode()


def whatsapp() -> bytes:
    value = json.loads(fixture("whatsapp", "messages__username_only"))
    said = value["entry"][0]["changes"][0]["value"]["messages"][0]
    del said["text"]
    said |= {"type": "audio", "audio": {"id": "77", "mime_type": "audio/ogg; codecs=opus", "voice": True}}
    return json.dumps(value).encode()


def line() -> bytes:
    value = json.loads(fixture("line", "message__media"))
    value["events"] = value["events"][:1]
    return json.dumps(value).encode()


def feishu() -> bytes:
    return fixture("feishu", "message__audio")


EVENTS: dict[str, tuple[Callable[[], bytes], bytes, str]] = {
    "telegram": (telegram, OPUS, "recording.ogg"),
    "whatsapp": (whatsapp, OPUS, "recording.ogg"),
    "line": (line, M4A, "recording.m4a"),
    "feishu": (feishu, OPUS, "recording.ogg"),
}


def platform_api(server: Server, body: bytes) -> Callable[[Recorded], Answer]:
    """Answers downloads with the recording, and everything else as any of the platforms does."""
    place = f"{server.url}/media/77"
    values = {
        "ok": True, "code": 0, "tenant_access_token": "t", "result": {"message_id": 9, "file_path": "v1"},
        "data": {"message_id": "om_2"}, "messages": [{"id": "wamid.O1"}], "sentMessages": [{"id": "461"}],
        "url": place, "file_size": len(body),
    }  # fmt: skip

    def answer(request: Recorded) -> Answer:
        if (
            request.path.startswith(("/media/", "/file/"))
            or "/content" in request.path
            or "/resources/" in request.path
        ):
            return Answer(200, body, {"Content-Type": "application/octet-stream"})
        return json_answer(values)

    return answer


@pytest.mark.parametrize("platform", EVENTS)
def test_a_voice_message_is_heard_and_answered_once(platform: str, server: Server, model: StubModel) -> None:
    event, body, name = EVENTS[platform]
    model.says = "At ten."
    server.respond = platform_api(server, body)
    channel = connect(platform, server, allowed_hosts=["127.0.0.1"])
    with connected(SpeechServer(hears=HEARD)) as ears:
        assert deliver(channel, event()) == 1
        assert deliver(channel, event()) == 0
    assert [one.name for one in ears.asked] == [name]
    assert model.prompts[-1][-1]["content"].startswith(HEARD)
    asked = Message.objects.get(role="user")
    assert (asked.text, asked.meta) == (HEARD, {"heard": True})
    sent = [request.body.decode() for request in answers(server)]
    assert sum("At ten." in body for body in sent) == 1


@pytest.mark.parametrize(("platform", "name", "words"), [("dingtalk", "message__audio", "good day")])
def test_where_the_platform_listens_its_words_are_taken(
    platform: str, name: str, words: str, server: Server, model: StubModel
) -> None:
    server.respond = lambda request: json_answer({"accessToken": "t", "processQueryKey": "q1"})
    channel = connect(platform, server)
    with connected(SpeechServer()) as ears:
        assert deliver(channel, fixture(platform, name)) == 1
    assert ears.asked == []
    assert model.prompts[-1][-1]["content"].startswith(words)
