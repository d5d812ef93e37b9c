"""The store counts repeated words; recall finds them once."""

from __future__ import annotations

import pytest

from memory.models import MemoryEntry
from memory.store import MemoryStore
from tests.memory.builders import found, other_person, person, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def test_words_said_again_are_counted_on_their_first_row() -> None:
    ann = person()
    first = say(ann, "I like tea")[0]
    say(ann, "i like TEA!")
    say(ann, "I like  tea", "I like tea.")
    assert found(ann, "tea") == ["I like tea"]
    assert MemoryStore(ann.bot_id).recall(ann, "tea").hits[0].seen == 4
    assert MemoryEntry.objects.for_person(*_ids(ann)).get(pk=first).duplicates == 3
    assert len(MemoryStore(ann.bot_id).get_recent_memory(ann.person_id)) == 4


def test_copies_inside_one_call_are_counted_too() -> None:
    ann = person()
    ids = say(ann, "I like tea", "I like tea")
    assert len(set(ids)) == 2
    assert MemoryEntry.objects.for_person(*_ids(ann)).get(pk=ids[0]).duplicates == 1


def test_the_other_side_and_other_people_are_no_duplicates() -> None:
    ann = person()
    say(ann, "I like tea")
    say(ann, "I like tea", role="assistant")
    say(other_person(ann), "I like tea")
    assert not MemoryEntry.objects.for_bot(ann.bot_id).exclude(duplicates=0).exists()


def test_a_known_external_id_is_stored_once() -> None:
    ann = person()
    once = say(ann, "I like tea", external_id="m1")
    assert say(ann, "I like coffee now", external_id="m1") == once
    assert found(ann, "tea or coffee") == ["I like tea"]


def _ids(scope: object) -> tuple[int, int]:
    return scope.bot_id, scope.person_id  # type: ignore[attr-defined]
