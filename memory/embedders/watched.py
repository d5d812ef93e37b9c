"""Puts a circuit breaker around an embedder, so that callers do not wait for one that is down."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clawdbot.circuit_breaker import CircuitBreaker
from clawdbot.clock import Clock, monotonic_clock
from clawdbot.reasons import why
from memory.embedders.base import Embedder, Matrix
from memory.errors import EmbedderResting, EmbedderUnavailable

PAUSE_S = 10.0
LONGEST_PAUSE_S = 60.0


class Watched:
    """An embedder with a circuit breaker. Raises EmbedderResting during the pause after a failure."""

    def __init__(self, inner: Embedder, *, clock: Clock = monotonic_clock) -> None:
        self._inner = inner
        self._breaker: CircuitBreaker[str] = CircuitBreaker(
            pause_s=PAUSE_S, longest_pause_s=LONGEST_PAUSE_S, clock=clock
        )
        self.name, self.version, self.dimension = inner.name, inner.version, inner.dimension
        self.batch_size = inner.batch_size

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        return self._guarded(self._inner.embed_queries, texts)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        return self._guarded(self._inner.embed_passages, texts)

    def _guarded(self, embed: Callable[[Sequence[str]], Matrix], texts: Sequence[str]) -> Matrix:
        if refusal := self._breaker.refusal(self.name):
            raise EmbedderResting(refusal.reason)
        try:
            found = embed(texts)
        except EmbedderUnavailable as error:
            # An explicit pause, so that it never grows: memories are waiting for their vectors.
            self._breaker.failed(self.name, why(error), retry_after=max(error.retry_after or 0.0, PAUSE_S))
            raise
        self._breaker.succeeded(self.name)
        return found
