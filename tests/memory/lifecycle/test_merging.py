"""Memories move to another person and back; ids, copies, facts and archive stay correct."""

from __future__ import annotations

import pytest

from memory.lifecycle import merging
from memory.models import MemoryEntry
from memory.storage import port
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import MORNING, found, other_person, person, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def texts(scope: Scope) -> list[str]:
    rows = MemoryEntry.objects.for_person(scope.bot_id, scope.person_id).order_by("id")
    return list(rows.values_list("text", flat=True))


def fact(scope: Scope, text: str, key: str, *sources: int, **values: object) -> MemoryEntry:
    row = MemoryEntry(
        bot_id=scope.bot_id, person_id=scope.person_id, kind="fact", text=text, tokens=text, content_hash=b"0" * 16,
        fact_key=key, occurred_at=MORNING, last_seen_at=MORNING, day=MORNING.date(), **values,
    )  # fmt: skip
    row.save()
    port.store().add_sources(row.pk, sources)
    return row


def test_everything_moves_and_comes_back_and_both_may_be_repeated() -> None:
    ann = person()
    anna = other_person(ann)
    say(ann, "I like tea")
    say(anna, "I like boats")
    assert merging.absorb(anna, ann) == 1
    assert merging.absorb(anna, ann) == 0
    assert sorted(found(ann, "what do I like")) == ["I like boats", "I like tea"]
    assert found(anna, "boats") == []
    assert [turn.text for turn in MemoryStore(ann.bot_id).get_recent_memory(ann.person_id)]
    assert merging.give_back(ann, [anna.person_id], anna) == 1
    assert merging.give_back(ann, [anna.person_id], anna) == 0
    assert (texts(ann), texts(anna)) == (["I like tea"], ["I like boats"])
    assert found(anna, "boats") == ["I like boats"]


def test_ids_that_both_sides_imported_do_not_collide_and_come_back_unchanged() -> None:
    ann = person()
    anna = other_person(ann)
    say(ann, "I like tea", external_id="1")
    say(anna, "I like boats", external_id="1")
    merging.absorb(anna, ann)
    assert MemoryEntry.objects.filter(person=ann.person_id).values("external_id").distinct().count() == 2
    merging.give_back(ann, [anna.person_id], anna)
    assert set(MemoryEntry.objects.values_list("person_id", "external_id")) == {
        (ann.person_id, "1"),
        (anna.person_id, "1"),
    }


def test_a_copy_made_while_linked_stands_for_itself_afterwards() -> None:
    ann = person()
    anna = other_person(ann)
    say(ann, "I like tea")
    say(anna, "I like boats")
    merging.absorb(anna, ann)
    # each account finds what only the other one said before
    say(ann, "I like tea", origin_id=anna.person_id)
    say(ann, "I like tea!", origin_id=anna.person_id)
    say(ann, "I like boats")
    merging.give_back(ann, [anna.person_id], anna)
    assert sorted(found(ann, "boats tea")) == ["I like boats", "I like tea"]
    assert sorted(found(anna, "boats tea")) == ["I like boats", "I like tea"]
    firsts = MemoryEntry.objects.filter(duplicate_of=None).values_list("person_id", "text", "duplicates")
    assert sorted(firsts) == sorted(
        [
            (ann.person_id, "I like tea", 0),
            (ann.person_id, "I like boats", 0),
            (anna.person_id, "I like boats", 0),
            (anna.person_id, "I like tea", 1),
        ]
    )


def test_of_two_facts_the_later_one_holds_while_linked_and_each_its_own_afterwards() -> None:
    ann = person()
    anna = other_person(ann)
    here, there = say(ann, "I live in Rome")[0], say(anna, "I live in Oslo")[0]
    older = fact(ann, "lives in Rome", "self/home", here, valid_from=MORNING)
    newer = fact(anna, "lives in Oslo", "self/home", there, valid_from=MORNING.replace(hour=10))
    merging.absorb(anna, ann)
    older.refresh_from_db()
    assert (older.superseded_by_id, older.valid_to) == (newer.pk, newer.valid_from)
    merging.give_back(ann, [anna.person_id], anna)
    older.refresh_from_db()
    newer.refresh_from_db()
    assert (older.superseded_by_id, older.valid_to) == (None, None)
    assert newer.person_id == anna.person_id


def test_what_was_derived_from_both_sides_goes_when_they_part() -> None:
    ann = person()
    anna = other_person(ann)
    here, there = say(ann, "I live in Rome")[0], say(anna, "I have a dog")[0]
    merging.absorb(anna, ann)
    fact(ann, "lives in Rome with a dog", "self/home", here, there)
    fact(ann, "has a dog", "self/pet", there)
    own = fact(ann, "likes Rome", "self/likes", here)
    merging.give_back(ann, [anna.person_id], anna)
    assert list(MemoryEntry.objects.exclude(kind="turn").values_list("pk", flat=True)) == [own.pk]


def test_what_was_archived_because_the_other_side_said_the_same_is_recalled_again() -> None:
    ann = person()
    anna = other_person(ann)
    first, second = say(ann, "I really like green tea")[0], say(anna, "I like green tea")[0]
    merging.absorb(anna, ann)
    MemoryEntry.objects.filter(pk=second).update(archived_at=MORNING, similar_to=first)
    merging.give_back(ann, [anna.person_id], anna)
    assert found(anna, "green tea") == ["I like green tea"]


def test_other_people_and_other_bots_are_not_touched() -> None:
    ann = person()
    anna, bob, elsewhere = other_person(ann), other_person(ann), person()
    for scope in (anna, bob, elsewhere):
        say(scope, "I like boats")
    merging.absorb(anna, ann)
    merging.give_back(ann, [anna.person_id], anna)
    assert texts(bob) == texts(elsewhere) == texts(anna) == ["I like boats"]
