"""Embeds a question in a background thread.

The embedding is the slowest part of a recall and needs neither the database nor the GIL, so it runs in parallel with
the database queries of the recall.
"""

from __future__ import annotations

import logging
import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from memory.embedders import choice, current
from memory.embedders.base import Matrix
from memory.embedders.current import passage_label, query_label
from memory.errors import EmbedderUnavailable
from memory.types import Vector

logger = logging.getLogger(__name__)

_THREADS = 8  # each may be waiting for an endpoint
# A turn waits no longer for the vector of its question: other people's long texts or a slow endpoint may delay it.
LONGEST_WAIT_S = 5.0


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="question")


os.register_at_fork(after_in_child=_threads.cache_clear)  # a forked child has no threads


class Question:
    """One question. Its embedding starts in the constructor.

    Attributes:
        text: the question.
        space: label and dimension of the vectors it can be compared with; ("", 0) when there are none.
        label: label of its own vector; "" when it has none.
        degraded: the embedding failed. Final only after `vector` was read.
    """

    def __init__(self, text: str, *, semantic: bool = True) -> None:
        """semantic: False compares words only and embeds nothing."""
        self.text = text
        self.label, self.degraded = "", False
        self._vector: Vector | None = None
        self._embedding: Future[Matrix] | None = None
        self.space = (semantic and text.strip() and self._begin()) or current.space()

    @property
    def vector(self) -> Vector | None:
        """The vector, shape (dimension,), unit length; None when only words are compared.

        Waits for the embedding, at most `LONGEST_WAIT_S`.
        """
        if self._embedding is not None:
            embedding, self._embedding = self._embedding, None
            try:
                self._vector = np.asarray(embedding.result(timeout=LONGEST_WAIT_S)[0], np.float32)
            except TimeoutError:
                embedding.cancel()
                self.label, self.degraded = "", True
                logger.warning("memory: recall is lexical only: no vector within %s s", LONGEST_WAIT_S)
            except EmbedderUnavailable as error:
                self._failed(error)
            else:
                choice.note(routine=False)
        return self._vector

    def _begin(self) -> tuple[str, int] | None:
        """Starts the embedding; returns its vector space."""
        if not current.enabled():
            return None
        try:
            embedder = current.current()
        except EmbedderUnavailable as error:
            self._failed(error)
            return None
        self.label = query_label(embedder)
        self._embedding = _threads().submit(embedder.embed_queries, [self.text])
        return passage_label(embedder), embedder.dimension

    def _failed(self, error: EmbedderUnavailable) -> None:
        self.label, self.degraded = "", True
        choice.note(error)
        logger.warning("memory: recall is lexical only: %s", error)
