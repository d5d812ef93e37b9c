"""Reconciles statements with known facts: ADD, UPDATE, SUPERSEDE or NOOP, over bi-temporal rows.

A new value never overwrites an old one: the old row gets `valid_to` and its successor. A statement about an earlier
time is inserted at its place in the order of valid time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from memory.consolidation import provenance, timeline
from memory.consolidation.claims import ENDED, Statement, says_more
from memory.consolidation.endings import Ending
from memory.models import MemoryEntry
from memory.storage.port import store
from memory.storage.rows import of_scope
from memory.types import Scope

_MOMENT = timedelta(seconds=1)
ADD, UPDATE, SUPERSEDE, NOOP = "added", "updated", "superseded", "known"


def reconcile(scope: Scope, statements: Iterable[Statement], endings: Sequence[Ending] = ()) -> Counter[str]:
    """Reconciles statements with a person's facts, then closes what has ended, in the caller's transaction.

    Returns counts by outcome.
    """
    done: Counter[str] = Counter()
    ordered = sorted(statements, key=lambda s: (s.key, s.true_from, s.sources))
    for key, group in groupby(ordered, key=lambda s: s.key):
        actions = [_take(scope, key, statement) for statement in group]
        if any(action != NOOP for action in actions):
            timeline.relink(scope, key)
        done.update(f"facts_{action}" for action in actions)
    for ending in endings:
        if closed := _close(scope, ending):
            done["facts_superseded"] += closed
    return done


def _close(scope: Scope, ending: Ending) -> int:
    """Closes the facts that were told before the ending; returns their number."""
    rows = of_scope(scope).filter(kind=MemoryEntry.Kind.FACT, valid_to=None, occurred_at__lt=ending.said_at)
    # The same breath may tell what comes instead: "I quit Siemens and now I'm at Bosch".
    rows = rows.exclude(fact_value__startswith=ENDED).exclude(pk__in=store().derived_from(scope, [ending.source]))
    closed = 0
    for key, value, since in list(rows.order_by("id").values_list("fact_key", "fact_value", "valid_from")):
        if not ending.closes(key, value):
            continue
        end = max(ending.true_from, (since or ending.true_from) + _MOMENT)
        provenance.write(
            scope,
            MemoryEntry.Kind.FACT,
            ending.text,
            ending.day,
            (ending.source,),
            {
                "fact_key": key,
                "fact_value": (ENDED + value)[:300],
                "occurred_at": ending.said_at,
                "valid_from": min(end, ending.said_at),
            },
        )
        timeline.relink(scope, key)
        closed += 1
    return closed


def _take(scope: Scope, key: str, statement: Statement) -> str:
    rows = timeline.of_key(scope, key)
    statement = _after_what_was_told(rows, statement)
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


def _after_what_was_told(rows: Iterable[MemoryEntry], statement: Statement) -> Statement:
    """Returns the statement as true after what was told in the period that it names.

    "We moved last month" is later than "I live in Munich", told in that month.
    """
    by = statement.true_by or statement.true_from
    told = [
        row.valid_from
        for row in rows
        if row.valid_from and statement.true_from < row.valid_from <= by and row.occurred_at < statement.said_at
    ]
    return replace(statement, true_from=min(max(told) + _MOMENT, statement.said_at)) if told else statement


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
