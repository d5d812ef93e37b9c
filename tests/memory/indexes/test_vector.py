"""The vector index of a large scope agrees with exact search after changes of rows, files and processes."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from celery import current_app
from django.conf import settings as django_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory import database
from memory.embedders import current
from memory.indexes import build, faiss_files, registry, vector
from memory.indexes.vector import Space
from memory.models import MemoryEntry
from memory.models.indexes import LargeScope
from memory.storage.rows import of_scope, pack, unpack
from memory.store import MemoryStore
from memory.types import Scope, Vector
from tests.memory.builders import other_person, person, turn
from tests.memory.conftest import Switch

# MySQL's full-text index shows only committed rows.
pytestmark = [pytest.mark.django_db(transaction=database.vendor() == "mysql"), pytest.mark.databases]
BACKENDS = ["faiss", pytest.param("pgvector", marks=pytest.mark.postgres)]
K = 10
_rng = np.random.default_rng(7)
_TOPICS = _rng.standard_normal((20, 384)).astype(np.float32)


@pytest.fixture(params=BACKENDS, autouse=True)
def _backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, semantic: Switch) -> Iterator[None]:
    semantic(index_type=request.param)
    monkeypatch.setattr(registry, "LARGE_FROM", 20)
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: None)
    yield
    for path in _folder().glob("*"):
        path.unlink()


def _folder() -> Path:
    return Path(django_settings.HOME) / "index"


def _about() -> Path:
    return next(_folder().glob("*.json"))


def _near(topic: int) -> Vector:
    made = _TOPICS[topic % 20] + 0.6 * _rng.standard_normal(384).astype(np.float32)
    return np.asarray(made / np.linalg.norm(made), np.float32)


def _add(scope: Scope, count: int, *, first: int = 0) -> list[int]:
    turns = [
        turn(scope, f"note {n} of {scope.person_id}", minute=n, vector=_near(n)) for n in range(first, first + count)
    ]
    with database.atomic():
        return MemoryStore(scope.bot_id).remember(turns)


def _built(count: int = 60) -> Scope:
    scope = person()
    _add(scope, count)
    assert build.build(scope)
    assert _usable(scope)
    return scope


def _space() -> Space:
    return build.space()


def _usable(scope: Scope) -> bool:
    return _found(scope, _near(0)) is not None


def _found(scope: Scope, asked: Vector) -> list[int] | None:
    row = LargeScope.objects.get(bot=scope.bot_id, person=scope.person_id)
    opened = vector.backend().open(scope, row.pk, _space())
    return None if opened is None else [pk for pk, _ in opened.search(asked, K)]


def test_a_process_keeps_only_the_files_that_were_searched_last(monkeypatch: pytest.MonkeyPatch) -> None:
    if not isinstance(vector.backend(), faiss_files.FaissFiles):
        pytest.skip("pgvector keeps no files")
    files = faiss_files.FaissFiles(most_open=2)
    monkeypatch.setattr(vector, "backend", lambda: files)
    first = _built()
    people = [first, other_person(first), other_person(first)]
    for scope in people[1:]:
        _add(scope, 60)
        assert build.build(scope)
    for _round in range(2):
        for scope in people:
            assert _agrees(scope, _near(1))
            assert len(files._open) <= 2


def _exact(scope: Scope, asked: Vector, k: int = K) -> list[int]:
    rows = list(of_scope(scope).exclude(vector=None).values_list("id", "vector"))
    cosines = np.array([unpack(bytes(blob)) @ asked for _, blob in rows])
    return [rows[i][0] for i in np.argsort(-cosines, kind="stable")[:k]]


def _agrees(scope: Scope, asked: Vector) -> bool:
    """Whether the store finds what exact search finds; the index is approximate, so one of ten may be missing."""
    found = [pk for pk, _ in MemoryStore(scope.bot_id).vector_index.search(scope, asked, K)]
    exact = _exact(scope, asked)
    return len(found) == len(exact) and len(set(found) & set(exact)) >= len(exact) - 1


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 12)),
        st.tuples(st.just("erase"), st.integers(0, 200)),
        st.tuples(st.just("embed again"), st.integers(0, 200)),
        st.tuples(st.just("build"), st.just(0)),
        st.tuples(st.just("new process"), st.just(0)),
        st.tuples(st.just("lose the file"), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=_STEPS)
def test_the_index_finds_what_exact_search_finds_after_any_changes(steps: list[tuple[str, int]]) -> None:
    ann = _built(40)
    said = 40
    for step, number in steps:
        ids = list(of_scope(ann).order_by("id").values_list("id", flat=True))
        if step == "add":
            _add(ann, number, first=said)
            said += number
        elif step == "erase" and len(ids) > 25:
            MemoryStore(ann.bot_id).erase(ann, [ids[number % len(ids)]])
        elif step == "embed again":
            MemoryEntry.objects.filter(pk=ids[number % len(ids)]).update(vector=pack(_near(number)))
        elif step == "build":
            build.build(ann)
        elif step == "new process":
            vector.clear_cache()
        elif step == "lose the file":
            for path in _folder().glob("*.faiss"):
                path.unlink()
    assert _agrees(ann, _near(said))
    MemoryStore(ann.bot_id).erase(ann)


def test_a_vector_made_after_the_build_is_found_at_once() -> None:
    ann = _built()
    asked = _near(3)
    with database.atomic():
        new = MemoryStore(ann.bot_id).remember([turn(ann, "late", minute=99, vector=asked)])[0]
    found = _found(ann, asked)
    assert found is not None
    assert found[0] == new


def test_an_erased_row_is_never_found_and_calls_for_a_new_build() -> None:
    ann = _built()
    assert build.due() == []
    asked = _near(3)
    gone = _exact(ann, asked)[0]
    MemoryStore(ann.bot_id).erase(ann, [gone])
    found = _found(ann, asked)
    assert found is not None
    assert gone not in found
    assert _agrees(ann, asked)
    if django_settings.CLAWDBOT.semantic_search.index_type == "faiss":  # the database deletes those of the other
        assert build.due() == [ann]
        assert build.sweep() == 1
        assert build.due() == []


def test_a_forgotten_persons_index_is_gone_from_the_disk(django_capture_on_commit_callbacks: Any) -> None:
    ann = _built()
    asked = _near(0)
    with django_capture_on_commit_callbacks(using=database.alias(), execute=True):
        MemoryStore(ann.bot_id).erase(ann)
    assert list(_folder().glob("*")) == []
    assert MemoryStore(ann.bot_id).vector_index.search(ann, asked, 5) == []
    if database.vendor() == "postgresql":
        with database.connection().cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM memory_vector")
            assert cursor.fetchone() == (0,)


def test_a_scope_that_is_large_no_more_loses_its_indexes(django_capture_on_commit_callbacks: Any) -> None:
    ann = _built()
    ids = list(of_scope(ann).order_by("id").values_list("id", flat=True))
    MemoryStore(ann.bot_id).erase(ann, ids[10:])
    with django_capture_on_commit_callbacks(using=database.alias(), execute=True):
        build.sweep()
    assert not LargeScope.objects.filter(bot=ann.bot_id).exists()
    assert list(_folder().glob("*")) == []
    assert _agrees(ann, _near(1))
    build.sweep()
    with database.connection().cursor() as cursor:
        for table in ("memory_lexical", *(["memory_vector"] if database.vendor() == "postgresql" else [])):
            cursor.execute(f"SELECT COUNT(*) FROM {table}")
            assert cursor.fetchone() == (0,)


def test_another_persons_vectors_are_never_found() -> None:
    ann = _built()
    bob = other_person(ann)
    theirs = set(_add(bob, 60))
    assert build.build(bob)
    found = _found(bob, _near(4))
    assert found is not None
    assert set(found) <= theirs


def test_vectors_of_another_embedder_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = _built()
    monkeypatch.setattr(build, "space", lambda: Space(("another@1", "another@1:query"), 384))
    assert _found(ann, _near(0)) is None
    assert ann in build.due()


def test_recall_says_so_when_there_is_no_usable_index_and_goes_on_by_words() -> None:
    ann = _built()
    LargeScope.objects.update(changes_from=10**9)
    number = 8 if ann.person_id == 7 else 7  # else every note of person 7 has both words
    recalled = MemoryStore(ann.bot_id).recall(ann, f"note {number} of {ann.person_id}")
    assert recalled.degraded
    assert recalled.hits[0].text == f"note {number} of {ann.person_id}"


def test_recall_finds_by_meaning_through_the_index() -> None:
    ann = person()
    _add(ann, 60)
    text = "我姐姐住在成都"
    asked = current.current().embed_passages([text])[0]
    with database.atomic():
        MemoryStore(ann.bot_id).remember([turn(ann, text, minute=-9000, vector=asked)])
    assert build.build(ann)
    hit = MemoryStore(ann.bot_id).recall(ann, "Where does my older sister live?").hits[0]
    assert hit.text == text
    assert hit.why["coverage"] == 0


@pytest.mark.parametrize("_backend", ["faiss"], indirect=True)
class TestFiles:
    """Faults of index files."""

    @pytest.mark.parametrize("harm", ["cut", "flip", "delete", "empty description", "no description"])
    def test_a_broken_file_is_noticed_and_built_anew(self, harm: str) -> None:
        ann = _built()
        path = next(_folder().glob("*.faiss"))
        held = path.read_bytes()
        if harm == "cut":
            path.write_bytes(held[: len(held) // 2])
        elif harm == "flip":
            path.write_bytes(held[:500] + bytes([held[500] ^ 255]) + held[501:])
        elif harm == "delete":
            path.unlink()
        elif harm == "empty description":
            _about().write_text("")
        else:
            _about().unlink()
        vector.clear_cache()  # as in a new process
        assert _found(ann, _near(1)) is None
        assert build.due() == [ann]
        assert build.sweep() == 1
        assert _agrees(ann, _near(1))

    def test_a_builder_killed_before_its_last_step_changes_nothing(self) -> None:
        ann = _built()
        before = _about().read_text()
        (_folder() / f"{ann.bot_id}-{ann.person_id}-0123456789ab.faiss").write_bytes(b"half a file")
        (_folder() / f"{ann.bot_id}-{ann.person_id}.json.new").write_text('{"file":')
        assert _agrees(ann, _near(1))
        assert build.build(ann)
        assert _about().read_text() != before
        assert len(list(_folder().glob("*.faiss"))) == 1
        assert _agrees(ann, _near(1))

    def test_files_of_people_who_are_gone_are_swept_away(self) -> None:
        ann = _built()
        LargeScope.objects.filter(bot=ann.bot_id).delete()  # the file stays, because this test commits nothing
        (_folder() / "notes.txt").write_text("not ours")
        build.sweep()
        assert [path.name for path in _folder().glob("*")] == ["notes.txt"]

    def test_a_file_that_is_replaced_while_it_is_opened_costs_no_search(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ann = _built()
        row = LargeScope.objects.get(bot=ann.bot_id)
        read, replaced = faiss_files._read, []

        def late(scope: Scope) -> Any:
            about = read(scope)
            if not replaced:
                replaced.append(scope)
                _publish_again(ann, row.pk)  # deletes the file whose name was just read
            return about

        monkeypatch.setattr(faiss_files, "_read", late)
        vector.clear_cache()
        assert _found(ann, _near(1)) is not None
        assert replaced

    def test_readers_see_the_old_or_the_new_index_while_another_process_builds(self) -> None:
        ann = _built()
        row = LargeScope.objects.get(bot=ann.bot_id)
        stop = threading.Event()
        rebuilding = multiprocessing.get_context("fork").Process(target=_publish_again, args=(ann, row.pk))
        rebuilding.start()
        try:
            for _ in range(100):
                assert _found(ann, _near(1)) is not None
        finally:
            rebuilding.join(60)
            stop.set()
        assert rebuilding.exitcode == 0
        assert _found(ann, _near(1)) is not None

    def test_the_file_is_the_owners_alone_and_describes_itself(self) -> None:
        _built()
        about = json.loads(_about().read_text())
        assert about["vectors"] == 60
        assert about["label"] == current.passage_label(current.current())
        assert (_folder() / about["file"]).stat().st_mode & 0o077 == 0

    def test_an_index_too_old_for_the_changes_that_are_kept_is_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(build, "KEPT_CHANGES", 1)
        ann = _built()
        _add(ann, 10, first=60)
        about = _about().read_text()
        assert build.build(ann)
        _about().write_text(about)  # of another machine without this build
        vector.clear_cache()
        assert _found(ann, _near(1)) is None


def _publish_again(scope: Scope, scope_id: int) -> None:
    """Runs in another process: rebuilds the index from given vectors, without the database."""
    ids = list(range(1, 61))
    parts = [(ids, np.stack([_near(n) for n in ids]))]
    space = Space((f"{current.current().name}@{current.current().version}",), 384)
    for _ in range(10):
        vector.backend().build(scope, scope_id, iter(parts), space, 60, 0)


def test_the_index_is_told_to_be_late_by_its_health() -> None:
    ann = _built()
    row = LargeScope.objects.get(bot=ann.bot_id)
    before = vector.backend().health(ann, row.pk, _space())
    assert (before.vectors, before.waiting, before.stale) == (60, 0, False)
    assert before.bytes > 0
    _add(ann, 5, first=60)
    assert vector.backend().health(ann, row.pk, _space()).waiting == 5
