"""Runs third-party code with a time limit.

Python cannot stop a thread, so a call that is too slow is abandoned: its thread goes on and its result is ignored. To
bound the number of threads, a skill with several abandoned calls is not started until one of them ends.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.utils import translation

from clawdbot.errors import ClawdbotError

MOST_ABANDONED_CALLS = 4
_ASK_EVERY_S = 0.5
_lock = threading.Lock()
_abandoned_calls: Counter[int] = Counter()


def clear_cache() -> None:
    """Forgets all abandoned calls, so that their skills can start again."""
    with _lock:
        _abandoned_calls.clear()


class TooSlow(ClawdbotError):
    """The call took longer than its limit, or too many earlier calls of the skill still run."""


def call(function: Callable[[], Any], key: int, limit_s: float, language: str) -> Any:
    """Calls `function` and returns its result or raises its exception.

    Args:
        function: Runs in its own thread, with `language` active.
        key: Id of the skill, under which abandoned calls are counted.
        limit_s: Seconds to wait.
        language: For instance "zh-hans".

    Raises:
        TooSlow: The function did not end in time, or too many earlier calls of the skill still run.
    """
    return begin(function, key, language).outcome(limit_s)


def begin(function: Callable[[], Any], key: int, language: str) -> Running:
    """Starts the call in its own thread; its `outcome` waits for it.

    Raises:
        TooSlow: Too many earlier calls of the skill still run.
    """
    if _abandoned_calls[key] >= MOST_ABANDONED_CALLS:
        raise TooSlow(f"{MOST_ABANDONED_CALLS} earlier calls still hang")
    running = Running(function, key, language)
    threading.Thread(target=running.run, name=f"skill-{key}", daemon=True).start()
    return running


class Stopped(ClawdbotError):
    """The caller no longer waits for the call, because the person asked to stop."""


class Running:
    """A call in its own thread."""

    def __init__(self, function: Callable[[], Any], key: int, language: str) -> None:
        self._function, self._key, self._language = function, key, language
        self._done = threading.Event()
        self._abandoned = False
        self._value: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            with translation.override(self._language):
                self._value = self._function()
        except BaseException as error:  # also SystemExit: a skill must not end the worker
            self._error = error
        finally:
            connections.close_all()
            with _lock:
                self._done.set()
                if self._abandoned:
                    _abandoned_calls[self._key] -= 1

    def outcome(self, limit_s: float, stopped: Callable[[], bool] | None = None) -> Any:
        """Waits for the call and returns its result or raises its exception.

        Args:
            limit_s: Seconds to wait.
            stopped: Asked twice a second; True abandons the call.

        Raises:
            TooSlow: The function did not end in time.
            Stopped: `stopped()` returned True.
        """
        ends = time.monotonic() + limit_s
        while not self._done.wait(min(_ASK_EVERY_S, ends - time.monotonic()) if stopped else limit_s):
            if stopped is not None and stopped():
                self._abandon(Stopped("stopped"))
            elif time.monotonic() >= ends:
                self._abandon(TooSlow(f"no answer within {limit_s:g} s"))
        if self._error is not None:
            if isinstance(self._error, Exception):
                raise self._error
            raise RuntimeError(type(self._error).__name__) from self._error
        return self._value

    def _abandon(self, reason: ClawdbotError) -> None:
        with _lock:
            if not self._done.is_set():
                self._abandoned = True
                _abandoned_calls[self._key] += 1
                raise reason
