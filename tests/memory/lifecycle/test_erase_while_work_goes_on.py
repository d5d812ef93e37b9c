"""Erased memories do not return through a running import, consolidation or index build."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connections
from django.utils import timezone

from bots.people import audit_log, erasure, linking
from memory import database
from memory.consolidation import digest
from memory.consolidation.optimize import optimize
from memory.errors import WorkEnded
from memory.indexes import build, lexical, registry
from memory.lifecycle import editing, transfer
from memory.models import ConsolidatedEpisode, MemoryEntry, OngoingWork
from memory.models.indexes import LargeScope
from memory.storage import rows, work_leases
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import digests, facts, other_person, person, say, talk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]
LINES = ("I live in Chengdu", "My sister lives in Berlin", "I am allergic to peanuts", "My dog is called Rex")


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "BATCH", 2)
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: None)


def _lines(count: int) -> Iterator[bytes]:
    for n in range(count):
        line = {"id": f"l{n}", "role": "user", "text": f"zanzibar {n}", "occurred_at": "2026-11-20T09:00:00Z"}
        yield json.dumps(line).encode()


def _person(scope: Scope) -> Any:
    return apps.get_model("bots", "Person").objects.select_related("bot").get(pk=scope.person_id)


def _once(act: Callable[[], object]) -> Callable[..., None]:
    left = [act]

    def do(*_: object) -> None:
        if left:
            left.pop()()

    return do


ERASURES: dict[str, Callable[[Scope], object]] = {
    "memories": lambda scope: MemoryStore(scope.bot_id).erase(scope),
    "memories, proved": lambda scope: erasure.erase_memories(_person(scope), audit_log.COMMAND),
    "the person": lambda scope: erasure.erase(_person(scope), audit_log.COMMAND),
    "the row of the person": lambda scope: _person(scope).delete(),
}


@pytest.mark.parametrize("kind", ERASURES)
def test_an_import_ends_when_its_person_is_erased(kind: str) -> None:
    ann = person()
    bob = other_person(ann)
    say(bob, "zanzibar")
    with pytest.raises(WorkEnded, match="erased"):
        transfer.store_lines(_lines(9), ann, read=_once(lambda: ERASURES[kind](ann)))
    assert not MemoryEntry.objects.filter(person=ann.person_id).exists()
    assert MemoryEntry.objects.filter(person=bob.person_id).count() == 1
    assert not OngoingWork.objects.exists()


def test_what_is_imported_after_an_erasure_is_kept() -> None:
    ann = person()
    MemoryStore(ann.bot_id).erase(ann)
    assert transfer.store_lines(_lines(5), ann).stored == 5
    assert not OngoingWork.objects.exists()


def test_an_import_for_somebody_who_is_gone_stores_nothing() -> None:
    ann = person()
    _person(ann).delete()
    with pytest.raises(WorkEnded):
        transfer.store_lines(_lines(5), ann)
    assert not MemoryEntry.objects.exists()


@pytest.mark.parametrize("erase", [erasure.erase_memories, erasure.erase])
def test_an_import_of_a_linked_person_ends_when_only_that_person_is_erased(erase: Callable[..., object]) -> None:
    ann = person()
    anna = other_person(ann)
    say(ann, "I like tea")
    linking.link(_person(ann), _person(anna), audit_log.COMMAND)
    with pytest.raises(WorkEnded):
        transfer.store_lines(
            _lines(9), ann, read=_once(lambda: erase(_person(anna), audit_log.COMMAND)), origin_id=anna.person_id
        )
    linking.settle()
    assert list(MemoryEntry.objects.values_list("text", flat=True)) == ["I like tea"]


def test_an_erasure_waits_for_the_batch_that_is_being_written_and_takes_it_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = person()
    written, erased = threading.Event(), threading.Event()
    insert = rows.insert

    def slow(*args: Any) -> list[int]:
        ids = insert(*args)
        written.set()
        time.sleep(0.5)  # the erasure starts now, before the commit
        return ids

    monkeypatch.setattr(rows, "insert", slow)

    def work() -> str:
        try:
            transfer.store_lines(_lines(9), ann, read=lambda _lines: erased.wait(60))
        except WorkEnded as error:
            return str(error)
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(work)
        assert written.wait(60)
        MemoryStore(ann.bot_id).erase(ann)
        erased.set()
        assert "erased" in running.result(60)
    assert not MemoryEntry.objects.exists()


def _while_it_reads(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Runs `act` while consolidation reads the first episode, as may happen during a model call."""
    extract, once = digest.extract, _once(act)

    def read(*args: Any) -> Any:
        found = extract(*args)
        once()
        return found

    monkeypatch.setattr(digest, "extract", read)


