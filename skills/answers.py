"""Normalizes the answer of a skill: text, a file, or a list of both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clawdbot.files import File
from clawdbot.storable_text import storable


def read(answer: Any) -> tuple[str, tuple[str | File, ...]]:
    """Returns the text of the answer, captions included, and its parts in order. Without files, the parts are empty.

    Raises:
        ValueError: The answer is empty.
    """
    given = answer if isinstance(answer, (list, tuple)) else (answer,)
    parts = [_storable(part) for part in given if part is not None]
    parts = [part for part in parts if part]
    if not parts:
        raise ValueError("the skill answered nothing")
    words = [part.caption if isinstance(part, File) else part for part in parts]
    files = any(isinstance(part, File) for part in parts)
    return "\n\n".join(filter(None, words)), tuple(parts) if files else ()


def _storable(part: Any) -> str | File:
    if isinstance(part, File):
        return replace(part, caption=storable(part.caption), name=storable(part.name))
    return storable(str(part)).strip()
