"""Keeps one platform that is down from holding up the others.

A platform that does not answer costs a worker thread up to its time-out per message. After a few failures in a row,
messages of the channel wait without a call, and one of them at a time tries the platform. A channel whose sends already
hang in half of the threads gets no further one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from adapters.errors import SendError
from clawdbot.circuit_breaker import CircuitBreaker

# What an adapter reports when the platform as a whole is away: no connection, no answer in time, 5xx.
MARKS = frozenset({"not_reached", "no_answer", "server_error"})
SLOW_S = 2.0
LOOK_AGAIN_S = 1.0

_circuits: CircuitBreaker[int] = CircuitBreaker(failures_to_open=3, pause_s=2.0, longest_pause_s=60.0)
_lock = threading.Lock()
_running: dict[int, list[float]] = {}


def wait_s(channel_id: int) -> float:
    """Returns the seconds that a message of this channel must wait; 0.0 when it may be tried now."""
    if _slow(channel_id) >= max(1, settings.CLAWDBOT.worker.threads // 2):
        return LOOK_AGAIN_S
    refusal = _circuits.refusal(channel_id)
    return refusal.wait_s if refusal is not None else 0.0


@contextmanager
def trying(channel_id: int) -> Iterator[None]:
    """Notes the outcome of a send: a success closes the channel's circuit, an outage counts against it."""
    began = time.monotonic()
    with _lock:
        _running.setdefault(channel_id, []).append(began)
    try:
        yield
    except SendError as error:
        if error.mark in MARKS and not error.permanent:
            _circuits.failed(channel_id)
        else:
            _circuits.succeeded(channel_id)  # the platform answers
        raise
    else:
        _circuits.succeeded(channel_id)
    finally:
        with _lock:
            _running[channel_id].remove(began)
            if not _running[channel_id]:
                del _running[channel_id]


def _slow(channel_id: int) -> int:
    before = time.monotonic() - SLOW_S
    with _lock:
        return sum(began < before for began in _running.get(channel_id, ()))


def clear_cache() -> None:
    """Closes every circuit."""
    _circuits.clear_cache()
