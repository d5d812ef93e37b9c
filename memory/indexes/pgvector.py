"""pgvector index: a separate table of halfvec for large scopes, with one HNSW index per dimension."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import DatabaseError

from memory import database
from memory.indexes.unindexed_vectors import UnindexedVectorCache, UnindexedVectors
from memory.indexes.vector import Found, Health, Part, Space
from memory.models.indexes import LargeScope, VectorChange
from memory.types import Scope, Vector

_SPARE = 32
_SEARCH_EFFORT = 200  # recall@10 .94 on 100,000 vectors, in two thirds of the time that 256 needs for .97
_BUILT = f"SELECT vectors_of, vectors_to, changes_from FROM {LargeScope._meta.db_table} WHERE id = %s"  # noqa: S608
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_COPY_END = struct.pack(">h", -1)
_BUILD_BYTES = 1400  # memory per vector during the build of the graph
_BUILD_MB = (64, 1500)


@dataclass(frozen=True, slots=True)
class _Table:
    """The copied vectors of one scope and the changes since then."""

    scope_id: int
    dimension: int
    unindexed: UnindexedVectors

    def search(self, vector: Vector, k: int) -> Found:
        of_length = f"embedding::halfvec({self.dimension})"
        sql = (
            f"SELECT entry_id, -(({of_length}) <#> %(asked)s::halfvec) FROM memory_vector "  # noqa: S608
            f"WHERE scope_id = %(scope)s AND vector_dims(embedding) = {self.dimension} "
            f"ORDER BY ({of_length}) <#> %(asked)s::halfvec LIMIT %(wanted)s"
        )
        asked = "[" + ",".join(map(repr, vector.astype(np.float16).astype(float).tolist())) + "]"
        with database.reader() as cursor:
            _tune(cursor, k + _SPARE)
            cursor.execute(sql, {"asked": asked, "scope": self.scope_id, "wanted": k + _SPARE})
            near = [(int(pk), float(cosine)) for pk, cosine in cursor.fetchall()]
        return self.unindexed.merged(near, vector, k)


class PgVector:
    """Vector index in PostgreSQL. Thread-safe."""

    def __init__(self) -> None:
        self._unindexed = UnindexedVectorCache()

    def open(self, scope: Scope, scope_id: int, space: Space) -> _Table | None:
        with database.connection().cursor() as cursor:
            cursor.execute(_BUILT, (scope_id,))
            row = cursor.fetchone()
        if row is None or row[0] != _label(space) or row[1] < row[2]:
            return None
        return _Table(scope_id, space.dimension, self._unindexed.open(scope, scope_id, row[1], space))

    def build(self, scope: Scope, scope_id: int, parts: Iterable[Part], space: Space, rows: int, upto: int) -> int:
        mine = LargeScope.objects.filter(pk=scope_id)
        mine.update(vectors_of="")  # after a kill from here on, searches ignore the table
        with database.connection().cursor() as cursor:
            cursor.execute("DELETE FROM memory_vector WHERE scope_id = %s", (scope_id,))
        stored = 0
        for ids, vectors in parts:
            with database.atomic():
                _copy(scope_id, ids, vectors)
            stored += len(ids)
        _index(space.dimension, rows)
        mine.update(vectors_of=_label(space), vectors_to=upto)
        return stored

    def drop(self, scope: Scope) -> None:
        """Does nothing: a trigger deletes the vectors together with the rows."""

    def sweep(self, scopes: set[Scope]) -> None:
        with database.connection().cursor() as cursor:
            cursor.execute("DELETE FROM memory_vector WHERE scope_id NOT IN (SELECT id FROM memory_largescope)")

    def health(self, scope: Scope, scope_id: int, space: Space) -> Health:
        row = LargeScope.objects.get(pk=scope_id)
        newer = VectorChange.objects.filter(scope=scope_id, id__gt=row.vectors_to, entry_id__gt=0)
        with database.connection().cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM memory_vector WHERE scope_id = %s", (scope_id,))
            vectors = int(cursor.fetchone()[0])
            cursor.execute("SELECT pg_total_relation_size('memory_vector')")
            size = int(cursor.fetchone()[0])
        stale = row.vectors_of != _label(space) or row.vectors_to < row.changes_from
        return Health(vectors, newer.count(), 0, stale, size, row.built_at)


def installed() -> bool:
    """Tells whether the memory database has pgvector and the vector table."""
    with database.connection().cursor() as cursor:
        cursor.execute("SELECT to_regclass('memory_vector') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def _label(space: Space) -> str:
    return f"{space.labels[0]}/{space.dimension}"


def _tune(cursor: Any, wanted: int) -> None:
    """Makes index scans continue until they have enough rows of the scope. The setting lasts for the connection."""
    held = cursor.connection
    if getattr(held, "_memory_hnsw", None) == wanted:
        return
    effort = max(_SEARCH_EFFORT, wanted)
    cursor.execute(
        "SELECT set_config('hnsw.iterative_scan', 'relaxed_order', false), set_config('hnsw.ef_search', %s, false)",
        (str(effort),),
    )
    held._memory_hnsw = wanted


def _copy(scope_id: int, ids: Iterable[int], vectors: Any) -> None:
    """Copies vectors in binary format: a halfvec is its dimension, a zero and its numbers, all big-endian."""
    dimension = vectors.shape[1]
    length = struct.pack(">i", 4 + 2 * dimension) + struct.pack(">hh", dimension, 0)
    packed = vectors.astype(">f2")
    with database.connection().cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS memory_vector_new (LIKE memory_vector) ON COMMIT DELETE ROWS")
        with cursor.copy("COPY memory_vector_new (entry_id, scope_id, embedding) FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(_COPY_HEAD)
            for pk, row in zip(ids, packed, strict=True):
                copy.write(struct.pack(">hiqiq", 3, 8, pk, 8, scope_id) + length + row.tobytes())
            copy.write(_COPY_END)
        # Only rows that still exist, locked so that a deletion waits and its trigger finds the vector.
        cursor.execute(
            "INSERT INTO memory_vector SELECT n.* FROM memory_vector_new n "
            "JOIN memory_memoryentry e ON e.id = n.entry_id FOR KEY SHARE OF e "
            "ON CONFLICT (entry_id) DO UPDATE SET scope_id = EXCLUDED.scope_id, embedding = EXCLUDED.embedding"
        )
        cursor.execute("DELETE FROM memory_vector_new")


def _index(dimension: int, rows: int) -> None:
    """Creates the HNSW index of this dimension if it is missing. Building it after the rows are stored is fastest."""
    name = f"memory_vector_hnsw_{dimension}"
    connection = database.connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", (name,))
        found = cursor.fetchone()
        if found is not None and found[0]:
            return
        if found is not None:  # a builder was killed
            cursor.execute(f"DROP INDEX {name}")
        megabytes = min(max(rows * _BUILD_BYTES >> 20, _BUILD_MB[0]), _BUILD_MB[1])
        together = "" if connection.in_atomic_block else "CONCURRENTLY"
        try:
            cursor.execute("SELECT set_config('maintenance_work_mem', %s, false)", (f"{megabytes}MB",))
            cursor.execute(
                f"CREATE INDEX {together} IF NOT EXISTS {name} ON memory_vector "
                f"USING hnsw ((embedding::halfvec({dimension})) halfvec_ip_ops) "
                f"WHERE vector_dims(embedding) = {dimension}"
            )
        except DatabaseError:
            if connection.in_atomic_block:
                raise
            cursor.execute(f"DROP INDEX IF EXISTS {name}")  # else an invalid index stays and slows down every write
            raise
        finally:
            if not connection.needs_rollback:
                cursor.execute("RESET maintenance_work_mem")
