"""Normalizes the answer of a skill: text, a file, or a list of both."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple

from clawdbot.files import File
from clawdbot.redaction import without_registered
from clawdbot.skills.buttons import Buttons
from clawdbot.storable_text import storable


class Read(NamedTuple):
    """An answer as it is stored. Without files, the parts are empty."""

    text: str
    parts: tuple[str | File, ...] = ()
    buttons: tuple[str, ...] = ()


LONGEST = 16_000
"""Characters of one text; what is longer is cut. Telegram shows it as four messages."""
MOST_PARTS = 40


def read(answer: Any) -> Read:
    """Returns the text of the answer, captions included, its parts in order, and its buttons.

    Raises:
        ValueError: The answer is empty, or has too many parts.
        TypeError: A part is neither text nor a file.
    """
    given = answer if isinstance(answer, (list, tuple)) else (answer,)
    if len(given) > MOST_PARTS:
        raise ValueError(f"the skill answered with more than {MOST_PARTS} parts")
    labels = [label for part in given if isinstance(part, Buttons) for label in part.labels]
    parts = [_storable(part) for part in given if part is not None and not isinstance(part, Buttons)]
    parts = [part for part in parts if part]
    if not parts:
        raise ValueError("the skill answered nothing")
    words = [part.caption if isinstance(part, File) else part for part in parts]
    files = any(isinstance(part, File) for part in parts)
    shown = tuple(filter(None, (_text(label) for label in labels)))
    return Read("\n\n".join(filter(None, words)), tuple(parts) if files else (), shown)


def _storable(part: Any) -> str | File:
    if isinstance(part, File):
        return replace(part, caption=_text(part.caption), name=_text(part.name))
    if isinstance(part, bool) or not isinstance(part, (str, Real, Decimal)):
        raise TypeError(f"the skill answered with a {type(part).__name__}, not with text or a file")
    return _text(str(part))


def _text(given: str) -> str:
    """Returns what may be shown of a text: without secrets, and not longer than a chat can bear."""
    if len(given) > LONGEST:
        given = f"{given[:LONGEST].rstrip()}\n\n…"
    shown = without_registered(storable(given)).strip()
    # A text of signs without a width would be an empty message.
    return shown if any(sign.isprintable() and not sign.isspace() for sign in shown) else ""
