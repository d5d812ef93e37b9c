"""Index terms as numbers: what an exact scan compares, and what a row keeps so that a scan need not read words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint32]
BYTES = 4


def key(term: str) -> int:
    """The same 32-bit number in every process and on every machine; different for all terms of four bytes or less."""
    return crc32(term.encode("utf-8", "surrogatepass"))


def pack(terms: Sequence[str]) -> bytes:
    """Four bytes a term, in order, repeated as often as it occurs; `len(pack(terms)) // BYTES` is the length."""
    return np.fromiter(map(key, terms), "<u4", len(terms)).tobytes()


def unpack(blobs: Iterable[bytes]) -> Keys:
    """The keys of many rows, one after the other."""
    return np.frombuffer(b"".join(blobs), "<u4")
