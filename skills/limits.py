"""Runs foreign code for a limited time.

Python cannot stop a thread, so a call that is too slow is left behind and its outcome ignored. A skill that keeps
hanging would collect threads: after a few of them it is not started again until one comes back.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.utils import translation

from clawdbot.errors import ClawdbotError

MOST_LEFT_BEHIND = 4
_lock = threading.Lock()
_left_behind: Counter[int] = Counter()


def clear_cache() -> None:
    """Starts skills again whose earlier calls still hang."""
    with _lock:
        _left_behind.clear()


class TooSlow(ClawdbotError):
    """The call took longer than its limit, or too many earlier calls still hang."""


def call(function: Callable[[], Any], key: int, limit_s: float, language: str) -> Any:
    """What `function` returns or raises.

    Args:
        function: run in a thread of its own, with `language` active.
        key: of the skill; its hanging calls are counted.
        limit_s: seconds to wait.
        language: e.g. "zh-hans".

    Raises:
        TooSlow: It did not end in time.
    """
    if _left_behind[key] >= MOST_LEFT_BEHIND:
        raise TooSlow(f"{MOST_LEFT_BEHIND} earlier calls still hang")
    call = _Call(function, key, language)
    threading.Thread(target=call.run, name=f"skill-{key}", daemon=True).start()
    return call.outcome(limit_s)


class _Call:
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
                    _left_behind[self._key] -= 1

    def outcome(self, limit_s: float) -> Any:
        if not self._done.wait(limit_s):
            with _lock:
                if not self._done.is_set():
                    self._abandoned = True
                    _left_behind[self._key] += 1
                    raise TooSlow(f"no answer within {limit_s:g} s")
        if self._error is not None:
            if isinstance(self._error, Exception):
                raise self._error
            raise RuntimeError(type(self._error).__name__) from self._error
        return self._value
