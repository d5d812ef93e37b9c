"""Reads the answer of a speech recognizer: JSON with details, JSON with a text, or the text alone."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.llm.errors import ProviderError
from bots.speech import said_by_nobody
from clawdbot.reasons import Reason
from clawdbot.storable_text import storable

LONGEST = 20_000  # characters; ten minutes of quick speech are about 4,000
# Whisper's own bounds: a part beyond them is silence, or a loop.
_NO_SPEECH, _UNLIKELY, _REPETITIVE = 0.6, -1.0, 2.4


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, the length in seconds (0.0 when it is not told), and the language ("" when it is not told)."""

    text: str
    seconds: float = 0.0
    language: str = ""


def read(body: bytes) -> Transcript:
    """Returns the transcript without what nobody said.

    Raises:
        ProviderError: The answer is none.
    """
    text = body.decode("utf-8", "replace").strip()
    if not text.startswith(("{", "[", '"')):
        return Transcript(_clean(text))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ProviderError(Reason("answer_not_json")) from None
    if isinstance(value, str):
        return Transcript(_clean(value))
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise ProviderError(Reason("answer_not_transcript"))
    language = value.get("language")
    seconds = max(0.0, _number(value, "duration"))
    return of_parts(value["text"], value.get("segments"), seconds, language if isinstance(language, str) else "")


def of_parts(text: str, segments: Any, seconds: float = 0.0, language: str = "") -> Transcript:
    """Returns the transcript of a text and its parts, which say how sure the recognizer is."""
    parts = [part for part in segments if isinstance(part, dict)] if isinstance(segments, list) else []
    told = [part for part in parts if isinstance(part.get("text"), str)]
    doubted = [part for part in told if _is_silence(part)]
    if doubted:
        text = "".join(part["text"] for part in told if not _is_silence(part))
    unsure = bool(told) and all(_number(part, "no_speech_prob") > 0.4 for part in told)
    return Transcript(_clean(text, doubtful=unsure), seconds, language[:40])


def _clean(text: str, *, doubtful: bool = False) -> str:
    return said_by_nobody.without(storable(text)[:LONGEST], doubtful=doubtful)


def _is_silence(part: Mapping[str, Any]) -> bool:
    unlikely = _number(part, "avg_logprob") < _UNLIKELY
    return unlikely and (
        _number(part, "no_speech_prob") > _NO_SPEECH or _number(part, "compression_ratio") > _REPETITIVE
    )


def _number(value: Mapping[str, Any], name: str) -> float:
    found = value.get(name)
    usable = isinstance(found, (int, float)) and not isinstance(found, bool) and math.isfinite(found)
    return float(found) if usable and isinstance(found, (int, float)) else 0.0
