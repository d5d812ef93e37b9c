"""Recordings in the form that endpoints take; inputs of the kinds that users of other bots report."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from adapters.media import content_type, duration_s
from bots.llm.errors import RequestRefused
from bots.speech import NotHeard, Unheard, amr, speak, transcribe
from bots.speech.recording_formats import LARGEST, sendable
from tests.http_server import Answer
from tests.speech.builders import Kind, connected
from tests.speech_server import MP3, OPUS, Asked, SpeechServer, refused, sound

AMR = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 100
WEBM = b"\x1a\x45\xdf\xa3" + bytes(90)
converts = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@pytest.mark.parametrize(
    ("body", "told", "name", "sent_as"),
    [
        (OPUS, "audio/oga", "recording.ogg", "audio/ogg"),
        (OPUS, "", "recording.ogg", "audio/ogg"),
        (MP3, "audio/wav", "recording.mp3", "audio/mpeg"),
        (WEBM, "audio/webm;codecs=opus", "recording.webm", "audio/webm"),
        (WEBM, "", "recording.webm", "audio/webm"),
        (b"\x00\x00\x00\x18ftypM4A " + bytes(9), "", "recording.m4a", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(9), "", "recording.mp4", "video/mp4"),
        (sound(0.1), "", "recording.wav", "audio/wav"),
    ],
)
def test_the_bytes_tell_the_name(body: bytes, told: str, name: str, sent_as: str) -> None:
    made = sendable(body, content_type(body, told), longest_s=60.0)
    assert (made.name, made.content_type, made.body) == (name, sent_as, body)


@pytest.mark.parametrize("body", [AMR, b"#!SILK_V3" + bytes(9), b"\x02#!SILK_V3" + bytes(9), b"caff" + bytes(9)])
def test_without_ffmpeg_some_formats_are_not_heard(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotHeard) as failed:
        sendable(body, content_type(body, "audio/wav"), longest_s=60.0)  # some bridges name every recording .wav
    assert failed.value.code is Unheard.FORMAT


def test_too_large_a_recording_is_not_sent() -> None:
    with pytest.raises(NotHeard) as failed:
        sendable(OPUS + bytes(LARGEST), "audio/ogg", longest_s=60.0)
    assert failed.value.code is Unheard.TOO_LONG


@converts
def test_amr_becomes_wav_also_under_a_wrong_name() -> None:
    made = sendable(AMR, content_type(AMR, "audio/wav"), longest_s=60.0)
    assert (made.name, made.body[:4]) == ("recording.wav", b"RIFF")
    assert 1.5 < duration_s(made.body) < 2.5
    assert len(sendable(AMR, "audio/amr", longest_s=1.0).body) < len(made.body)


@converts
@pytest.mark.django_db
def test_what_an_endpoint_refuses_is_sent_once_more_as_wav() -> None:
    command = ["ffmpeg", "-loglevel", "error", "-f", "wav", "-i", "pipe:0", "-f", "ogg", "pipe:1"]
    ogg = subprocess.run(command, input=sound(1.0), capture_output=True, check=True).stdout

    def wav_only(asked: Asked) -> str | Answer:
        return "It works" if asked.name.endswith(".wav") else refused("unsupported container")

    with connected(SpeechServer(hears=wav_only)) as ears:
        assert transcribe(ogg, "audio/ogg").text == "It works"
    assert [one.name for one in ears.asked] == ["recording.ogg", "recording.wav"]


@pytest.mark.django_db
def test_an_endpoint_that_refuses_every_form_is_not_asked_for_ever() -> None:
    with connected(SpeechServer(fault=refused("no"))) as ears, pytest.raises(NotHeard) as failed:
        transcribe(sound(1.0), "audio/wav")
    assert failed.value.code is Unheard.REFUSED
    assert len(ears.asked) == 1
    assert isinstance(failed.value.__cause__, RequestRefused | None)


def test_the_length_of_an_mp3_is_known() -> None:
    assert 0.9 < duration_s(MP3) < 1.1
    assert 0.9 < duration_s(b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10) + MP3) < 1.1
    assert duration_s(b"ID3" + bytes(90)) == 0.0


@converts
@pytest.mark.django_db
@pytest.mark.parametrize(("formats", "kind"), [(("opus", "mp3"), "audio/ogg"), (("mp3",), "audio/mpeg")])
def test_an_endpoint_that_makes_only_wav_is_read_aloud_all_the_same(formats: tuple[str, ...], kind: str) -> None:
    with connected(SpeechServer(speaks=sound(1.0)), Kind.SPEECH) as mouth:
        spoken = speak("Hello", formats)
    assert content_type(spoken.body, "") == kind
    assert len(mouth.spoken) == 1
    assert 0.8 < duration_s(spoken.body) < 1.3


@pytest.mark.django_db
def test_without_ffmpeg_wav_is_refused_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", "")
    with connected(SpeechServer(speaks=sound(1.0)), Kind.SPEECH), pytest.raises(RequestRefused, match="ffmpeg"):
        speak("Hello", ("opus", "mp3"))
    with pytest.raises(NotHeard):
        sendable(AMR, "audio/amr", longest_s=60.0)
    assert "ffmpeg is not installed" in caplog.text


@converts
@pytest.mark.skipif(not amr.can_make(), reason="libopencore-amrnb is not installed")
def test_amr_is_made_up_to_a_minute_and_heard_again() -> None:
    made = amr.made(sound(3.0), "audio/wav")
    assert made is not None
    assert 2.9 < duration_s(made) < 3.1
    heard = sendable(made, "audio/amr", longest_s=60.0)
    assert 2.9 < duration_s(heard.body) < 3.1
    assert amr.made(sound(61.5), "audio/wav") is None
    assert amr.made(b"no sound", "audio/wav") is None


@converts
@pytest.mark.django_db
def test_an_endpoint_that_makes_mp3_whatever_is_asked_gives_a_voice_message_in_opus() -> None:
    command = ["ffmpeg", "-loglevel", "error", "-f", "wav", "-i", "pipe:0", "-f", "mp3", "pipe:1"]
    mp3 = subprocess.run(command, input=sound(1.0), capture_output=True, check=True).stdout
    with connected(SpeechServer(speaks=mp3), Kind.SPEECH) as mouth:
        assert content_type(speak("Hello", ("opus",)).body, "") == "audio/ogg"  # as Feishu plays alone
        assert content_type(speak("Hello", ("opus", "mp3")).body, "") == "audio/ogg"
        assert content_type(speak("Hello", ("mp3",)).body, "") == "audio/mpeg"
    assert [one["response_format"] for one in mouth.spoken] == ["opus", "opus", "mp3"]
