"""Waits for another thread or process, long enough for a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 60.0


def eventually(condition: Callable[[], object], wait_s: float = PATIENCE_S) -> None:
    """Returns as soon as `condition` holds; fails the test when it does not within `wait_s`."""
    deadline = time.monotonic() + wait_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {wait_s:g} s"
        time.sleep(0.01)
