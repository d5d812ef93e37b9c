"""Tests an endpoint that listens or speaks, for the admin's button and `manage.py provider test`."""

from __future__ import annotations

import io
import math
import struct
import time
import wave
from dataclasses import replace
from decimal import Decimal

from django.utils import timezone

from bots.limits import operator_usage
from bots.llm.connection_test import TestResult
from bots.llm.errors import ProviderError
from bots.models.lengths import ERROR_LENGTH
from bots.models.provider import ModelProvider
from bots.models.spending import OperatorPurpose
from bots.speech import endpoints, recognition, synthesis
from bots.speech.endpoints import Endpoint, Kind
from bots.speech.recording_formats import Recording
from clawdbot.reasons import columns, why

_TIMEOUT_S = 20.0
TONE_S = 1.0
WORD = "Ready."


def test_endpoint(provider: ModelProvider) -> TestResult:
    """Lets the provider hear a second of sound, or say one word. Stores the outcome on its row if it is saved."""
    row = endpoints.of_row(provider)
    endpoint = replace(row, timeout_s=min(_TIMEOUT_S, row.timeout_s))
    started = time.perf_counter()
    try:
        text = _listens(endpoint) if provider.kind == Kind.TRANSCRIPTION else _speaks(endpoint)
    except ProviderError as error:
        result = TestResult(False, why(error), _ms(started))
        values = {"last_error_at": timezone.now(), **columns("last_error", result.text, ERROR_LENGTH)}
    else:
        endpoints.breaker.succeeded(row)
        result = TestResult(True, text, _ms(started), provider.model)
        values = {"last_ok_at": timezone.now()}
    for name, value in values.items():
        setattr(provider, name, value)
    if provider.pk is not None:
        ModelProvider.objects.filter(pk=provider.pk).update(**values)
    return result


def _listens(endpoint: Endpoint) -> str:
    # What it hears in a tone is of no interest: that it listens is.
    heard = recognition.ask(endpoint, Recording(_tone(), "recording.wav", "audio/wav"))
    _note(endpoint, recognition.cost_of(endpoint, TONE_S))
    return heard.text[:200] or "(…)"


def _speaks(endpoint: Endpoint) -> str:
    spoken = synthesis.ask(endpoint, WORD, tuple(synthesis.FORMATS))
    _note(endpoint, synthesis.cost_of(endpoint, WORD))
    return f"{len(spoken)} bytes"


def _note(endpoint: Endpoint, cost: Decimal) -> None:
    operator_usage.note(OperatorPurpose.TEST, endpoint.name, endpoint.model, (0, 0), cost)


def _tone() -> bytes:
    """Returns a second of a quiet tone as WAV."""
    target = io.BytesIO()
    with wave.open(target, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(16_000)
        samples = (round(2000 * math.sin(2 * math.pi * 440 * at / 16_000)) for at in range(round(16_000 * TONE_S)))
        written.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return target.getvalue()


def _ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
