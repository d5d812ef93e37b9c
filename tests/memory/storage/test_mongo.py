"""Memories in MongoDB: connections, failures, and the way from a turn to recall, consolidation and erasure."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, OperationalError
from django.test import override_settings
from django.utils import timezone

from memory import database
from memory.consolidation import provenance, retention
from memory.consolidation.optimize import optimize
from memory.errors import NoTrialRun
from memory.indexes import build, large
from memory.lifecycle import erasure_proof, transfer
from memory.models import MemoryEntry
from memory.storage import embedding_backfill, orphans
from memory.storage.mongo import client, removal
from memory.storage.port import store
from memory.storage.rows import of_scope
from memory.store import MemoryStore, clear_cache
from memory.types import Scope
from tests.memory.builders import MORNING, facts, found, other_person, person, say, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongodb")]

SAID = (
    "I live in Chengdu",
    "我住在成都，养了两只猫",
    "My sister likes green tea",
    "The train leaves at nine",
    "I work at Bosch",
)


@pytest.fixture
def ann() -> Scope:
    return person()


def test_recall_finds_the_same_with_the_same_scores_as_in_the_main_database(ann: Scope) -> None:
    bob = other_person(ann)

    def hits() -> list[tuple[str, float]]:
        say(ann, *SAID)
        say(bob, "I live in Berlin")
        assert embedding_backfill.embed_waiting() == len(SAID) + 1
        asked = ("Where do I live?", "猫", "What does my sister drink?", "什么时候发车？")
        recalls = [MemoryStore(ann.bot_id).recall(ann, text, now=MORNING) for text in asked]
        return [(hit.text, round(hit.score, 4)) for recall in recalls for hit in recall.hits]

    with override_settings(MEMORY_MONGODB=""):
        wanted = hits()
    clear_cache()
    assert hits() == wanted
    assert wanted[0][0] in SAID[:2]
    assert "I live in Berlin" not in dict(wanted)


@pytest.mark.usefixtures("small_is_large")
def test_a_large_memory_is_searched_by_its_indexes_and_forgets(ann: Scope) -> None:
    ids = say(ann, *SAID, "I have three bicycles", "I sing on Mondays", "I paint the fence")
    embedding_backfill.embed_waiting()
    assert build.build(ann)
    indexes, _state = large.known(ann)
    assert indexes is not None
    assert "I live in Chengdu" in found(ann, "Where do I live?", k=2)
    (later,) = say(ann, "My brother plays the violin")
    embedding_backfill.embed_waiting()
    assert found(ann, "Who plays an instrument?", k=1) == ["My brother plays the violin"]
    MemoryStore(ann.bot_id).erase(ann, [ids[0], later])
    assert {"I live in Chengdu", "My brother plays the violin"}.isdisjoint(found(ann, "Where do I live?", k=20))
    assert build.due() == [ann]  # the file still has the vector of the deleted row
    assert build.build(ann)
    assert build.due() == []


def test_an_erasure_is_proved(ann: Scope) -> None:
    bob = other_person(ann)
    (turn, *_rest) = say(ann, *SAID)
    say(bob, SAID[0])
    provenance.write(ann, "fact", "Lives in Chengdu", timezone.now().date(), [turn], {"occurred_at": timezone.now()})
    embedding_backfill.embed_waiting()
    gone = erasure_proof.traces(ann)
    assert MemoryStore(ann.bot_id).erase(ann) == len(SAID) + 1
    proof = erasure_proof.search_again(gone)
    assert erasure_proof.is_proved(proof), proof
    assert (proof["by_words"]["asked"], of_scope(bob).count()) == (len(SAID) + 1, 1)


def test_a_deletion_that_a_crash_interrupts_is_completed_by_the_next(
    ann: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    (turn, *_rest) = say(ann, *SAID)
    now = timezone.now()
    fact = provenance.write(ann, "fact", "Lives in Chengdu", now.date(), [turn], {"occurred_at": now})
    with monkeypatch.context() as patched:
        patched.setattr(removal.client, "delete", _fail)
        with pytest.raises(OperationalError):
            of_scope(ann).filter(pk=turn).delete()
    assert of_scope(ann).filter(pk=turn).exists()
    assert of_scope(ann).filter(pk=turn).delete()[0] == 1
    assert store().sources([fact]) == {}
    assert store().unfounded(ann) == {fact}


def _fail(*_parts: Any, **_named: Any) -> int:
    raise OperationalError("the server is gone")


def test_a_consolidation_derives_facts_and_repeats_without_a_change(ann: Scope, semantic: Any) -> None:
    semantic(enable=False)
    talk(ann, "I live in Chengdu", "I have a cat named Momo", "I work at Bosch", "I like green tea", days_ago=40)
    talk(ann, "I moved to Berlin", "It is cold here", days_ago=2)
    optimize(ann.bot_id)
    held = facts(ann)
    assert any("Berlin" in text for text in held), held
    assert not any("Chengdu" in text for text in held), held
    before = store().state(ann, derived=True)
    optimize(ann.bot_id)
    assert store().state(ann, derived=True) == before


def test_a_trial_run_is_refused_and_changes_nothing(ann: Scope) -> None:
    talk(ann, "I live in Chengdu", "I work at Bosch")
    with pytest.raises(NoTrialRun, match="cannot be rolled back"):
        optimize(ann.bot_id, dry_run=True)
    assert facts(ann) == []


def test_retention_shows_and_deletes_what_is_old_but_not_what_is_pinned(ann: Scope) -> None:
    old, pinned, again = say(ann, "old", "pinned", "pinned")
    (new,) = say(ann, "new", occurred_at=timezone.now())
    then = timezone.now() - timedelta(days=100)
    of_scope(ann).exclude(pk=new).update(created_at=then, last_seen_at=then)
    of_scope(ann).filter(pk=again).update(pinned=True)
    assert retention.preview(ann.bot_id, timezone.now(), 30).rows == 1
    assert retention.apply(ann, timezone.now(), 30)["expired"] == 1
    assert set(of_scope(ann).values_list("pk", flat=True)) == {pinned, again, new}
    assert old not in {pinned, again, new}


def test_an_export_can_be_imported_by_another_person(ann: Scope) -> None:
    say(ann, *SAID)
    lines = [line.encode() for line in transfer.export_lines(ann)]
    bob = other_person(ann)
    assert transfer.store_lines(lines, bob).stored == len(SAID)
    assert transfer.store_lines(lines, bob).known == len(SAID)
    assert sorted(of_scope(bob).values_list("text", flat=True)) == sorted(SAID)


def test_memories_of_a_person_who_was_deleted_go_with_the_next_sweep(ann: Scope) -> None:
    from bots.models import Person

    say(ann, *SAID)
    Person.objects.filter(pk=ann.person_id).delete()  # its own clean-up would follow the commit, which never comes here
    assert orphans.sweep() == len(SAID)
    assert MemoryEntry.objects.count() == 0


def test_an_update_keeps_whose_memory_it_is(ann: Scope) -> None:
    (pk,) = say(ann, "one")
    row = MemoryEntry.objects.get(pk=pk)
    row.text = "two"
    row.save(update_fields=["text"])
    row.refresh_from_db()
    assert (row.text, row.bot_id, row.person_id, row.session) == ("two", ann.bot_id, ann.person_id, "s1")


def test_numbers_are_given_out_once_when_several_ask_for_the_first(ann: Scope) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = [number for part in threads.map(lambda _: client.numbers("new", 5), range(8)) for number in part]
    assert sorted(found) == list(range(1, 41))


def test_a_memory_that_is_too_large_is_refused_and_nothing_is_stored(ann: Scope) -> None:
    with pytest.raises(DataError, match="cannot store"):
        say(ann, "one", "x" * 300_001)
    assert of_scope(ann).count() == 0


def test_a_forked_process_has_a_connection_of_its_own(ann: Scope) -> None:
    say(ann, "one")
    held = client.database()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if client.database() is not held and client.count({"person_id": ann.person_id}) == 1 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert of_scope(ann).count() == 1


def test_reads_see_the_latest_write_whatever_the_address_says(mongodb: str) -> None:
    mark = "&" if "?" in mongodb else "?"
    with override_settings(MEMORY_MONGODB=f"{mongodb}{mark}readPreference=secondary&w=0"):
        held = client.database()
        assert (held.read_preference.mongos_mode, held.write_concern.document) == ("primary", {"w": "majority"})


def test_a_server_that_is_away_is_an_error_of_the_database_and_tells_no_password(ann: Scope) -> None:
    away = "mongodb://ann:p%40ss%2Fw@127.0.0.1:9/memories?serverSelectionTimeoutMS=100"
    with override_settings(MEMORY_MONGODB=away), pytest.raises(OperationalError) as refused:
        store().reach()
    assert "ss/w" not in str(refused.value)
    assert "p%40ss" not in str(refused.value)
    assert database.separate()
