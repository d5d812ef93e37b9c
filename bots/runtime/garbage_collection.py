"""The cyclic garbage collector, set for a server: what start-up made is left alone, the rest looked at less often."""

from __future__ import annotations

import gc


def settle() -> None:
    """Call once, when everything is imported. A full collection would otherwise walk half a million live objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
