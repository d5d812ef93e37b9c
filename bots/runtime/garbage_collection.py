"""Tunes the cyclic garbage collector for a server: start-up objects are exempt, others are checked less often."""

from __future__ import annotations

import gc


def settle() -> None:
    """Exempts all live objects, half a million, from full collections. Call it once, after all imports."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
