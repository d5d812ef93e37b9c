"""What a person's export holds, an import gives back: also what an operator wrote, corrected or pinned."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from memory import editing, entries, transfer
from memory.consolidation.optimize import optimize
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import digests, facts, other_person, person, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only")]
LATER = timedelta(hours=7)


def move(source: Scope, target: Scope) -> transfer.Report:
    return transfer.store_lines([line.encode() for line in transfer.export_lines(source)], target)


def lines(scope: Scope) -> list[dict[str, Any]]:
    """The export without its ids, which are names of rows."""
    return [{k: v for k, v in json.loads(line).items() if k != "id"} for line in transfer.export_lines(scope)]


def fact(scope: Scope, text: str) -> int:
    return entries.of_scope(scope).get(kind="fact", text=text).pk


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
    summary = entries.of_scope(ann).get(kind="summary")
    editing.rewrite(ann, summary.pk, "Garden party: Bob the grill, Eve the cake")
    move(ann, twin)
    assert digests(twin) == digests(ann) == ["Garden party: Bob the grill, Eve the cake"]
    optimize(ann.bot_id, now=timezone.now() + LATER)
    assert digests(ann)[0] in digests(twin)
