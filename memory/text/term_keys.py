"""Hashes index terms to numbers. Rows store them packed, so that a scan compares numbers instead of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint32]
BYTES = 4


def key(term: str) -> int:
    """Returns a stable 32-bit hash of a term; free of collisions among terms of the same length up to four bytes."""
    return crc32(term.encode("utf-8", "surrogatepass"))


def pack(terms: Sequence[str]) -> bytes:
    """Packs the keys of terms, `BYTES` each, in order and with repetitions."""
    return np.fromiter(map(key, terms), "<u4", len(terms)).tobytes()


def unpack(blobs: Iterable[bytes]) -> Keys:
    """Returns the concatenated keys of many rows."""
    return np.frombuffer(b"".join(blobs), "<u4")
