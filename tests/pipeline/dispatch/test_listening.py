"""A recording is heard before its turn is judged: what is said works like what is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.events import Attachment, EventKind, Passage
from bots.models import Channel, InboundEvent, Message, ModelProvider, ReceivedFile, Schedule, TurnUsage
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.queue.model_slots import slots
from bots.speech import endpoints
from memory.models import MemoryEntry
from skills import catalogue, seed
from tests.builders import answers, make_event, say
from tests.http_server import Answer, json_answer
from tests.killing import kill_before_statement, recover
from tests.peers import BotApi, StubModel
from tests.pipeline.dispatch.failing_model import State
from tests.speech.builders import Kind, connected
from tests.speech_server import MP3, OPUS, SpeechServer, refused, sound

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.usefixtures("words_only"),
]


@pytest.fixture
def ears() -> Iterator[SpeechServer]:
    """The only provider that listens."""
    with connected(SpeechServer()) as made:
        yield made


def speak(
    channel: Channel, api: BotApi, text: str = "", body: bytes = OPUS, kind: str = "voice", **values: Any
) -> InboundEvent:
    number = f"{kind}-{len(api.files)}"
    api.files[number] = body
    attachment = Attachment(type=kind, id=number, **values.pop("attachment", {}))
    return say(channel, text, chat="7", attachments=(attachment,), **values)


def asked() -> Message:
    return Message.objects.filter(role="user").latest("id")


@pytest.mark.parametrize("kind", ["voice", "audio", "video_note"])
def test_what_is_said_is_the_text_of_the_message(
    kind: str, channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    row = speak(channel, api, kind=kind)
    assert row.state == State.DONE
    assert model.prompts[-1][-1]["content"].startswith("Where does my sister live?")
    assert "cannot read" not in str(model.prompts)
    said = asked()
    assert (said.text, said.meta) == ("Where does my sister live?", {"heard": True})
    assert MemoryEntry.objects.filter(role="user").get().text == said.text
    (request,) = ears.asked
    assert (request.name, request.content_type, request.body) == ("recording.ogg", "audio/ogg", OPUS)
    usage = TurnUsage.objects.get(purpose="voice")
    assert (usage.provider, usage.heard_s, str(usage.cost)) == ("transcription", 2.0, "0.000200")
    assert usage.person == said.person


def test_a_reminder_is_made_by_voice(channel: Channel, api: BotApi, ears: SpeechServer) -> None:
    seed.seed_built_in()
    catalogue.clear_cache()
    ears.hears = "提醒我明天下午三点开会"
    speak(channel, api)
    assert "15:00" in answers()[-1]
    assert Schedule.objects.get().text == "开会"
    assert asked().person.language == "zh-hans"


def test_a_word_that_ends_something_works_by_voice(channel: Channel, api: BotApi, ears: SpeechServer) -> None:
    ears.hears = "help me book an appointment"
    speak(channel, api)
    ears.hears = "Stop."
    speak(channel, api)
    assert "Stopped" in answers()[-1]


def test_caption_and_recording_are_one_text_in_this_order(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    speak(channel, api, "About my sister:")
    assert asked().text == "About my sister:\nWhere does my sister live?"


def test_recordings_of_an_album_are_one_turn_in_order(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    ears.hears = lambda request: request.body[-5:].decode()
    api.files |= {"a": OPUS + b"first", "b": OPUS + b"secnd"}
    events = [
        make_event("", chat="7", album="g1", album_place=place, attachments=(Attachment("voice", id=name),))
        for place, name in ((2, "b"), (1, "a"))
    ]
    rows = inbox.accept(channel, events).accepted
    InboundEvent.objects.filter(pk__in=rows).update(received_at="2026-01-01T00:00:00Z", due_at="2026-01-01T00:00:00Z")
    MessageDispatcher().process(rows[0])
    assert asked().text == "first\nsecnd"
    assert len(api.sent) == 1


def test_a_forwarded_recording_holds_the_words_of_somebody_else(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    ears.hears = "I live in Rome and I am a nurse."
    speak(channel, api, forwarded=True, forwards=(Passage(author="Dana"),))
    prompt = model.prompts[-1][-1]["content"]
    assert "<forwarded>\nDana: I live in Rome and I am a nurse.\n</forwarded>" in prompt
    assert asked().text == "[Forwarded from Dana]\n> I live in Rome and I am a nurse."


def test_what_the_platform_heard_is_not_heard_again(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    speak(channel, api, attachment={"transcript": "Hello from the platform"})
    assert ears.asked == []
    assert "cannot read" not in str(model.prompts)
    assert asked().meta == {"heard": True}


def test_a_command_in_the_caption_needs_no_listening(channel: Channel, api: BotApi, ears: SpeechServer) -> None:
    speak(channel, api, "/help", command="help")
    assert ears.asked == []
    assert answers()


@pytest.mark.parametrize(
    ("body", "values", "beginning"),
    [
        (OPUS, {"hears": "Thank you for watching!"}, "I could not hear anything"),
        (OPUS, {"hears": ""}, "I could not hear anything"),
        (sound(0.1), {}, "I could not hear anything"),
        (OPUS, {"fault": refused("audio file could not be decoded")}, "I could not make out"),
        (OPUS, {"fault": json_answer({"error": {"message": "content risk"}}, 422)}, "I could not make out"),
        (b"\x02#!SILK_V3" + bytes(90), {}, "I cannot play this kind"),
        (b"nothing that sounds", {}, "I cannot play this kind"),
    ],
)
def test_what_cannot_be_heard_gets_one_kind_sentence_and_harms_nobody_else(
    body: bytes, values: dict[str, Any], beginning: str, channel: Channel, api: BotApi, ears: SpeechServer
) -> None:
    for name, value in values.items():
        setattr(ears, name, value)
    assert speak(channel, api, body=body).state == State.DONE
    assert answers()[-1].startswith(beginning)
    ears.fault, ears.hears = None, "Now it works"
    speak(channel, api)
    assert asked().text == "Now it works"


def test_a_recording_that_is_too_long_is_not_sent(channel: Channel, api: BotApi, ears: SpeechServer) -> None:
    speak(channel, api, body=b"OggS" + bytes(60), attachment={"duration": 3600.0})
    assert "at most" in answers()[-1]
    assert ears.asked == []


def test_amr_without_a_converter_gets_a_sentence(
    channel: Channel, api: BotApi, ears: SpeechServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    speak(channel, api, body=b"#!AMR\n" + b"\x3c" + bytes(31) * 40)
    assert answers()[-1].startswith("I cannot play this kind")
    assert ears.asked == []


def test_without_anything_that_listens_the_person_reads_one_kind_sentence(
    channel: Channel, api: BotApi, model: StubModel
) -> None:
    speak(channel, api)
    assert answers() == ["I cannot listen to recordings yet. Could you write to me what you said?"]
    assert model.prompts == []
    speak(channel, api, "看看这个，这是什么？")
    assert "cannot read" in str(model.prompts[-1])


def test_an_outage_makes_the_turn_wait_and_then_it_is_heard_once(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    ears.fault = json_answer({"error": {"message": "overloaded"}}, 503)
    row = speak(channel, api)
    assert (row.state, row.error_code) == (State.PENDING, "no_model_answered")
    assert api.sent == []
    ears.fault = None
    endpoints.breaker.clear_cache()
    inbox.make_due([row.pk])
    MessageDispatcher().process(row.pk)
    assert asked().text == "Where does my sister live?"
    assert len(api.sent) == 1


def test_after_the_wait_the_person_is_told_and_retry_hears_the_recording(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    ears.fault = json_answer({"error": {"message": "slow down"}}, 429, **{"Retry-After": "300"})
    row = speak(channel, api)
    InboundEvent.objects.filter(pk=row.pk).update(waiting_since="2026-01-01T00:00:00Z")
    inbox.make_due([row.pk])
    MessageDispatcher().process(row.pk)
    row.refresh_from_db()
    assert row.state == State.DEAD
    assert answers()[-1].startswith("I cannot listen to recordings at the moment")
    ears.fault = None
    endpoints.breaker.clear_cache()
    say(channel, "retry", chat="7")
    assert "Where does my sister live?" in str(model.prompts[-1])
    assert Message.objects.filter(inbound=row, role="user").get().text == "Where does my sister live?"
    assert MemoryEntry.objects.filter(text="Where does my sister live?").count() == 1


def test_a_refused_key_and_a_dripping_answer_are_outages(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    ears.fault = json_answer({"error": {"message": "bad key"}}, 401)
    assert speak(channel, api).state == State.PENDING
    assert ModelProvider.objects.get(kind=Kind.TRANSCRIPTION).last_error_code == "endpoint_status"
    assert say(channel, "hello", chat="8").state == State.DONE  # language models go on
    assert len(api.sent) == 1


def test_listening_takes_a_slot_for_slow_calls_so_a_command_of_somebody_else_goes_on(
    channel: Channel, api: BotApi, ears: SpeechServer
) -> None:
    slots.set_threads(2)
    assert slots.take()
    row = speak(channel, api)
    assert (row.state, ears.asked, api.sent) == (State.PENDING, [], [])
    assert say(channel, "/help", chat="8").state == State.DONE
    slots.free()
    inbox.make_due([row.pk])
    MessageDispatcher().process(row.pk)
    assert asked().text == "Where does my sister live?"


def test_the_next_endpoint_listens_when_one_is_down(channel: Channel, api: BotApi, model: StubModel) -> None:
    down = SpeechServer(fault=json_answer({}, 500))
    with connected(down, Kind.TRANSCRIPTION, name="a", priority=1), connected(SpeechServer(hears="Hi"), name="b"):
        speak(channel, api)
    assert asked().text == "Hi"
    assert TurnUsage.objects.get(purpose="voice").provider == "b"


def test_an_endpoint_that_tells_no_details_is_asked_without_them(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    ears.knows_details = False
    speak(channel, api)
    speak(channel, api)
    assert [one.fields["response_format"] for one in ears.asked] == ["verbose_json", "json", "json"]
    assert asked().text == "Where does my sister live?"


def test_only_a_short_recording_has_the_language_as_a_hint(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    say(channel, "你好，我叫小明", chat="7")
    speak(channel, api, body=sound(1.0))
    speak(channel, api, body=sound(6.0))
    assert [one.fields.get("language") for one in ears.asked] == ["zh", None]


def test_a_turn_that_is_killed_anywhere_is_answered_once(channel: Channel, api: BotApi, ears: SpeechServer) -> None:
    killed = 0
    for number in range(1, 60, 4):
        api.files["voice-k"] = OPUS
        event = make_event("", chat=f"k{number}", attachments=(Attachment(type="voice", id="voice-k"),))
        (row_id,) = inbox.accept(channel, [event]).accepted
        before = len(ears.asked)
        killed += kill_before_statement(number, lambda row_id=row_id: MessageDispatcher().process(row_id))
        recover()
        assert len(ears.asked) - before <= 2
        assert [one.chat_id for one in api.sent].count(f"k{number}") == 1
        file = ReceivedFile.objects.get(inbound=row_id)
        assert file.transcript == "Where does my sister live?"
        assert TurnUsage.objects.filter(purpose="voice", conversation=file.conversation).count() == 1
    assert killed > 5


def test_an_edited_caption_leaves_what_was_heard(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    row = speak(channel, api, "About my sistr:")
    event = make_event("About my sister:", kind=EventKind.EDIT, chat="7", message_id=row.payload["message_id"])
    (edit,) = inbox.accept(channel, [event]).accepted
    MessageDispatcher().process(edit)
    assert asked().text == "About my sister:\nWhere does my sister live?"


def test_a_quoted_recording_is_heard_as_data(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    ears.hears = "The meeting is on Friday"
    api.files["q"] = MP3
    quote = Passage(author="Dana", message_id="77", attachments=(Attachment("voice", id="q"),))
    say(channel, "what does she say?", chat="7", quote=quote)
    assert "The meeting is on Friday" in str(model.prompts[-1][-1]["content"])
    assert asked().text == "what does she say?"


def test_a_failure_on_html_or_a_wrong_address_is_told_to_the_operator(
    channel: Channel, api: BotApi, model: StubModel, ears: SpeechServer
) -> None:
    ears.fault = Answer(200, b"<!doctype html><title>Log in</title>", {"Content-Type": "text/html"})
    assert speak(channel, api).state == State.PENDING
    assert ModelProvider.objects.get(kind=Kind.TRANSCRIPTION).last_error_code == "address_without_calls"


def test_parts_tell_silence(channel: Channel, api: BotApi, ears: SpeechServer) -> None:
    silent = {"text": "Thank you.", "no_speech_prob": 0.85, "avg_logprob": -0.4}
    ears.hears, ears.details = "Thank you.", {"segments": [silent]}
    speak(channel, api)
    assert answers()[-1].startswith("I could not hear anything")
    ears.details = {"segments": [silent | {"no_speech_prob": 0.01}]}
    speak(channel, api)
    assert asked().text == "Thank you."
    assert json.dumps(asked().meta) == '{"heard": true}'
