"""FAISS index: one memory-mapped file per large scope with an HNSW graph over 8-bit vectors.

A new file is written next to the old one. Renaming its description publishes it atomically, so readers see either the
old index or the new one. The description has a checksum and the origin of the index (embedder, number of vectors, last
change). Any mismatch makes the index unusable; it never makes a recall wrong.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from cachetools import LRUCache
from django.conf import settings

from memory import database
from memory.indexes.unindexed_vectors import UnindexedVectorCache, UnindexedVectors
from memory.indexes.vector import Found, Health, Part, Space
from memory.models.indexes import LargeScope
from memory.storage.port import store
from memory.types import Scope, Vector

logger = logging.getLogger(__name__)

_LINKS, _BUILD_EFFORT, _SEARCH_EFFORT = 24, 80, 384
_TRAIN = 4000  # vectors that train the 8-bit quantizer
_SPARE = 32  # extra results, because deleted rows are still in the graph
_BLOCK = 1 << 20
MOST_OPEN = 256  # each takes a descriptor and address space
_KEPT = f"SELECT changes_from FROM {LargeScope._meta.db_table} WHERE id = %s"  # noqa: S608
_FILE = re.compile(r"\d+-\d+(\.json|\.json\.new|\.lock|-[0-9a-f]+\.faiss)")


@dataclass(frozen=True, slots=True)
class _About:
    """The description of an index file."""

    file: str
    checksum: int
    size: int
    label: str
    dimension: int
    vectors: int
    upto: int
    built_at: str


@dataclass(slots=True)
class _Open:
    about: _About
    index: Any
    identity: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Graph:
    """The mapped graph and the changes since its build."""

    index: Any
    unindexed: UnindexedVectors

    def search(self, vector: Vector, k: int) -> Found:
        faiss: Any = import_module("faiss")

        wanted = k + _SPARE
        effort = faiss.SearchParametersHNSW(efSearch=max(_SEARCH_EFFORT, wanted))
        cosines, ids = self.index.search(np.ascontiguousarray(vector[None, :], np.float32), wanted, params=effort)
        near = [(pk, cosine) for pk, cosine in zip(ids[0].tolist(), cosines[0].tolist(), strict=True) if pk >= 0]
        return self.unindexed.merged(near, vector, k)


class FaissFiles:
    """Vector index in files. Thread-safe; other processes may search while one builds."""

    def __init__(self, most_open: int = MOST_OPEN) -> None:
        """most_open: files that stay mapped, those that were searched last."""
        self._open: LRUCache[Scope, _Open] = LRUCache(most_open)
        self._lock = threading.Lock()
        self._unindexed = UnindexedVectorCache()

    def open(self, scope: Scope, scope_id: int, space: Space) -> _Graph | None:
        held = self._load(scope, space)
        if held is None or not _reaches(held.about, scope_id):
            return None
        return _Graph(held.index, self._unindexed.open(scope, scope_id, held.about.upto, space))

    def build(self, scope: Scope, scope_id: int, parts: Iterable[Part], space: Space, rows: int, upto: int) -> int:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _only_builder(folder / f"{_name(scope)}.lock"):
            index, vectors = _graph(parts, space)
            about = _write(folder, scope, index, space, vectors, upto)
            _publish(folder, scope, about)
        self._close(scope)
        return vectors

    def drop(self, scope: Scope) -> None:
        self._close(scope)
        folder = _folder()
        for path in [
            folder / f"{_name(scope)}.json",
            folder / f"{_name(scope)}.lock",
            *folder.glob(f"{_name(scope)}-*.faiss"),
        ]:
            path.unlink(missing_ok=True)

    def sweep(self, scopes: set[Scope]) -> None:
        names = {_name(scope) for scope in scopes}
        for path in _folder().glob("*-*.*"):
            if _FILE.fullmatch(path.name) and "-".join(path.name.split(".")[0].split("-")[:2]) not in names:
                path.unlink(missing_ok=True)

    def health(self, scope: Scope, scope_id: int, space: Space) -> Health:
        about = _read(scope)
        if about is None:
            return Health()
        waiting, erased = store().changed(scope, scope_id, about.upto, about.vectors)
        usable = self._load(scope, space) is not None and _reaches(about, scope_id)
        built_at = datetime.fromisoformat(about.built_at)
        return Health(about.vectors, waiting, erased, not usable, about.size, built_at)

    def _load(self, scope: Scope, space: Space) -> _Open | None:
        held = self._current(scope)
        if held is None:
            self._close(scope)
            return None
        about = held.about
        return held if (about.label, about.dimension) == (space.labels[0], space.dimension) else None

    def _current(self, scope: Scope) -> _Open | None:
        """Returns the published index; reads again when a file is replaced between its description and itself."""
        tried = None
        while (identity := _identity(scope)) is not None and identity != tried:
            with self._lock:
                held = self._open.get(scope)
            if held is not None and held.identity == identity:
                return held
            if (mapped := _mapped(scope, identity)) is not None:
                with self._lock:
                    self._open[scope] = mapped
                return mapped
            tried = identity
        return None

    def _close(self, scope: Scope) -> None:
        with self._lock:
            self._open.pop(scope, None)


def _folder() -> Path:
    return Path(settings.HOME) / "index"


def _name(scope: Scope) -> str:
    return f"{scope.bot_id}-{scope.person_id}"


def _identity(scope: Scope) -> tuple[int, int] | None:
    """Returns an identity that changes with each publication by any process; None when there is no index."""
    try:
        found = os.stat(_folder() / f"{_name(scope)}.json")
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _read(scope: Scope) -> _About | None:
    try:
        return _About(**json.loads((_folder() / f"{_name(scope)}.json").read_text("utf8")))
    except OSError:
        return None
    except (ValueError, TypeError) as error:
        logger.warning("memory: the description of index %s is broken: %s", _name(scope), error)
        return None


def _mapped(scope: Scope, identity: tuple[int, int]) -> _Open | None:
    """Maps the index file; None when it does not match its description."""
    about = _read(scope)
    if about is None:
        return None
    path = _folder() / about.file
    try:
        if path.stat().st_size != about.size or _checksum(path) != about.checksum:
            logger.warning("memory: index %s is broken and will be rebuilt", _name(scope))
            return None
        faiss: Any = import_module("faiss")

        return _Open(about, faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC), identity)
    except (OSError, RuntimeError) as error:
        logger.warning("memory: index %s does not load: %s", _name(scope), error)
        return None


def _reaches(about: _About, scope_id: int) -> bool:
    """Tells whether every change since the build is still recorded."""
    with database.connection().cursor() as cursor:
        cursor.execute(_KEPT, (scope_id,))
        kept = cursor.fetchone()
    return kept is not None and about.upto >= kept[0]


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = crc32(block, found)
    return found


def _graph(parts: Iterable[Part], space: Space) -> tuple[Any, int]:
    faiss: Any = import_module("faiss")

    faiss.omp_set_num_threads(max(1, (os.cpu_count() or 2) - 1))  # of this thread only
    graph = faiss.IndexHNSWSQ(space.dimension, faiss.ScalarQuantizer.QT_8bit, _LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = _BUILD_EFFORT
    index = faiss.IndexIDMap(graph)
    added = 0
    for ids, vectors in _trained(parts, index):
        index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.asarray(ids, np.int64))
        added += len(ids)
    return index, added


def _trained(parts: Iterable[Part], index: Any) -> Iterator[Part]:
    """Trains the quantizer of `index` with the first `_TRAIN` vectors, then yields all parts."""
    held: list[Part] = []
    seen = 0
    for part in parts:
        if index.is_trained:
            yield part
            continue
        held.append(part)
        seen += len(part[0])
        if seen >= _TRAIN:
            index.train(np.concatenate([vectors for _, vectors in held]))
            yield from held
            held = []
    if seen and not index.is_trained:
        index.train(np.concatenate([vectors for _, vectors in held]))
        yield from held


def _write(folder: Path, scope: Scope, index: Any, space: Space, vectors: int, upto: int) -> _About:
    faiss: Any = import_module("faiss")

    path = folder / f"{_name(scope)}-{secrets.token_hex(6)}.faiss"
    path.touch(0o600)  # set the mode before there is content
    faiss.write_index(index, str(path))
    with path.open("rb") as file:
        os.fsync(file.fileno())
    now = datetime.now(UTC).isoformat()
    return _About(path.name, _checksum(path), path.stat().st_size, space.labels[0], space.dimension, vectors, upto, now)


def _publish(folder: Path, scope: Scope, about: _About) -> None:
    """Publishes the index by one rename; deletes the old file and leftovers of killed builders."""
    draft = folder / f"{_name(scope)}.json.new"
    draft.write_text(json.dumps(asdict(about)), "utf8")
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(draft, folder / f"{_name(scope)}.json")
    for path in folder.glob(f"{_name(scope)}-*.faiss"):
        if path.name != about.file:
            path.unlink(missing_ok=True)


@contextmanager
def _only_builder(path: Path) -> Iterator[None]:
    """Allows one builder per scope on this machine. The operating system releases the lock of a killed process."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
