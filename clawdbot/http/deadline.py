"""Sets one deadline for several requests, for callers that keep a person waiting."""

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
    """Limits the total time of the requests inside the block. Shorter time-outs of single requests still apply.

    Args:
        seconds: Time for all requests together.
    """
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def capped(timeout: Timeout) -> Timeout:
    """Returns the time-out, limited to the time that is left.

    Raises:
        HttpTimeout: No time is left; the request was not started.
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


def limited_to(seconds: float) -> float:
    """Returns the moment (`time.monotonic()`) in `seconds` from now, or the deadline of the block if it is earlier."""
    moment, deadline = time.monotonic() + seconds, _deadline.get()
    return moment if deadline is None else min(moment, deadline)
