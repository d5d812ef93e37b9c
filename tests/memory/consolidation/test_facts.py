"""A statement adds, updates, supersedes or repeats a known fact; rows have a time of validity."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from memory.consolidation import timeline
from memory.consolidation.optimize import optimize
from memory.lifecycle import editing
from memory.models import MemoryEntry, MemorySource
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import digests, facts, other_person, person, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def run(scope: Scope, **options: Any) -> Counter[str]:
    return Counter(optimize(scope.bot_id, **options).report["counts"])


def test_a_new_fact_is_added_with_its_source_and_its_date() -> None:
    ann = person()
    (turn_id,) = talk(ann, "My sister lives in Chengdu")
    assert run(ann)["facts_added"] == 1
    row = MemoryEntry.objects.get(kind="fact")
    assert (row.text, row.fact_key, row.valid_to) == ("The person's sister lives in Chengdu", "sister/home", None)
    assert row.valid_from == MemoryEntry.objects.get(pk=turn_id).occurred_at
    assert list(MemorySource.objects.filter(derived=row).values_list("source_id", flat=True)) == [turn_id]


def test_the_same_fact_again_is_known_and_gains_a_source() -> None:
    ann = person()
    talk(ann, "My sister lives in Chengdu", days_ago=20)
    talk(ann, "As I said: my sister lives in Chengdu now", "My sister lives in chengdu.", days_ago=10)
    counts = run(ann)
    assert (counts["facts_added"], counts["facts_superseded"]) == (1, 0)
    assert counts["facts_known"] >= 1
    assert facts(ann) == ["The person's sister lives in Chengdu"]
    assert MemorySource.objects.count() >= 2


def test_a_changed_fact_closes_the_old_one() -> None:
    ann = person()
    talk(ann, "I live in Chengdu", days_ago=20)
    talk(ann, "I moved from Chengdu to Shenzhen", days_ago=10)
    assert run(ann)["facts_superseded"] == 1
    old, new = timeline.of_key(ann, "self/home")
    assert (old.fact_value, old.valid_to, old.superseded_by_id) == ("chengdu", new.valid_from, new.pk)
    assert (new.fact_value, new.valid_to) == ("shenzhen", None)


def test_a_more_precise_value_is_an_update_and_a_less_precise_one_no_news() -> None:
    ann = person()
    talk(ann, "I am a teacher", days_ago=20)
    talk(ann, "I work as a maths teacher", days_ago=10)
    talk(ann, "I am a teacher, you know", days_ago=5)
    counts = run(ann)
    assert (counts["facts_added"], counts["facts_updated"], counts["facts_known"]) == (1, 1, 1)
    assert facts(ann) == ["The person works as maths teacher"]


def test_liking_and_disliking_the_same_thing_are_one_fact_that_changes() -> None:
    ann = person()
    talk(ann, "I like coffee", "I like tea", days_ago=20)
    talk(ann, "I don't like coffee any more", days_ago=10)
    run(ann)
    assert sorted(facts(ann)) == ["The person does not like coffee", "The person likes tea"]


def test_the_end_of_something_unknown_is_no_fact() -> None:
    ann = person()
    talk(ann, "I live in Shenzhen", days_ago=20)
    talk(ann, "I no longer live in Chengdu", days_ago=10)
    run(ann)
    assert facts(ann) == ["The person lives in Shenzhen"]


def test_what_is_imported_later_about_an_earlier_time_finds_its_place() -> None:
    ann = person()
    talk(ann, "I live in Shenzhen", days_ago=10)
    run(ann)
    talk(ann, "I live in Chengdu", days_ago=20)
    run(ann)
    assert [row.fact_value for row in timeline.of_key(ann, "self/home")] == ["chengdu", "shenzhen"]
    assert facts(ann) == ["The person lives in Shenzhen"]


def test_two_people_of_one_bot_have_facts_of_their_own() -> None:
    ann = person()
    bob = other_person(ann)
    talk(ann, "I live in Chengdu")
    talk(bob, "I live in Shenzhen")
    run(ann)
    assert (facts(ann), facts(bob)) == (["The person lives in Chengdu"], ["The person lives in Shenzhen"])


def test_a_finished_session_gets_one_dated_digest_of_what_says_most() -> None:
    ann = person()
    talk(
        ann,
        "Hello there",
        "My new job at the harbour in Rotterdam begins in January",
        "How are you?",
        "The contract is for three years with a trial period of two months",
        "Ok",
        days_ago=3,
    )
    talk(ann, "A talk that is still going on about boats and harbours", days_ago=0, session="open")
    assert run(ann)["digests"] == 1
    (digest,) = digests(ann)
    assert "Ann: My new job at the harbour in Rotterdam begins in January" in digest
    assert "How are you" not in digest
    row = MemoryEntry.objects.get(kind="summary")
    assert MemorySource.objects.filter(derived=row).exists()
    assert row.valid_from is not None
    assert row.valid_from < row.occurred_at


def test_a_session_that_goes_on_later_gets_a_digest_per_sitting() -> None:
    ann = person()
    lines = ("The red boat needs new paint", "The mast is made of oak", "The sail was torn in May", "Harbour fees rise")
    more = ("The red boat was sold on Monday", "Peter bought it for his son", "I keep the old anchor", "Fees went down")
    talk(ann, *lines, days_ago=9, session="one")
    run(ann)
    first = digests(ann)
    talk(ann, *more, days_ago=4, session="one")
    run(ann)
    assert len(digests(ann)) == 2
    assert digests(ann)[0] == first[0]


def test_derived_rows_come_back_from_recall_in_their_own_place() -> None:
    ann = person()
    talk(ann, "I live in Chengdu", days_ago=20)
    talk(ann, "I moved to Shenzhen", days_ago=10)
    store = MemoryStore(ann.bot_id)
    before = [(hit.text, hit.score) for hit in store.recall(ann, "where do I live?").hits]
    run(ann)
    found = store.recall(ann, "where do I live?", derived=3)
    assert [(hit.text, hit.score) for hit in found.hits] == before
    assert [hit.text for hit in found.derived] == ["The person lives in Shenzhen"]
    assert found.derived[0].kind == "fact"
    then = store.recall(ann, "where do I live?", derived=3, as_of=found.derived[0].valid_from - timedelta(days=1))
    assert [hit.text for hit in then.derived] == ["The person lives in Chengdu"]
    assert store.recall(ann, "where do I live?").derived == ()


def test_a_repetition_of_a_fact_never_counts_as_a_copy_of_the_turn() -> None:
    ann = person()
    talk(ann, "I like tea")
    run(ann)
    (again,) = talk(ann, "The person likes tea", days_ago=1)
    assert MemoryEntry.objects.get(pk=again).duplicate_of is None


def test_a_turn_that_an_operator_superseded_teaches_nothing() -> None:
    ann = person()
    (wrong,) = talk(ann, "I live in Chengdu")
    run(ann)
    editing.supersede(ann, wrong, "Home is Shenzhen")
    run(ann)
    assert facts(ann) == []
