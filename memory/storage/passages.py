"""Builds the passage that is embedded for a turn: its speaker, its text and the end of the previous turn.

"Yes, in Chengdu" means little alone. With the previous turn, recall@10 on LoCoMo rises from .809 to .819 and MRR from
.639 to .655, all else equal. One vector per row is still enough.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db.models import Q

from memory.models import MemoryEntry
from memory.storage.port import store
from memory.types import Scope

CONTEXT_CHARACTERS = 120


class Embeddable(NamedTuple):
    """The fields of a row that make up its passage."""

    id: int
    bot_id: int
    person_id: int
    session: str
    speaker: str
    text: str


def passage(row: Embeddable, before: Embeddable | None) -> str:
    """Returns the text to embed for a row. Its own words come first, so that they weigh most."""
    said = f"{row.speaker}: {row.text}" if row.speaker else row.text
    return f"{said} ({before.text[-CONTEXT_CHARACTERS:]})" if before else said


def passages(rows: Sequence[Embeddable]) -> list[str]:
    """Returns one passage per row, in order. Queries: 2."""
    before = beside([row.id for row in rows], after=False)
    texts = MemoryEntry.objects.filter(pk__in=set(before.values())).values_list(*Embeddable._fields)
    known = {values[0]: Embeddable(*values) for values in texts}
    return [passage(row, known.get(before.get(row.id, 0))) for row in rows]


def beside(ids: Collection[int], *, after: bool) -> dict[int, int]:
    """Maps turn ids to the id of the previous (or next) turn of the same person and session."""
    return store().beside(ids, after=after)


def drop_follower_vectors(scope: Scope, ids: Collection[int]) -> int:
    """Drops the vectors of the turns that follow these, because their passages quote these turns.

    Call it before the turns are deleted or rewritten, in the same transaction. The backfill embeds the followers
    again. Returns the number of dropped vectors.
    """
    rows = MemoryEntry.objects.for_person(scope.bot_id, scope.person_id)
    affected = rows.filter(Q(pk__in=list(ids)) | Q(duplicate_of__in=list(ids))).values_list("id", flat=True)
    followers = set(beside(list(affected), after=True).values()) - set(ids)
    holding = rows.filter(pk__in=followers).exclude(embedder="").exclude(embedder__endswith=":query")
    return holding.update(vector=None, embedder="", claim=None, claim_until=None)
