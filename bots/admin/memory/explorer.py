"""The memory explorer: shows what a bot recalls about a person for a question, and the scores behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from bots.operations import memories
from memory.models import MemoryEntry

if TYPE_CHECKING:
    from bots.models import Person
    from memory.types import Hit

RAW = ("bm25", "cosine", "coverage", "rerank", "fused")
LARGEST = 500  # characters of a question


@dataclass(frozen=True, slots=True)
class Share:
    """The contribution of one retrieval arm to a score. `width` is a percentage of the largest one of all hits."""

    name: str
    words: str
    value: str
    width: int
    negative: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One hit with its row."""

    hit: Hit
    row: MemoryEntry
    score: str
    shares: tuple[Share, ...]
    raw: str
    state: str
    state_label: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The hits for a question: turns, and derived memories (facts and summaries), each best first."""

    turns: tuple[Shown, ...]
    derived: tuple[Shown, ...]
    ms: str
    degraded: bool
    not_reranked: str


def ask(person: Person, question: str, *, as_of: datetime | None, history: bool) -> Answer:
    """Recalls with the same search as the person's bot."""
    found = memories.explore(person, question[:LARGEST], as_of=as_of, history=history)
    hits = (*found.hits, *found.derived)
    rows = MemoryEntry.objects.for_person(person.bot_id, person.pk).filter(pk__in=[hit.id for hit in hits])
    by_id = {row.pk: row for row in rows.defer("vector", "tokens", "terms").select_related("superseded_by")}
    most = max((abs(value) for hit in hits for name, value in hit.why.items() if name not in RAW), default=0.0)
    shown = [_shown(hit, by_id[hit.id], most) for hit in hits if hit.id in by_id]
    turns = tuple(one for one in shown if one.row.kind == MemoryEntry.Kind.TURN)
    derived = tuple(one for one in shown if one.row.kind != MemoryEntry.Kind.TURN)
    return Answer(turns, derived, f"{found.ms:.1f}", found.degraded, found.not_reranked)


def _shown(hit: Hit, row: MemoryEntry, most: float) -> Shown:
    state, label = state_of(row)
    return Shown(hit, row, f"{hit.score:.2f}", tuple(_shares(hit.why, most)), _raw(hit.why), state, label)


def state_of(row: MemoryEntry) -> tuple[str, str]:
    """Returns why a memory is no longer recalled, as a chip's state and label; ("", "") when it still is."""
    if row.superseded_by_id is not None:
        return "gone", _("superseded")
    if row.archived_at is not None:
        return "closed", _("archived")
    return ("closed", _("no longer true")) if row.valid_to is not None else ("", "")


def _shares(why: Mapping[str, float], most: float) -> list[Share]:
    names = arm_names()
    parts = [(name, value) for name, value in why.items() if name not in RAW and abs(value) >= 0.005]
    parts.sort(key=lambda part: -abs(part[1]))
    return [
        Share(name, names.get(name, name), f"{value:+.2f}", round(100 * abs(value) / most) if most else 0, value < 0)
        for name, value in parts
    ]


def _raw(why: Mapping[str, float]) -> str:
    return " · ".join(f"{name} {why[name]:.2f}" for name in RAW if name in why)


def arm_names() -> dict[str, str]:
    """Returns a short description of each retrieval arm, in the reader's language."""
    return {
        "lexical": _("words in common"),
        "window_lexical": _("words in the turns before"),
        "vector": _("meaning"),
        "session": _("its session fits"),
        "answer": _("answers a question that fits"),
        "speaker": _("the speaker is named"),
        "role": _("the side that is meant"),
        "date": _("the day that is meant"),
        "event": _("speaks of that day"),
        "neighbours": _("its neighbours fit"),
        "question": _("is itself a question"),
        "recency": _("said lately"),
        "repeated": _("said often"),
    }
