"""Providers that listen and speak."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from bots.models import ModelProvider
from bots.speech import endpoints
from tests.speech_server import SpeechServer

Kind = ModelProvider.Kind


def connect(url: str, kind: str, **values: Any) -> ModelProvider:
    given = {"name": kind, "endpoint": f"{url}/v1", "model": "whisper-1", "timeout_s": 5.0, "kind": kind} | values
    key = given.pop("api_key", "")
    row = ModelProvider(**given)
    row.api_key = key
    row.save()
    endpoints.clear_cache()
    return row


@contextmanager
def connected(made: SpeechServer, *kinds: str, **values: Any) -> Iterator[SpeechServer]:
    """Runs the server and connects it as a provider of each kind."""
    with made.server() as server:
        for kind in kinds or (Kind.TRANSCRIPTION,):
            connect(server.url, kind, voice_price=Decimal("0.006"), **values)
        yield made
