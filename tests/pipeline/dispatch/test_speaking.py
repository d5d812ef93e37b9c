"""An answer is read aloud where the bot is set so; its text is never lost, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.events import Attachment
from adapters.registry import adapter_class
from bots.channels import lookup
from bots.models import Bot, Channel, InboundEvent, Message, OutboundMessage, SentFile, TurnUsage
from bots.pipeline import inbox
from bots.pipeline.dispatch import speaking
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.builders import make_event, say
from tests.http_server import Answer, Recorded, json_answer, serve
from tests.killing import kill_before_statement, recover
from tests.peers import StubModel
from tests.speech.builders import Kind, connected
from tests.speech_server import MP3, OPUS, SpeechServer, refused

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.usefixtures("words_only"),
]
Replies = Bot.VoiceReplies


class Chat:
    """Telegram's API: what was sent, as (method, what the form or the JSON holds)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.refuse: dict[str, str] = {}

    def answer(self, request: Recorded) -> Answer:
        method = request.path.rsplit("/", 1)[-1]
        if request.path.startswith("/file/"):
            return Answer(200, OPUS)
        if method == "getFile":
            return json_answer({"ok": True, "result": {"file_id": "v", "file_path": "v"}})
        if method.startswith("send") and method != "sendChatAction":
            if told := self.refuse.get(method):
                return json_answer({"ok": False, "error_code": 400, "description": told}, 400)
            self.sent.append((method, request.body))
        return json_answer({"ok": True, "result": {"message_id": 9, "date": 0, "chat": {"id": 7}}})

    @property
    def methods(self) -> list[str]:
        return [method for method, _body in self.sent]


@pytest.fixture
def chat(channel: Channel) -> Iterator[Chat]:
    """The chat of `channel`, whose bot always speaks."""
    made = Chat()
    with serve(made.answer) as server:
        channel.credentials = {**channel.credentials, "base_url": server.url}
        channel.save()
        use(channel, Replies.ALWAYS)
        yield made


@pytest.fixture
def voice() -> Iterator[SpeechServer]:
    with connected(SpeechServer(), Kind.SPEECH, voice="nova") as made:
        yield made


def use(channel: Channel, setting: str) -> None:
    Bot.objects.filter(pk=channel.bot_id).update(voice_replies=setting)
    lookup.clear_cache()


def test_the_answer_is_a_voice_message_with_its_text_as_caption(
    channel: Channel, chat: Chat, model: StubModel, voice: SpeechServer
) -> None:
    model.says = "It is **Monday**."
    say(channel, "which day is it?", chat="7")
    ((method, body),) = chat.sent
    assert method == "sendVoice"
    assert OPUS in body
    assert b"Monday" in body
    assert voice.spoken == [
        {"model": "whisper-1", "input": "It is Monday.", "voice": "nova", "response_format": "opus"}
    ]
    answer = Message.objects.get(role="assistant")
    assert answer.text == "It is **Monday**."
    assert [item["type"] for item in answer.attachments] == ["voice"]
    usage = TurnUsage.objects.get(purpose="voice")
    assert (usage.spoken_characters, usage.provider) == (len("It is Monday."), "speech")


def test_when_spoken_to_means_only_then(channel: Channel, chat: Chat, model: StubModel, voice: SpeechServer) -> None:
    use(channel, Replies.SPOKEN_TO)
    with connected(SpeechServer(hears="Which day is it?"), Kind.TRANSCRIPTION):
        say(channel, "hello", chat="7")
        say(channel, "", chat="7", attachments=(Attachment("voice", id="v"),))
    assert chat.methods == ["sendMessage", "sendVoice"]
    use(channel, Replies.NEVER)
    say(channel, "hello", chat="7", attachments=(Attachment("voice", id="v", transcript="hi"),))
    assert chat.methods[-1] == "sendMessage"


@pytest.mark.parametrize(
    "values",
    [
        {"fault": json_answer({"error": {"message": "down"}}, 503)},
        {"fault": refused("blocked by content policy")},
        {"fault": json_answer({"error": {"message": "bad key"}}, 401)},
        {"fault": Answer(200, b"")},
        {"fault": Answer(200, b'{"error": "no such voice"}')},
        {"speaks": b"\x01\x02 raw samples" + bytes(50)},
        {"formats": ()},
    ],
)
def test_without_the_sound_the_text_goes_alone(
    values: dict[str, Any], channel: Channel, chat: Chat, model: StubModel, voice: SpeechServer
) -> None:
    for name, value in values.items():
        setattr(voice, name, value)
    assert say(channel, "hello", chat="7").state == InboundEvent.State.DONE
    assert chat.methods == ["sendMessage"]
    assert TurnUsage.objects.filter(purpose="voice").count() == 0
    assert SentFile.objects.count() == 0


def test_a_long_answer_and_code_stay_text(channel: Channel, chat: Chat, model: StubModel, voice: SpeechServer) -> None:
    for text in ("word " * 300, "```\nx = 1\n```"):
        model.says = text
        say(channel, "hello", chat="7")
    assert voice.spoken == []
    assert set(chat.methods) == {"sendMessage"}


def test_an_endpoint_that_makes_mp3_alone_is_asked_for_that(
    channel: Channel, chat: Chat, model: StubModel, voice: SpeechServer
) -> None:
    voice.formats, voice.speaks = ("mp3",), MP3
    say(channel, "hello", chat="7")
    assert [one["response_format"] for one in voice.spoken] == ["opus", "mp3"]
    ((method, body),) = chat.sent
    assert (method, MP3 in body) == ("sendVoice", True)


def test_who_forbids_voice_messages_still_gets_the_words_and_no_paper_clip(
    channel: Channel, chat: Chat, model: StubModel, voice: SpeechServer
) -> None:
    forbidden = "Bad Request: VOICE_MESSAGES_FORBIDDEN"
    chat.refuse = {"sendVoice": forbidden, "sendAudio": forbidden, "sendDocument": forbidden}
    model.says = "It is Monday."
    say(channel, "hello", chat="7")
    ((method, body),) = chat.sent
    assert method == "sendMessage"
    assert b"It is Monday." in body
    assert "📎".encode() not in body
    assert b"\\ud83d" not in body


@pytest.mark.parametrize(
    ("platform", "formats"),
    [
        ("telegram", ["opus", "mp3"]),
        ("whatsapp", ["opus", "mp3"]),
        ("feishu", ["opus"]),
        ("line", ["mp3"]),
        ("discord", ["mp3", "opus"]),
        ("slack", ["mp3", "opus"]),
        ("webhook", ["opus", "mp3"]),
        ("web", ["mp3"]),
    ],
)
def test_formats_are_those_of_the_platform(platform: str, formats: list[str]) -> None:
    assert list(speaking.playable(adapter_class(platform))) == formats


def test_a_turn_that_is_killed_anywhere_is_answered_once(
    channel: Channel, chat: Chat, model: StubModel, voice: SpeechServer
) -> None:
    killed = 0
    for number in range(9, 60, 6):
        (row_id,) = inbox.accept(channel, [make_event("hello", chat=f"k{number}")]).accepted
        before = len(chat.sent)
        killed += kill_before_statement(number, lambda row_id=row_id: MessageDispatcher().process(row_id))
        recover()
        assert chat.methods[before:] == ["sendVoice"]
        message = Message.objects.get(inbound=row_id, role="assistant")
        assert SentFile.objects.filter(conversation=message.conversation).count() == 1
        assert TurnUsage.objects.filter(purpose="voice", conversation=message.conversation).count() == 1
    assert killed > 3
    assert OutboundMessage.objects.exclude(state=OutboundMessage.State.SENT).count() == 0
