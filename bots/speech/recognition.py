"""Listens to a recording: an endpoint that speaks /audio/transcriptions, else the local model."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

from django.conf import settings

from bots.limits.account import Account
from bots.llm.errors import Cancelled, LimitReached, NoModelAvailable, RequestRefused
from bots.speech import calls, endpoints, local_engine, transcripts
from bots.speech.endpoints import Bill, Endpoint, Kind
from bots.speech.recording_formats import Recording, plainer, sendable
from bots.speech.transcripts import Transcript
from bots.speech.unheard import Heard, NotHeard, Unheard
from clawdbot import computing, http
from clawdbot.http import socket_deadline
from clawdbot.reasons import Reason

# Endpoints refuse shorter recordings, and nobody says anything in so short a time.
SHORTEST_S = 0.2
# Of so short a recording Whisper often takes the wrong language.
HINTED_S = 4.0
BYTES_A_SECOND = 3000  # of compressed speech
_FORMS = ("verbose_json", "json")
# Endpoints with the models that do not tell details.
_plain: set[tuple[str, str]] = set()


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
    account: Account | None = None,
) -> Heard:
    """Returns what is said in a recording.

    Args:
        body: The bytes of the recording.
        content_type: Its type, detected from the bytes.
        seconds: Its length; 0.0 when it is unknown.
        language: "zh" or "en", which the person speaks usually; a hint for a short recording.
        cancelled: Checked twice a second.
        account: Who pays; None: nobody, and no limit holds.

    Raises:
        NotHeard: This recording cannot be heard.
        LimitReached: A limit has no room for an endpoint, and nothing else listens.
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
                bill = _bill(account or Account(None), seconds, longest_s, _guessed_s(body, longest_s))
                by, found = _heard_within_limits(listeners, recording, hint, longest_s, bill, cancelled)
            else:
                by, found = _locally(body, longest_s, hint)
        except RequestRefused:
            raise NotHeard(Unheard.REFUSED) from None
        except NoModelAvailable:
            if cancelled is not None and cancelled():
                raise Cancelled from None
            raise
    heard_s = found.seconds or seconds or _guessed_s(body, longest_s)
    heard = Heard(
        text=found.text,
        seconds=heard_s,
        language=found.language,
        provider=by.name,
        model=by.model,
        ms=round((time.perf_counter() - started) * 1000),
        cost=cost_of(by, heard_s),
    )
    if not found.text:
        raise NotHeard(Unheard.NOTHING, heard)
    return heard


def cost_of(by: Endpoint, seconds: float) -> Decimal:
    """Returns the price of a recording of so many seconds."""
    return by.price * Decimal(str(round(seconds, 3))) / 60


def _guessed_s(body: bytes, longest_s: float) -> float:
    """Returns about how long a recording is whose length nobody tells; 0 would make it free, and pass every limit."""
    return min(len(body) / BYTES_A_SECOND, longest_s)


def _bill(account: Account, seconds: float, longest_s: float, guessed_s: float) -> Bill[tuple[Endpoint, Transcript]]:
    """Returns what a recording costs: at most its length, or the longest one where the length is not known."""
    return Bill(
        account,
        most=lambda endpoint: cost_of(endpoint, seconds or longest_s),
        used=lambda endpoint, found: cost_of(endpoint, found[1].seconds or seconds or guessed_s),
    )


def _heard_within_limits(
    listeners: tuple[Endpoint, ...],
    recording: Recording,
    hint: str,
    longest_s: float,
    bill: Bill[tuple[Endpoint, Transcript]],
    cancelled: Callable[[], bool] | None,
) -> tuple[Endpoint, Transcript]:
    """Returns what an endpoint hears; at a limit, what the local model hears where there is one."""
    try:
        return _by_endpoint(listeners, recording, hint, longest_s, bill, cancelled)
    except LimitReached:
        if endpoints.model_folder() is None:
            raise
        return _locally(recording.body, longest_s, hint)


def _by_endpoint(
    listeners: tuple[Endpoint, ...],
    recording: Recording,
    hint: str,
    longest_s: float,
    bill: Bill[tuple[Endpoint, Transcript]],
    cancelled: Callable[[], bool] | None,
) -> tuple[Endpoint, Transcript]:
    def call(endpoint: Endpoint) -> tuple[Endpoint, Transcript]:
        return endpoint, ask(endpoint, recording, hint)

    try:
        return endpoints.first_answer(listeners, call, bill, cancelled)
    except RequestRefused:
        # Not every server reads what browsers and phones record.
        plain = plainer(recording, longest_s=longest_s)
        if plain is None:
            raise
        recording = plain
        return endpoints.first_answer(listeners, call, bill, cancelled)


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
