"""Invented rows in bulk: clustered vectors around real embeddings, words as frequent as in real language."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

START = datetime(2024, 1, 1, tzinfo=UTC)
CHUNK = 10_000
WORDS_A_TURN = 14
VOCABULARY = 50_000
COLUMNS = (
    "bot_id", "person_id", "kind", "role", "speaker", "session", "text", "tokens", "terms", "content_hash",
    "duplicates", "pinned", "occurred_at", "day", "last_seen_at", "created_at", "vector", "embedder", "stamp",
)  # fmt: skip


class Invented:
    """Turns that differ, a chunk at a time; the same seed gives the same turns."""

    def __init__(self, embedder: Any, seed: int = 7) -> None:
        self._rng = np.random.default_rng(seed)
        # Every third word is one of the few that everybody uses, the rest thins out as words do.
        weights = 1 / np.arange(1, VOCABULARY + 1) ** 1.05
        self._cumulated = np.cumsum(weights / weights.sum())
        # Real passages as centres: questions, which are really embedded, then lie where the vectors are.
        texts = [" ".join(self.words(WORDS_A_TURN)) for _ in range(256)]
        self._centres = embedder.embed_passages(texts)
        self._dimension = embedder.dimension

    def words(self, count: int) -> list[str]:
        found = np.searchsorted(self._cumulated, self._rng.random(count))
        return [f"w{i}" for i in found.tolist()]

    def vectors(self, count: int) -> Any:
        noise = self._rng.standard_normal((count, self._dimension)).astype(np.float32) * 0.03
        made = self._centres[self._rng.integers(0, len(self._centres), count)] + noise
        return made / np.linalg.norm(made, axis=1, keepdims=True)


def rows(
    invented: Invented, bot: int, person: int, count: int, label: str, adapt: Any
) -> Iterator[list[tuple[Any, ...]]]:
    """`count` rows of one person, in chunks, as tuples in the order of COLUMNS.

    adapt: moment -> what the database takes.
    """
    from memory.terms import pack
    from memory.tokenizer import date_terms

    number = 0
    while number < count:
        size = min(CHUNK, count - number)
        vectors = invented.vectors(size).astype("<f2")
        words = np.array(invented.words(size * WORDS_A_TURN)).reshape(size, WORDS_A_TURN).tolist()
        chunk = []
        for i in range(size):
            at = START + timedelta(minutes=number + i)
            terms = words[i] + date_terms(at)
            moment = adapt(at)
            chunk.append((
                bot, person, "turn", "assistant" if i % 2 else "user", "", str((number + i) // 20), " ".join(words[i]),
                " ".join(terms), pack(terms), secrets.token_bytes(16), 0, False, moment, at.date().isoformat(), moment,
                moment, vectors[i].tobytes(), label, secrets.randbits(40),
            ))  # fmt: skip
        yield chunk
        number += size


def load(chunks: Iterator[list[tuple[Any, ...]]]) -> None:
    """Stores the chunks the quickest way the database has: COPY, or one prepared statement."""
    from memory import database
    from memory.models import MemoryEntry

    fields = [f for f in MemoryEntry._meta.concrete_fields if not (f.primary_key or f.null or f.column in COLUMNS)]
    rest = tuple(f.get_db_prep_save(f.get_default(), database.connection()) for f in fields)
    names = ", ".join([*COLUMNS, *(f.column for f in fields)])
    for part in chunks:
        chunk = [row + rest for row in part]
        with database.atomic(), database.connection().cursor() as cursor:
            if database.vendor() == "postgresql":
                with cursor.copy(f"COPY memory_memoryentry ({names}) FROM STDIN") as copy:
                    for row in chunk:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(chunk[0]))
                cursor.executemany(f"INSERT INTO memory_memoryentry ({names}) VALUES ({marks})", chunk)
