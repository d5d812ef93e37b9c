"""An embedder that is left alone for a while after a failure, so that nobody waits for one that is down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from memory.embedders.base import Embedder, Matrix
from memory.errors import EmbedderResting, EmbedderUnavailable

PAUSE_S = 10.0
LONGEST_PAUSE_S = 60.0


class Pause:
    """Remembers the last failure. After the pause one caller tries, and the others go on without meanwhile."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._error = ""

    def check(self) -> None:
        """Raises EmbedderResting while the pause lasts."""
        if not self._error:
            return
        with self._lock:
            now = self._clock()
            if now < self._until:
                raise EmbedderResting(self._error)
            self._until = now + PAUSE_S

    def failed(self, error: EmbedderUnavailable) -> None:
        with self._lock:
            self._error = str(error)
            self._until = self._clock() + min(max(error.retry_after or 0.0, PAUSE_S), LONGEST_PAUSE_S)

    def succeeded(self) -> None:
        self._error = ""


class Watched:
    """The embedder itself, with a pause after each failure."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._pause = Pause()
        self.name, self.version, self.dimension = inner.name, inner.version, inner.dimension
        self.batch_size = inner.batch_size

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        return self._guarded(self._inner.embed_queries, texts)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        return self._guarded(self._inner.embed_passages, texts)

    def _guarded(self, embed: Callable[[Sequence[str]], Matrix], texts: Sequence[str]) -> Matrix:
        self._pause.check()
        try:
            found = embed(texts)
        except EmbedderUnavailable as error:
            self._pause.failed(error)
            raise
        self._pause.succeeded()
        return found
