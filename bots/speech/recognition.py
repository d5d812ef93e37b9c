"""Listens to a recording: an endpoint that speaks /audio/transcriptions, else the local model."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from bots.llm.errors import Cancelled, NoModelAvailable, RequestRefused
from bots.speech import calls, endpoints, local_engine, transcripts
from bots.speech.endpoints import Endpoint, Kind
from bots.speech.recording_formats import Recording, plainer, sendable
from bots.speech.transcripts import Transcript
from bots.speech.unheard import NotHeard, Unheard
from clawdbot import computing, http
from clawdbot.http import socket_deadline
from clawdbot.reasons import Reason

# Endpoints refuse shorter recordings, and nobody says anything in so short a time.
SHORTEST_S = 0.2
# Of so short a recording Whisper often takes the wrong language.
HINTED_S = 4.0
_FORMS = ("verbose_json", "json")
# Endpoints with the models that do not tell details.
_plain: set[tuple[str, str]] = set()


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said, and what it took: seconds of sound, milliseconds of time, and the cost."""

    text: str
    seconds: float
    language: str
    provider: str
    model: str
    ms: int
    cost: Decimal


def clear_cache() -> None:
    """Forgets which endpoints do not tell details."""
    _plain.clear()


def transcribe(
    body: bytes,
    content_type: str,
    *,
    seconds: float = 0.0,
    language: str = "",
    cancelled: Callable[[], bool] | None = None,
) -> Heard:
    """Returns what is said in a recording.

    Args:
        body: The bytes of the recording.
        content_type: Its type, detected from the bytes.
        seconds: Its length; 0.0 when it is unknown.
        language: "zh" or "en", which the person speaks usually; a hint for a short recording.
        cancelled: Checked twice a second.

    Raises:
        NotHeard: This recording cannot be heard.
        NoModelAvailable: Nothing that listens answered; permanent when nothing is connected.
        Cancelled: `cancelled()` returned True.
    """
    longest_s = settings.CLAWDBOT.speech.longest_minutes * 60.0
    if not body or 0.0 < seconds < SHORTEST_S:
        raise NotHeard(Unheard.NOTHING)
    if seconds > longest_s:
        raise NotHeard(Unheard.TOO_LONG)
    hint = language if 0.0 < seconds < HINTED_S else ""
    listeners = endpoints.of_kind(Kind.TRANSCRIPTION)
    started = time.perf_counter()
    with socket_deadline.limited(time.monotonic() + _longest_wait_s(listeners), cancelled):
        try:
            if listeners:
                recording = sendable(body, content_type, longest_s=longest_s)
                by, found = _by_endpoint(listeners, recording, hint, longest_s, cancelled)
            else:
                by, found = _locally(body, longest_s, hint)
        except RequestRefused:
            raise NotHeard(Unheard.REFUSED) from None
        except NoModelAvailable:
            if cancelled is not None and cancelled():
                raise Cancelled from None
            raise
    if not found.text:
        raise NotHeard(Unheard.NOTHING)
    heard_s = found.seconds or seconds
    return Heard(
        text=found.text,
        seconds=heard_s,
        language=found.language,
        provider=by.name,
        model=by.model,
        ms=round((time.perf_counter() - started) * 1000),
        cost=by.price * Decimal(str(round(heard_s, 3))) / 60,
    )


def _by_endpoint(
    listeners: tuple[Endpoint, ...],
    recording: Recording,
    hint: str,
    longest_s: float,
    cancelled: Callable[[], bool] | None,
) -> tuple[Endpoint, Transcript]:
    def call(endpoint: Endpoint) -> tuple[Endpoint, Transcript]:
        return endpoint, ask(endpoint, recording, hint)

    try:
        return endpoints.first_answer(listeners, call, cancelled)
    except RequestRefused:
        # Not every server reads what browsers and phones record.
        plain = plainer(recording, longest_s=longest_s)
        if plain is None:
            raise
        recording = plain
        return endpoints.first_answer(listeners, call, cancelled)


def _longest_wait_s(listeners: tuple[Endpoint, ...]) -> float:
    return 4 * sum(one.timeout_s + endpoints.LONGEST_WAIT_S for one in listeners) + 1.0


def ask(endpoint: Endpoint, recording: Recording, hint: str = "") -> Transcript:
    """Returns what one endpoint hears; with details where it tells them."""
    key = (endpoint.address, endpoint.model)
    forms = _FORMS[1:] if key in _plain else _FORMS
    for form in forms:
        fields = {"model": endpoint.model, "response_format": form} | ({"language": hint} if hint else {})
        data, headers = http.multipart(fields, {"file": (recording.name, recording.body, recording.content_type)})
        try:
            with computing.waiting():
                answer = calls.post(endpoint, "/audio/transcriptions", data=data, headers=headers)
        except calls.ParameterRefused:
            if form == forms[-1]:
                raise
            continue
        if form != _FORMS[0]:
            _plain.add(key)
        return transcripts.read(answer.body)
    raise AssertionError("the last form returns or raises")


def _locally(body: bytes, longest_s: float, hint: str) -> tuple[Endpoint, Transcript]:
    folder = endpoints.model_folder()
    if folder is None:
        raise NoModelAvailable(Reason("no_model"), permanent=True)
    by = Endpoint(None, Kind.TRANSCRIPTION, "local", "", folder.name, "", local_engine.LONGEST_S, Decimal(0))
    with computing.waiting():
        return by, local_engine.transcribe(folder, body, longest_s=longest_s, language=hint)
