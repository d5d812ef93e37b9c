"""Summaries without a model: the most informative sentences of the messages, oldest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.utils import timezone

from bots.models.sql import Said
from memory.consolidation import digest
from memory.consolidation.episodes import Episode, Line
from memory.text.tokenizer import tokenize

LONGEST = 1500  # characters of a summary; the oldest sentences go first
LONGEST_SENTENCE = 200
FEW = 4  # sentences of a talk that is too short for a choice
_BETWEEN = " / "


def add(summary: str, said: Sequence[Said]) -> str:
    """Returns the summary with an extract of these messages at its end."""
    parts = [part for part in summary.split(_BETWEEN) if part] + _extract(said)
    while len(parts) > 1 and len(_BETWEEN.join(parts)) > LONGEST:
        parts.pop(0)
    return _BETWEEN.join(parts)[:LONGEST]


def _extract(said: Sequence[Said]) -> list[str]:
    if not said:
        return []
    now = timezone.now()
    lines = tuple(
        Line(one.id, "", one.role, one.speaker, one.text, now, now.date(), None) for one in said if one.text.strip()
    )
    found = digest.extract(Episode(lines), _rarity(lines)) if lines else None
    if found is not None:
        return found[0].split(_BETWEEN)
    own = [one for one in said if one.role == "user" and one.text.strip()][-FEW:]
    return [f"{one.speaker or one.role}: {' '.join(one.text.split())[:LONGEST_SENTENCE]}" for one in own]


def _rarity(lines: Sequence[Line]) -> digest.Rarity:
    frequencies: Counter[str] = Counter()
    for line in lines:
        frequencies.update(set(tokenize(line.text)))
    return digest.Rarity(frequencies, len(lines))
