"""An import restores everything of an export, also rows that an operator wrote, corrected or pinned."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from memory.consolidation.optimize import optimize
from memory.lifecycle import editing, transfer
from memory.models import MemoryEntry
from memory.storage import rows
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import digests, facts, other_person, person, say, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]
LATER = timedelta(hours=7)


def move(source: Scope, target: Scope) -> transfer.Report:
    return transfer.store_lines([line.encode() for line in transfer.export_lines(source)], target)


def lines(scope: Scope) -> list[dict[str, Any]]:
    """Returns the export without ids, which name rows."""
    return [{k: v for k, v in json.loads(line).items() if k != "id"} for line in transfer.export_lines(scope)]


def fact(scope: Scope, text: str) -> int:
    return rows.of_scope(scope).get(kind="fact", text=text).pk


def test_facts_that_were_corrected_come_back_and_stay() -> None:
    ann = person()
    twin = other_person(ann)
    talk(ann, "I live in Chengdu", "See you tomorrow", days_ago=40)
    talk(ann, "My favourite drink is tea", "See you soon", days_ago=30)
    optimize(ann.bot_id)
    editing.rewrite(ann, fact(ann, "The person lives in Chengdu"), "The person lives in Chengdu, in Jinjiang")
    (drink,) = [text for text in facts(ann) if "tea" in text]
    editing.supersede(ann, fact(ann, drink), "The person drinks coffee now")

    assert move(ann, twin).refused == []
    again = move(ann, twin)
    assert (again.stored, again.known) == (0, 6)
    optimize(ann.bot_id, now=timezone.now() + LATER)
    assert (
        set(facts(twin))
        == set(facts(ann))
        == {"The person lives in Chengdu, in Jinjiang", "The person drinks coffee now"}
    )
    recalled = MemoryStore(twin.bot_id).recall(twin, "what does the person drink now?", derived=5).derived
    assert "The person drinks coffee now" in [hit.text for hit in recalled]
    assert lines(twin) == lines(ann)


def test_a_replaced_fact_that_was_pinned_stays_history() -> None:
    ann = person()
    twin = other_person(ann)
    talk(ann, "I live in Chengdu", "See you tomorrow")
    optimize(ann.bot_id)
    old = fact(ann, "The person lives in Chengdu")
    editing.rewrite(ann, old, "The person lives in Chengdu, in Jinjiang")
    editing.supersede(ann, old, "The person lives in Shenzhen")
    move(ann, twin)
    assert facts(twin) == ["The person lives in Shenzhen"]
    held, now = MemoryEntry.objects.for_person(twin.bot_id, twin.person_id).filter(kind="fact").order_by("valid_from")
    assert (held.valid_to, held.superseded_by_id) == (now.valid_from, now.pk)


def test_a_summary_that_was_corrected_comes_back() -> None:
    ann = person()
    twin = other_person(ann)
    talk(
        ann, "We planned the garden party", "Bob brings the grill", "Eve bakes a cherry cake", "It begins at noon sharp"
    )
    optimize(ann.bot_id)
    summary = rows.of_scope(ann).get(kind="summary")
    editing.rewrite(ann, summary.pk, "Garden party: Bob the grill, Eve the cake")
    move(ann, twin)
    assert digests(twin) == digests(ann) == ["Garden party: Bob the grill, Eve the cake"]
    optimize(ann.bot_id, now=timezone.now() + LATER)
    optimize(ann.bot_id, now=timezone.now() + LATER, rebuild=True)
    assert digests(twin) == digests(ann) == ["Garden party: Bob the grill, Eve the cake"]


def test_what_was_made_from_an_erased_turn_goes_with_it_after_an_import_too() -> None:
    ann = person()
    twin = other_person(ann)
    talk(ann, "I live in Chengdu", "See you tomorrow")
    optimize(ann.bot_id)
    editing.rewrite(ann, fact(ann, "The person lives in Chengdu"), "The person lives in Chengdu, in Jinjiang")
    move(ann, twin)
    told = rows.of_scope(twin).get(kind="turn", text="I live in Chengdu").pk
    MemoryStore(twin.bot_id).erase(twin, [told])
    assert facts(twin) == []


@pytest.mark.parametrize("said_at", ["2026-11-20T02:00:00+14:00", "2026-11-20T23:00:00-12:00", "2026-11-20T12:00:00Z"])
def test_yesterday_is_the_same_day_after_an_import(said_at: str) -> None:
    ann = person()
    twin = other_person(ann)
    say(ann, "yesterday I bought a bike", occurred_at=datetime.fromisoformat(said_at))
    move(ann, twin)
    before, after = (rows.of_scope(scope).get() for scope in (ann, twin))
    assert (after.occurred_at, after.day, after.dates) == (before.occurred_at, before.day, before.dates)


@pytest.mark.parametrize("said_at", ["1900-01-01T00:00:00+14:00", "2199-12-31T23:59:59-12:00"])
def test_the_first_and_the_last_moment_that_are_taken_come_back(said_at: str) -> None:
    ann = person()
    say(ann, "hello there", occurred_at=datetime.fromisoformat(said_at))
    assert move(ann, other_person(ann)).refused == []
