"""Erasing a source removes derived rows; facts with another source come back without the erased words."""

from __future__ import annotations

import pytest

from memory.consolidation import timeline
from memory.consolidation.optimize import optimize
from memory.models import ConsolidatedEpisode, MemoryEntry, MemorySource
from memory.store import MemoryStore
from tests.memory.builders import digests, facts, person, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]
LINES = ("I live in Chengdu", "The red boat needs new paint", "The mast is made of oak", "The sail was torn in May")


def test_erasing_a_turn_takes_its_facts_and_digests_at_once() -> None:
    ann = person()
    ids = talk(ann, *LINES)
    optimize(ann.bot_id)
    assert any("mast" in digest for digest in digests(ann))
    MemoryStore(ann.bot_id).erase(ann, [ids[2]])
    assert digests(ann) == []
    assert facts(ann) == ["The person lives in Chengdu"]
    talk(ann, "The anchor is heavy", session="talk 30", days_ago=30)
    optimize(ann.bot_id)
    (digest,) = digests(ann)
    assert "mast" not in digest
    assert "boat" in digest


def test_a_fact_that_was_said_twice_comes_back_from_the_other_turn() -> None:
    ann = person()
    ids = talk(ann, "I live in Chengdu", days_ago=20)
    talk(ann, "By the way, I live in Chengdu now", days_ago=10)
    optimize(ann.bot_id)
    MemoryStore(ann.bot_id).erase(ann, ids)
    assert facts(ann) == []
    optimize(ann.bot_id)
    assert facts(ann) == ["The person lives in Chengdu"]
    source = MemorySource.objects.get().source
    assert source.text.startswith("By the way")


def test_erasing_what_superseded_a_fact_lets_it_hold_again() -> None:
    ann = person()
    talk(ann, "I live in Chengdu", days_ago=20)
    ids = talk(ann, "I moved to Shenzhen", days_ago=10)
    optimize(ann.bot_id)
    MemoryStore(ann.bot_id).erase(ann, ids)
    (row,) = timeline.of_key(ann, "self/home")
    assert (row.fact_value, row.valid_to, row.superseded_by_id) == ("chengdu", None, None)


def test_erasing_a_copy_counts_as_erasing_the_source() -> None:
    ann = person()
    talk(ann, "Nothing much", days_ago=20)
    first = talk(ann, "I live in Chengdu", days_ago=15)
    talk(ann, "i live in CHENGDU!", days_ago=10)
    optimize(ann.bot_id)
    MemoryStore(ann.bot_id).erase(ann, first)
    assert facts(ann) == []
    assert MemoryEntry.objects.count() == 1


def test_forgetting_a_person_leaves_no_derived_row_and_no_trace_of_reading() -> None:
    ann = person()
    talk(ann, *LINES)
    optimize(ann.bot_id)
    MemoryStore(ann.bot_id).erase(ann)
    assert [m.objects.count() for m in (MemoryEntry, MemorySource, ConsolidatedEpisode)] == [0, 0, 0]


def test_a_fact_that_was_deleted_by_hand_is_not_made_again_by_the_next_run() -> None:
    ann = person()
    talk(ann, *LINES)
    optimize(ann.bot_id)
    fact = MemoryEntry.objects.get(kind="fact")
    MemoryStore(ann.bot_id).erase(ann, [fact.pk])
    optimize(ann.bot_id)
    assert facts(ann) == []
