"""Reconciles statements with known facts: ADD, UPDATE, SUPERSEDE or NOOP, over bi-temporal rows.

A new value never overwrites an old one: the old row gets `valid_to` and its successor. A statement about an earlier
time is inserted at its place in the order of valid time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from memory.consolidation import provenance, timeline
from memory.consolidation.claims import ENDED, Statement, says_more
from memory.models import MemoryEntry
from memory.storage.rows import of_scope
from memory.types import Scope

ADD, UPDATE, SUPERSEDE, NOOP = "added", "updated", "superseded", "known"


def reconcile(scope: Scope, statements: Iterable[Statement]) -> Counter[str]:
    """Reconciles statements with a person's facts in the caller's transaction; returns counts by outcome."""
    done: Counter[str] = Counter()
    ordered = sorted(statements, key=lambda s: (s.key, s.true_from, s.sources))
    for key, group in groupby(ordered, key=lambda s: s.key):
        actions = [_take(scope, key, statement) for statement in group]
        if any(action != NOOP for action in actions):
            timeline.relink(scope, key)
        done.update(f"facts_{action}" for action in actions)
    return done


def _take(scope: Scope, key: str, statement: Statement) -> str:
    rows = timeline.of_key(scope, key)
    before = [row for row in rows if row.valid_from and row.valid_from <= statement.true_from]
    after = [row for row in rows if row.valid_from and row.valid_from > statement.true_from]
    held = before[-1] if before else None
    if held is not None and _is_held_already(held, statement):
        return _confirm(scope, held, statement)
    if statement.standing == ENDED and (held is None or not _ends(statement, held)):
        return NOOP  # ends a fact that is not known
    if after and after[0].fact_value == statement.folded:
        of_scope(scope).filter(pk=after[0].pk).update(valid_from=statement.true_from)
        if held is not None:
            timeline.relink(scope, key)
        return _confirm(scope, after[0], statement)
    provenance.write(
        scope,
        MemoryEntry.Kind.FACT,
        statement.text,
        statement.day,
        statement.sources,
        {
            "fact_key": key,
            "fact_value": statement.folded,
            "occurred_at": statement.said_at,
            "valid_from": statement.true_from,
        },
    )
    if held is None:
        return ADD
    return UPDATE if says_more(statement.folded, held.fact_value) else SUPERSEDE


def _is_held_already(held: MemoryEntry, statement: Statement) -> bool:
    if held.fact_value == statement.folded:
        return True
    # "Berlin" after "Berlin, Kreuzberg" is only less precise.
    return not statement.is_many and says_more(held.fact_value, statement.folded)


def _ends(statement: Statement, held: MemoryEntry) -> bool:
    ended = statement.folded.removeprefix(ENDED)
    return statement.is_many or held.fact_value == ended or says_more(held.fact_value, ended)


def _confirm(scope: Scope, row: MemoryEntry, statement: Statement) -> str:
    provenance.add_sources(row.pk, statement.sources)
    if statement.said_at > row.last_seen_at:
        of_scope(scope).filter(pk=row.pk).update_unseen(last_seen_at=statement.said_at)
    return NOOP
