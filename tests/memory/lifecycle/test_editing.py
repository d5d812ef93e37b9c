"""An edit corrects the words of a memory or supersedes it; derived rows follow."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from memory.consolidation import provenance
from memory.lifecycle import editing
from memory.models import MemoryEntry
from memory.storage import embedding_backfill, port
from memory.store import MemoryStore
from tests.memory.builders import MORNING, found, other_person, person, say

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_a_rewritten_memory_is_found_by_its_new_words_and_no_longer_by_the_old() -> None:
    ann = person()
    pk, _ = say(ann, "my sister lives in Chengdu", "tea is what I drink")
    embedding_backfill.embed_waiting()
    found(ann, "warm the cache")
    before = MemoryEntry.objects.get(pk=pk)
    assert editing.rewrite(ann, pk, "my brother works in Berlin")
    row = MemoryEntry.objects.get(pk=pk)
    assert (row.vector, row.embedder, row.claim) == (None, "", None)
    assert bytes(row.content_hash) != bytes(before.content_hash)
    hits = MemoryStore(ann.bot_id).recall(ann, "brother Berlin").hits
    assert hits[0].text == "my brother works in Berlin"
    assert hits[0].why["coverage"] > 0.9
    assert all(hit.why["coverage"] == 0 for hit in MemoryStore(ann.bot_id).recall(ann, "sister Chengdu").hits)
    assert (
        embedding_backfill.embed_waiting() == 2
    )  # its own vector, and that of the next turn, which contained the old words


def test_a_superseded_memory_is_history_and_the_new_one_is_recalled() -> None:
    ann = person()
    (pk,) = say(ann, "I live in Chengdu")
    new = editing.supersede(ann, pk, "I live in Shenzhen")
    old = MemoryEntry.objects.get(pk=pk)
    assert (old.superseded_by_id, old.text) == (new, "I live in Chengdu")
    assert old.valid_to is not None
    store = MemoryStore(ann.bot_id)
    assert [hit.text for hit in store.recall(ann, "where do I live").hits] == ["I live in Shenzhen"]
    then = store.recall(ann, "where do I live", as_of=MORNING + timedelta(hours=1)).hits
    assert [hit.text for hit in then] == ["I live in Chengdu"]
    assert len(store.recall(ann, "where do I live", history=True).hits) == 2


def test_a_fact_is_superseded_by_a_fact_of_the_same_key() -> None:
    ann = person()
    say(ann, "I live in Chengdu")
    fields = {"occurred_at": MORNING, "valid_from": MORNING, "fact_key": "self/home", "fact_value": "chengdu"}
    pk = provenance.write(ann, "fact", "Lives in Chengdu", MORNING.date(), (), fields)
    new = editing.supersede(ann, pk, "Lives in Shenzhen")
    old, fresh = MemoryEntry.objects.get(pk=pk), MemoryEntry.objects.get(pk=new)
    assert (old.superseded_by_id, old.valid_to) == (new, fresh.valid_from)
    assert (fresh.kind, fresh.fact_key, fresh.pinned) == ("fact", "self/home", True)
    derived = MemoryStore(ann.bot_id).recall(ann, "where do I live", derived=5).derived
    assert [hit.text for hit in derived] == ["Lives in Shenzhen"]


def test_what_was_made_from_the_old_words_goes_with_them() -> None:
    ann = person()
    (pk,) = say(ann, "I live in Chengdu")
    fields = {"occurred_at": MORNING, "valid_from": MORNING, "fact_key": "self/home", "fact_value": "chengdu"}
    fact = provenance.write(ann, "fact", "Lives in Chengdu", MORNING.date(), (pk,), fields)
    assert port.store().sources([fact]) == {fact: [pk]}
    editing.rewrite(ann, pk, "I live in Berlin")
    assert not MemoryEntry.objects.filter(pk=fact).exists()


def test_an_edited_fact_is_pinned_because_somebody_wanted_it_so() -> None:
    ann = person()
    fields = {"occurred_at": MORNING, "valid_from": MORNING, "fact_key": "self/home", "fact_value": "chengdu"}
    pk = provenance.write(ann, "fact", "Lives in Chengdu", MORNING.date(), (), fields)
    editing.rewrite(ann, pk, "Lives near Chengdu")
    assert provenance.drop_orphans(ann) == 0
    assert MemoryEntry.objects.get(pk=pk).text == "Lives near Chengdu"


@pytest.mark.parametrize("text", ["", "  \n", "\0", "x" * 20_001])
def test_a_text_that_is_none_changes_nothing(text: str) -> None:
    ann = person()
    (pk,) = say(ann, "I like tea")
    for change in (editing.rewrite, editing.supersede):
        with pytest.raises(editing.EditRefused):
            change(ann, pk, text)
    assert list(MemoryEntry.objects.values_list("text", "superseded_by")) == [("I like tea", None)]


def test_another_persons_memory_cannot_be_changed() -> None:
    ann = person()
    bob = other_person(ann)
    (pk,) = say(ann, "I like tea")
    for change in (editing.rewrite, editing.supersede):
        with pytest.raises(editing.EditRefused, match="not there"):
            change(bob, pk, "I like coffee")
    assert MemoryEntry.objects.get(pk=pk).text == "I like tea"


def test_the_same_words_are_no_change_and_nothing_is_superseded_twice() -> None:
    ann = person()
    (pk,) = say(ann, "I like tea")
    assert not editing.rewrite(ann, pk, " I like tea ")
    with pytest.raises(editing.EditRefused, match="words already"):
        editing.supersede(ann, pk, "i like TEA!")
    editing.supersede(ann, pk, "I like coffee", at=timezone.now())
    with pytest.raises(editing.EditRefused, match="superseded already"):
        editing.supersede(ann, pk, "I like water")
