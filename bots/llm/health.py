"""Keeps `last_ok_at` and `last_error` of provider rows up to date without a write per call."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone

from bots.models.lengths import ERROR_LENGTH
from bots.models.provider import ModelProvider
from clawdbot.reasons import Why, columns

OK_EVERY_S = 30.0
ERROR_EVERY_S = 5.0

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_written: dict[tuple[int, bool], float] = {}


def note_ok(key: int | None) -> None:
    if key is not None and _due((key, True), OK_EVERY_S):
        _update(key, last_ok_at=timezone.now(), open_until=None)


def note_error(key: int | None, reason: Why, pause_s: float = 0.0) -> None:
    """Stores the last error. The admin shows `reason`, so it must not hold a prompt or a key.

    Args:
        key: The provider.
        reason: Why it gave no answer.
        pause_s: Seconds for which its circuit is open.
    """
    if key is None or not (_due((key, False), ERROR_EVERY_S) or pause_s):
        return
    now = timezone.now()
    until = {"open_until": now + timedelta(seconds=pause_s)} if pause_s else {}
    _update(key, last_error_at=now, **until, **columns("last_error", reason, ERROR_LENGTH))


def clear_cache() -> None:
    with _lock:
        _written.clear()


def _due(key: tuple[int, bool], every_s: float) -> bool:
    now = time.monotonic()
    with _lock:
        if now - _written.get(key, float("-inf")) < every_s:
            return False
        _written[key] = now
        # A change between success and failure is written at once.
        _written.pop((key[0], not key[1]), None)
        return True


def _update(key: int, **values: object) -> None:
    try:
        ModelProvider.objects.filter(pk=key).update(**values)
    except DatabaseError:
        # A failed status update must not fail the turn.
        logger.warning("could not note the state of provider %s", key)