@pytest.mark.parametrize("kind", ERASURES)
def test_a_consolidation_goes_on_with_the_next_person_when_one_is_erased(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = person()
    bob = other_person(ann)
    talk(ann, *LINES)
    talk(bob, *LINES)
    _while_it_reads(monkeypatch, lambda: ERASURES[kind](ann))
    run = optimize(ann.bot_id)
    assert (run.state, run.error) == ("done", "")
    assert not MemoryEntry.objects.filter(person=ann.person_id).exists()
    assert not ConsolidatedEpisode.objects.filter(person=ann.person_id).exists()
    assert len(facts(bob)) == len(LINES)
    assert not OngoingWork.objects.exists()


@pytest.mark.parametrize("change", ["erased", "rewritten", "replaced"])
def test_what_is_erased_or_rewritten_while_it_is_read_is_in_no_fact_and_no_digest(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = person()
    ids = talk(ann, *LINES, "The harbour is my favourite place")
    changes: dict[str, Callable[[], object]] = {
        "erased": lambda: MemoryStore(ann.bot_id).erase(ann, [ids[2]]),
        "rewritten": lambda: editing.rewrite(ann, ids[2], "I am allergic to nothing"),
        "replaced": lambda: editing.supersede(ann, ids[2], "I am allergic to walnuts"),
    }
    _while_it_reads(monkeypatch, changes[change])
    optimize(ann.bot_id)
    assert not any("peanuts" in text for text in (*facts(ann), *digests(ann)))
    optimize(ann.bot_id)
    assert not any("peanuts" in text for text in (*facts(ann), *digests(ann)))
    assert any("Berlin" in text for text in facts(ann))


def _is_large(monkeypatch: pytest.MonkeyPatch) -> Scope:
    monkeypatch.setattr(registry, "LARGE_FROM", 5)
    ann = person()
    say(ann, *(f"zanzibar {n}" for n in range(12)))
    return ann


def _words() -> int:
    words = lexical.backend()
    assert words is not None
    return words.rows()


@pytest.mark.parametrize("kind", ERASURES)
def test_an_index_that_is_being_built_goes_with_its_person(
    kind: str, monkeypatch: pytest.MonkeyPatch, semantic: Any
) -> None:
    semantic(enable=True)
    ann = _is_large(monkeypatch)
    MemoryEntry.objects.update(vector=b"\0\x3c" + bytes(766), embedder=build.space().labels[0])
    build.build(ann, report=_once(lambda: ERASURES[kind](ann)))
    assert not LargeScope.objects.exists()
    assert _words() == 0
    assert list((Path(django_settings.HOME) / "index").glob(f"{ann.bot_id}-{ann.person_id}[.-]*")) == []


def test_a_row_erased_while_its_words_go_into_the_index_leaves_none_there(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = _is_large(monkeypatch)
    row = LargeScope.objects.create(bot_id=ann.bot_id, person_id=ann.person_id)
    ids = list(rows.of_scope(ann).values_list("id", flat=True))
    filled = threading.Event()

    def fill() -> None:
        words = lexical.backend()
        assert words is not None
        with database.atomic():
            words.fill(row.pk, ids)
            filled.set()
            time.sleep(0.5)
        connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(fill)
        assert filled.wait(60)
        MemoryStore(ann.bot_id).erase(ann, ids[:4])
        running.result(60)
    assert _words() == len(ids) - 4


def test_rows_of_work_that_was_killed_are_swept_away() -> None:
    ann = person()
    for days in (0, 3):
        at = timezone.now() - timedelta(days=days)
        OngoingWork.objects.create(bot_id=ann.bot_id, person_id=ann.person_id, started_at=at)
    work_leases.sweep()
    assert OngoingWork.objects.count() == 1
