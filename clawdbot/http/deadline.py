"""One time limit for several requests, for callers behind whom a person waits."""

from __future__ import annotations

import contextlib
import contextvars
import time
from collections.abc import Iterator

from clawdbot.http import errors
from clawdbot.reasons import Reason

Timeout = float | tuple[float, float]
_deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("http_deadline", default=None)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Ends the requests made inside, all together, after this time; each keeps its own limit where that is shorter.

    Args:
        seconds: For everything inside.
    """
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def capped(timeout: Timeout) -> Timeout:
    """The timeout, cut to what is left.

    Raises:
        HttpTimeout: Nothing is left; the request was not begun.
    """
    deadline = _deadline.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise errors.HttpTimeout(Reason("time_used_up"))
    if isinstance(timeout, tuple):
        return min(timeout[0], left), min(timeout[1], left)
    return min(timeout, left)
