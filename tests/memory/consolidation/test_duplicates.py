"""A near-duplicate is archived only if the remaining row says everything that it says."""

from __future__ import annotations

import pytest

from memory.consolidation import duplicates
from memory.consolidation.optimize import optimize
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import facts, found, other_person, person, talk

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

SAME = (
    ("I like green tea with lemon", "I really like green tea with lemon"),
    ("My dentist is called Dr Weber", "Well, my dentist is called Dr. Weber"),
    ("我喜欢喝绿茶", "我很喜欢喝绿茶"),
)
DIFFERENT = (
    ("I have two cats and a dog", "I have three cats and a dog"),
    ("I like green tea with lemon", "I don't like green tea with lemon"),
    ("My flight to Rome leaves at 9", "My flight to Rome leaves at 10"),
    ("My sister lives in Berlin", "My sister lives in Munich"),
    ("我喜欢喝绿茶", "我不喜欢喝绿茶"),
    ("[Forwarded from Al]\n> I like green tea with lemon", "I like green tea with lemon"),
    ("Yes please", "Yes"),
    ("Ann admires Tom the carpenter", "Tom the carpenter admires Ann"),
)


def archived(scope: Scope) -> list[str]:
    rows = MemoryEntry.objects.for_person(scope.bot_id, scope.person_id).exclude(archived_at=None)
    return list(rows.order_by("id").values_list("text", flat=True))


@pytest.mark.parametrize(("first", "again"), SAME)
def test_what_says_no_more_is_linked_and_archived(first: str, again: str) -> None:
    ann = person()
    kept, gone = talk(ann, first, days_ago=20)[0], talk(ann, again, days_ago=10)[0]
    assert optimize(ann.bot_id).report["counts"]["near_duplicates"] == 1
    assert archived(ann) == [again]
    assert MemoryEntry.objects.get(pk=gone).similar_to_id == kept
    assert found(ann, first) == [first]
    assert MemoryEntry.objects.filter(pk=gone).exists()


@pytest.mark.parametrize(("first", "again"), DIFFERENT)
def test_another_number_a_negation_or_another_name_is_another_memory(first: str, again: str) -> None:
    ann = person()
    talk(ann, first, days_ago=20)
    talk(ann, again, days_ago=10)
    optimize(ann.bot_id)
    assert archived(ann) == []


def test_the_row_that_says_more_stays_whichever_came_first() -> None:
    ann = person()
    talk(ann, "My brother plays the violin in Vienna", days_ago=20)
    talk(ann, "My brother plays the violin in Vienna beautifully", days_ago=10)
    optimize(ann.bot_id)
    assert archived(ann) == ["My brother plays the violin in Vienna"]


def test_the_same_event_on_two_days_is_two_events() -> None:
    ann = person()
    talk(ann, "Yesterday I ran along the harbour", days_ago=20)
    talk(ann, "Yesterday I really ran along the harbour", days_ago=10)
    optimize(ann.bot_id)
    assert archived(ann) == []


def test_the_other_side_other_people_and_pinned_rows_are_left_alone() -> None:
    ann = person()
    bob = other_person(ann)
    talk(ann, "I like green tea with lemon", days_ago=20)
    talk(ann, "I really like green tea with lemon", days_ago=15, role="assistant")
    pinned = talk(ann, "I like green tea very much with lemon", days_ago=10)
    talk(bob, "I really like green tea with lemon", days_ago=10)
    MemoryEntry.objects.filter(pk__in=pinned).update(pinned=True)
    optimize(ann.bot_id)
    assert archived(bob) == []
    assert archived(ann) == ["I like green tea with lemon"]


def test_deleting_the_row_that_stayed_brings_the_archived_one_back() -> None:
    ann = person()
    kept = talk(ann, "I like green tea with lemon", days_ago=20)
    talk(ann, "I really like green tea with lemon", days_ago=10)
    optimize(ann.bot_id)
    MemoryStore(ann.bot_id).erase(ann, kept)
    assert found(ann, "green tea") == ["I really like green tea with lemon"]
    assert facts(ann) == []


@pytest.mark.usefixtures("words_only")
def test_without_an_embedder_nothing_is_called_a_duplicate() -> None:
    ann = person()
    talk(ann, "I like green tea with lemon", "I really like green tea with lemon")
    assert duplicates.find(ann) == []
