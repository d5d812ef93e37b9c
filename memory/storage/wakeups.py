"""Enqueues background tasks; a burst of turns enqueues one embedding task."""

from __future__ import annotations

import logging
import threading
import time

from cachetools import TTLCache
from celery import current_app

from memory import database
from memory.embedders import current

logger = logging.getLogger(__name__)

EMBED = "memory.embed_pending"
INDEX = "memory.index_scope"
OPTIMIZE = "memory.optimize"
TASK_NAMES = (EMBED, INDEX, OPTIMIZE)
GATHER_S = 0.5
INDEX_AGAIN_S = 60.0
_MOST_HELD = 10_000

_lock = threading.Lock()
_covered_until = 0.0
# Scopes whose index was requested within the last minute. Bounded: a process may serve any number of people.
_indexed: TTLCache[tuple[int, int], bool] = TTLCache(_MOST_HELD, INDEX_AGAIN_S)


def embed_after_commit() -> None:
    """Enqueues `memory.embed_pending` once the surrounding transaction is committed."""
    if current.enabled():
        database.on_commit(_enqueue)


def optimize_soon(bot_id: int) -> None:
    """Enqueues a consolidation of this bot. Propagates broker errors, because the caller must see them."""
    current_app.send_task(OPTIMIZE, args=[bot_id], ignore_result=True, retry=False)


def _enqueue() -> None:
    # The task starts GATHER_S later and sees every commit until then, so no further task is needed meanwhile.
    global _covered_until
    now = time.monotonic()
    with _lock:
        if now < _covered_until:
            return
        _covered_until = now + GATHER_S
    try:
        current_app.send_task(EMBED, countdown=GATHER_S, ignore_result=True, retry=False)
    except Exception as error:  # transports raise their own classes; the next beat run finds the rows
        logger.warning("embedding not requested, the next sweep will do it: %s", type(error).__name__)


def clear_cache() -> None:
    """Enqueues the next requests at once, without debouncing."""
    global _covered_until
    with _lock:
        _covered_until = 0.0
        _indexed.clear()


def index_soon(bot_id: int, person_id: int) -> None:
    """Enqueues the index build of a large scope; at most once a minute, because every recall calls this."""
    with _lock:
        if (bot_id, person_id) in _indexed:
            return
        _indexed[bot_id, person_id] = True
    try:
        current_app.send_task(INDEX, args=(bot_id, person_id), ignore_result=True, retry=False)
    except Exception as error:  # as above
        logger.warning("index not requested, the next sweep will do it: %s", type(error).__name__)
