"""Makes invented rows in bulk from the conversations of the repository.

Each row has half of the words of a real turn and some invented words, as frequent as in real language; its vector is a
mixture of the embeddings of three real turns. Questions are real ones with two words swapped, so that nearly each is
new and needs an embedding.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

START = datetime(2024, 1, 1, tzinfo=UTC)
CHUNK = 10_000
ADDED_WORDS = 6
MIXTURE = (1.0, 0.6, 0.4)
NOISE = 0.01  # per number of a vector of length 1
VOCABULARY = 50_000
COLUMNS = (
    "bot_id", "person_id", "kind", "role", "speaker", "session", "text", "tokens", "terms", "content_hash",
    "duplicates", "pinned", "occurred_at", "day", "last_seen_at", "created_at", "vector", "embedder", "stamp",
)  # fmt: skip


class Invented:
    """Makes different turns in chunks; the same seed gives the same turns.

    Args:
        embedder: Embeds the real turns.
        conversations: Sources of turns and questions, see `recall_quality.fixtures`.
        seed: Seed of the random numbers.
    """

    def __init__(self, embedder: Any, conversations: Sequence[Any], seed: int = 7) -> None:
        from memory.text.tokenizer import tokenize

        self._rng = np.random.default_rng(seed)
        # Every third word is a frequent one; the frequencies of the rest fall as in real language.
        weights = 1 / np.arange(1, VOCABULARY + 1) ** 1.05
        self._cumulated = np.cumsum(weights / weights.sum())
        texts = [json.loads(line)["text"] for talk in conversations for line in talk.lines]
        self._said = [tokenize(text) for text in texts]
        self._asked = [question.text for talk in conversations for question in talk.questions]
        self._real = embedder.embed_passages(texts)

    def questions(self, count: int) -> list[str]:
        return [self._swapped(question) for question in self._rng.choice(self._asked, count).tolist()]

    def turns(self, count: int) -> tuple[list[list[str]], Any]:
        """Returns the terms of each turn and the vectors, shape (count, dimension)."""
        which = self._rng.integers(0, len(self._said), (count, 3))
        mixed = sum(self._real[which[:, i]] * weight for i, weight in enumerate(MIXTURE))
        mixed += self._rng.standard_normal(mixed.shape).astype(np.float32) * NOISE
        added = np.array(self._words(count * ADDED_WORDS)).reshape(count, ADDED_WORDS).tolist()
        kept = self._rng.random(count * 64).reshape(count, 64) < 0.5
        terms = [
            [term for term, keep in zip(self._said[first], kept[i], strict=False) if keep] + added[i]
            for i, first in enumerate(which[:, 0].tolist())
        ]
        return terms, mixed / np.linalg.norm(mixed, axis=1, keepdims=True)

    def _swapped(self, question: str) -> str:
        """Returns the question with two words (Chinese: characters) swapped."""
        gap = " " if " " in question else ""
        parts = question.split(gap) if gap else list(question)
        first, second = self._rng.choice(len(parts), 2, replace=False).tolist()
        parts[first], parts[second] = parts[second], parts[first]
        return gap.join(parts)

    def _words(self, count: int) -> list[str]:
        found = np.searchsorted(self._cumulated, self._rng.random(count))
        return [f"w{i}" for i in found.tolist()]


def rows(
    invented: Invented, bot: int, person: int, count: int, label: str, adapt: Any
) -> Iterator[list[tuple[Any, ...]]]:
    """Yields `count` rows of one person in chunks, as tuples in the order of COLUMNS.

    adapt: Converts a moment to the type that the database driver accepts.
    """
    from memory.text.term_keys import pack
    from memory.text.tokenizer import date_terms

    number = 0
    while number < count:
        size = min(CHUNK, count - number)
        words, vectors = invented.turns(size)
        vectors = vectors.astype("<f2")
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
    """Stores the chunks by the fastest means of the database: COPY, or one prepared statement."""
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
