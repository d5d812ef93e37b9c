"""The steps of sends in Redis, for the nodes that do not see this home: what a killed node was just sending.

It holds the two steps that decide whether a send may be repeated: begun, and written whole. Redis forgets and fails, so
a step that is not there says nothing: only a step that is there does.
"""

from __future__ import annotations

import logging
import threading
from functools import lru_cache
from typing import Any

from django.conf import settings

from clawdbot import redis_address
from clawdbot.circuit_breaker import CircuitBreaker

logger = logging.getLogger(__name__)

KEEP_S = 2 * 24 * 3600
# A send waits for it.
_WAIT_S = 0.25
_REDIS = "redis"
_breaker: CircuitBreaker[str] = CircuitBreaker(pause_s=2.0, longest_pause_s=10.0)


class Unreadable(Exception):
    """Redis does not answer now."""


def _key(worker_id: str) -> str:
    return f"clawdbot:journal:{worker_id}"


@lru_cache(maxsize=1)
def _client(url: str) -> Any:
    return redis_address.connect(url, socket_timeout=_WAIT_S, socket_connect_timeout=_WAIT_S, health_check_interval=30)


class SharedJournal:
    """The steps of one process. Best effort: without Redis it does nothing."""

    def __init__(self, worker_id: str) -> None:
        self._key = _key(worker_id)
        self._lock = threading.Lock()
        self._settled: list[int] = []

    def note(self, row_id: int, attempt: int, step: str) -> None:
        """Writes a step, and deletes those of sends that have been settled, in one round trip."""
        url = settings.CLAWDBOT.redis_url
        if not url or _breaker.refusal(_REDIS) is not None:
            return
        with self._lock:
            settled, self._settled = self._settled, []
        try:
            with _client(url).pipeline(transaction=False) as batch:
                if settled:
                    batch.hdel(self._key, *settled)
                batch.hset(self._key, str(row_id), f"{attempt} {step}")
                batch.expire(self._key, KEEP_S)
                batch.execute()
        except Exception as error:  # redis has its own classes; a send must not fail for it
            _breaker.failed(_REDIS)
            logger.warning("the step of a send is not shared with other nodes: %s", type(error).__name__)
        else:
            _breaker.succeeded(_REDIS)

    def discard(self, row_id: int) -> None:
        """Deletes the row's step with the next `note`."""
        if settings.CLAWDBOT.redis_url:
            with self._lock:
                self._settled.append(row_id)


def read(worker_id: str) -> dict[int, tuple[int, str]] | None:
    """Returns (attempt, step) by row of a worker of any node; None when there is nothing. Raises Unreadable."""
    url = settings.CLAWDBOT.redis_url
    if not url:
        return None
    try:
        found = _client(url).hgetall(_key(worker_id))
    except Exception as error:
        raise Unreadable(type(error).__name__) from None
    steps = {}
    for row_id, line in found.items():
        attempt, _, step = line.decode("ascii", "replace").partition(" ")
        if row_id.isdigit() and attempt.isdigit():
            steps[int(row_id)] = (int(attempt), step)
    return steps or None


def remove(worker_id: str) -> None:
    """Deletes the steps of a dead worker. They expire, too."""
    url = settings.CLAWDBOT.redis_url
    if url:
        try:
            _client(url).delete(_key(worker_id))
        except Exception as error:
            logger.debug("steps of a dead worker are not deleted: %s", type(error).__name__)


def clear_cache() -> None:
    """Connects again at the next use, and tries Redis again."""
    if _client.cache_info().currsize:
        _client.cache_clear()
    _breaker.clear_cache()
