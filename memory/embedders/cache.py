"""Caches query vectors, so that a repeated question is not embedded again."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from memory.embedders.base import Embedder, Matrix
from memory.types import Vector

SIZE = 512


class CachedQueries:
    """Wraps an embedder with an LRU cache of query vectors. Thread-safe."""

    def __init__(self, inner: Embedder, size: int = SIZE) -> None:
        self._inner = inner
        self._size = size
        # Keyed by hash: questions must not stay readable here after their erasure.
        self._held: OrderedDict[bytes, Vector] = OrderedDict()
        self._lock = threading.Lock()
        self.name, self.version, self.dimension = inner.name, inner.version, inner.dimension
        self.batch_size = inner.batch_size

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        keys = {text: _key(text) for text in texts}
        with self._lock:
            known = {text: self._held[key] for text, key in keys.items() if key in self._held}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known.update(zip(missing, self._inner.embed_queries(missing), strict=True))
        with self._lock:
            for text, key in keys.items():
                self._held[key] = known[text]
                self._held.move_to_end(key)
            while len(self._held) > self._size:
                self._held.popitem(last=False)
        return np.stack([known[text] for text in texts]) if texts else np.empty((0, self.dimension), np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        return self._inner.embed_passages(texts)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
