"""A voice message of every platform that has one, from its webhook to the answer at its API."""

from __future__ import annotations

import shutil

import pytest

from adapters import registry
from adapters.events import WebhookRequest
from adapters.media import duration_s
from bots.models import Bot, Channel, Message
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.speech import amr
from tests.adapters.contract import CASES, fixture
from tests.adapters.wecom.builders import app_request, xml
from tests.http_server import Server, json_answer
from tests.peers import StubModel
from tests.pipeline.test_platforms import answers, connect, deliver
from tests.pipeline.voice_messages import NOW_S, VOICES, Voice, is_download, platform_api
from tests.speech.builders import Kind, connected
from tests.speech_server import SpeechServer, sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

HEARD = "When do you open on Sunday?"
converts = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
makes_amr = pytest.mark.skipif(not amr.can_make(), reason="libopencore-amrnb is not installed")


def open_channel(voice: Voice, server: Server) -> Channel:
    """Connects the account of a voice message to the server of its platform."""
    server.respond = platform_api(server, voice)
    return connect(voice.platform, server, allowed_hosts=["127.0.0.1"], **voice.account)


def accept(channel: Channel, server: Server, voice: Voice, request: WebhookRequest) -> int:
    """Takes a request through the pipeline; returns the number of turns."""
    case = CASES[voice.platform]
    held = {**case.account, case.secret_key: [case.configured(case.secrets[0])], **voice.account}
    # The fixtures have a fixed date, at which the contract's clock verifies them.
    events = registry.create(voice.platform, held, clock=lambda: NOW_S).receive(request).events
    accepted = inbox.accept(channel, events).accepted
    for row_id in accepted:
        MessageDispatcher().process(row_id)
    return len(accepted)


@pytest.mark.parametrize("name", [name if name != "wecom" else pytest.param(name, marks=converts) for name in VOICES])
def test_a_voice_message_is_heard_and_answered_once(name: str, server: Server, model: StubModel) -> None:
    voice = VOICES[name]
    model.says = "At ten."
    with connected(SpeechServer(hears=HEARD)) as ears:
        channel = open_channel(voice, server)
        assert accept(channel, server, voice, voice.request(server.url)) == 1
        assert accept(channel, server, voice, voice.request(server.url)) == 0
    assert [one.name for one in ears.asked] == [voice.name]
    assert any(map(is_download, server.requests))
    assert HEARD in model.prompts[-1][-1]["content"]
    asked = Message.objects.get(role="user")
    assert HEARD in asked.text
    assert asked.meta.get("heard") is True
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


@converts
@makes_amr
def test_wecom_is_answered_with_a_voice_message_in_amr(server: Server, model: StubModel) -> None:
    model.says = "At ten."
    with connected(SpeechServer(hears=HEARD)), connected(SpeechServer(speaks=sound(2.0)), Kind.SPEECH):
        channel = open_channel(VOICES["wecom"], server)
        Bot.objects.update(voice_replies=Bot.VoiceReplies.SPOKEN_TO)
        assert accept(channel, server, VOICES["wecom"], VOICES["wecom"].request(server.url)) == 1
    (upload,) = (one for one in answers(server) if one.path.startswith("/cgi-bin/media/upload"))
    assert "type=voice" in upload.path
    assert b'filename="answer.amr"' in upload.body
    body = upload.body[upload.body.index(b"#!AMR\n") :].partition(b"\r\n--")[0]
    assert 1.9 < duration_s(body) < 2.1
    kinds = [one.json["msgtype"] for one in answers(server) if one.path.startswith("/cgi-bin/message/send")]
    assert sorted(kinds) == ["markdown", "voice"] or sorted(kinds) == ["text", "voice"]


def test_without_the_encoder_wecom_gets_the_text_alone(
    server: Server, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amr, "_library", lambda: None)
    model.says = "At ten."
    with connected(SpeechServer(), Kind.SPEECH) as mouth:
        channel = open_channel(VOICES["wecom"], server)
        Bot.objects.update(voice_replies=Bot.VoiceReplies.ALWAYS)
        event = xml("text", "<Content>hello</Content><MsgId>78</MsgId>")
        accept(channel, server, VOICES["wecom"], app_request(event, token=CASES["wecom"].secrets[0]))
    assert mouth.spoken == []
    assert [one.json["msgtype"] for one in answers(server) if one.path.startswith("/cgi-bin/message/send")] != ["voice"]
