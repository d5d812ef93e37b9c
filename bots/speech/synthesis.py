"""Reads a text aloud by an endpoint that speaks /audio/speech."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from adapters.media import content_type_of
from bots.limits.account import Account
from bots.llm.errors import ProviderError, RequestRefused
from bots.speech import amr, calls, endpoints, ffmpeg
from bots.speech.endpoints import Bill, Endpoint, Kind
from clawdbot import computing, http
from clawdbot.reasons import Reason

DEFAULT_VOICE = "alloy"
LONGEST_S = 30.0  # for all endpoints together: the text of the answer waits for it
# The content types that chats play, by the name of the format in a request.
FORMATS = {"opus": "audio/ogg", "mp3": "audio/mpeg"}
ENDINGS = {"audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/amr": "amr"}
AMR = "amr"  # no endpoint makes it: it is converted
# How ffmpeg makes each format of what an endpoint makes instead, such as WAV.
_OUTPUT = {
    "opus": ("-c:a", "libopus", "-b:a", "32k", "-ar", "48000", "-f", "ogg"),
    "mp3": ("-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"),
}
_LONGEST_SOUND_S = 600.0
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text that was read aloud, as a file, and what it took."""

    body: bytes = field(repr=False)
    ending: str
    characters: int
    provider: str
    model: str
    ms: int
    cost: Decimal


def speak(text: str, formats: Sequence[str], account: Account | None = None) -> Spoken:
    """Returns the text read aloud.

    Args:
        text: Words without markdown.
        formats: Which of `FORMATS` the receiver plays, best first; or `AMR` alone.
        account: Who pays; None: nobody, and no limit holds.

    Raises:
        RequestRefused: An endpoint refuses this text.
        LimitReached: A limit has no room for an endpoint, and no other one answered.
        NoModelAvailable: None of the endpoints answered.
    """
    started = time.perf_counter()
    asked = tuple(FORMATS) if list(formats) == [AMR] else tuple(formats)

    bill: Bill[tuple[Endpoint, bytes]] = Bill(
        account or Account(None), lambda endpoint: cost_of(endpoint, text), lambda by, _found: cost_of(by, text)
    )
    with http.within(LONGEST_S):
        by, body = endpoints.first_answer(
            endpoints.of_kind(Kind.SPEECH), lambda endpoint: (endpoint, ask(endpoint, text, asked)), bill
        )
    if list(formats) == [AMR]:
        body = _as_amr(body)
    return Spoken(
        body=body,
        ending=ENDINGS[content_type_of(body)],
        characters=len(text),
        provider=by.name,
        model=by.model,
        ms=round((time.perf_counter() - started) * 1000),
        cost=cost_of(by, text),
    )


def cost_of(endpoint: Endpoint, text: str) -> Decimal:
    """Returns the price of this text, read aloud."""
    return endpoint.price * len(text) / _MILLION


def ask(endpoint: Endpoint, text: str, formats: Sequence[str]) -> bytes:
    """Returns the sound from one endpoint in the first of the formats that it makes; see `speak`."""
    playable = {FORMATS[name] for name in formats}
    for number, name in enumerate(formats, 1):
        body = {
            "model": endpoint.model,
            "input": text,
            "voice": endpoint.voice or DEFAULT_VOICE,
            "response_format": name,
        }
        try:
            with computing.waiting():
                answer = calls.post(endpoint, "/audio/speech", json=body)
        except calls.ParameterRefused:
            if number == len(formats):
                raise
            continue
        if not answer.body:
            raise ProviderError(Reason("answer_empty"))
        if (kind := content_type_of(answer.body)) in playable:
            best = FORMATS[formats[0]]
            # Many endpoints make MP3 whatever is asked for; as a voice message some chats show Opus alone.
            return answer.body if kind == best else _converted(answer.body, formats[0]) or answer.body
        if b'"error"' in answer.body[:2000]:  # some servers report it with status 200
            raise ProviderError(Reason("endpoint_failed"))
        if made := _converted(answer.body, formats[0]):
            return made
        if kind in ffmpeg.DEMUXERS and not ffmpeg.is_installed():
            raise RequestRefused(Reason("sound_needs_ffmpeg", kind=kind), permanent=True)
    raise RequestRefused(Reason("answer_not_playable"), permanent=True)


def _converted(body: bytes, form: str) -> bytes | None:
    return ffmpeg.convert(body, content_type_of(body), _OUTPUT[form], longest_s=_LONGEST_SOUND_S)


def _as_amr(body: bytes) -> bytes:
    made = amr.made(body, content_type_of(body))
    if made is None:
        raise RequestRefused(Reason("sound_not_amr"), permanent=True)
    return made
