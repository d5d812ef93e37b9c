"""Reserves for many calls at once where many come and their limits are far, so that a call costs no statement.

A batch is a reservation like any other. Calls of this process take their estimates out of it in memory, and return what
they did not use. What they used is charged as always, in the transaction that closes their turn, while the batch stays
reserved until it ends: `spent + reserved` counts such a call twice for a moment, and never less than once. A batch is
only taken while a fifth of each limit stays free beside it; near a limit each call reserves by itself again. After a
`kill -9` the sweep returns the batch like any reservation.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from cachetools import LRUCache
from django.db import connection

from bots.limits import ledger, periods
from bots.limits.ledger import Charge, Full, Hold
from bots.limits.rules import Rule
from bots.models.sql import clock

CALLS = 20  # estimates in a batch, at most
LEAST_CALLS = 4  # a limit that is so small has none
SHARE = 50  # a batch is at most this part of each limit
FREE = 5  # this part of each limit stays free beside it
LIFE_S = 10.0
BUSY = 4  # calls in `WITHIN_S` for the same limits
WITHIN_S = 2.0

_Rules = tuple[Rule, ...]
_lock = threading.Lock()
_current: LRUCache[_Rules, Batch] = LRUCache(1000)
_ending: list[Batch] = []  # from them no call takes any more
_seen: LRUCache[_Rules, tuple[datetime, int]] = LRUCache(1000)  # since when, how many calls


class Batch:
    """What one process has reserved for calls that have the same limits. `_lock` guards it."""

    def __init__(self, rules: _Rules, key: str, holds: Sequence[Hold], now: datetime, seconds: float) -> None:
        self.rules, self.key, self.holds, self._seconds = rules, key, tuple(holds), seconds
        self._left = [held for _balance, held in holds]
        self._began = now
        self._until = min(now + timedelta(seconds=LIFE_S), *(periods.of(rule.unit, now).end for rule in rules))
        self.swept_at = now + timedelta(seconds=LIFE_S + seconds + ledger.GRACE_S)
        self.calls = 0  # that are not settled yet

    def is_over(self, now: datetime) -> bool:
        return not self._began <= now < self._until

    def take(self, amounts: Sequence[int], seconds: float) -> bool:
        """Takes the estimates of a call that ends in so many seconds. Returns False when there is no room."""
        if seconds > self._seconds or any(left < amount for left, amount in zip(self._left, amounts, strict=True)):
            return False
        self._add([-amount for amount in amounts])
        self.calls += 1
        return True

    def end_call(self, estimate: Mapping[str, int], used: Mapping[str, int]) -> None:
        """Returns what a call did not use, once what it used is charged. A call that was not made used nothing."""
        with _lock:
            self._add([estimate[rule.unit] - used.get(rule.unit, 0) for rule in self.rules])
            self.calls -= 1

    def _add(self, amounts: Sequence[int]) -> None:
        self._left = [left + amount for left, amount in zip(self._left, amounts, strict=True)]

    def as_charge(self) -> Charge:
        """Returns the charge that ends it: what its calls used is charged already."""
        return Charge(self.key, self.rules, self.holds, {rule.unit: 0 for rule in self.rules})


def take(rules: _Rules, amounts: Mapping[str, int], seconds: float) -> Batch | None:
    """Takes the estimate of a call out of a batch; None: the call must reserve by itself.

    Args:
        rules: The limits, in the order of `rules.of`.
        amounts: What the call will use at most, by unit.
        seconds: Deadline of the call.
    """
    now, wanted = clock.now(), [max(amounts[rule.unit], 0) for rule in rules]
    with _lock:
        batch = _current.get(rules)
        if batch is not None and not batch.is_over(now) and batch.take(wanted, seconds):
            return batch
        if batch is not None:
            _ending.append(_current.pop(rules))
        if connection.in_atomic_block or not _is_busy(rules, now):  # what rolls back must not be taken from
            return None
    return _take_new(rules, wanted, seconds, now)


def end_unused(*, all_of_them: bool = False) -> None:
    """Ends batches that are over and whose calls are settled. The heartbeat calls it, so no idle process holds one.

    Args:
        all_of_them: Whether to end those that are not over, too: at the end of the process.
    """
    now = clock.now()
    with _lock:
        for rules, batch in list(_current.items()):
            if all_of_them or batch.is_over(now):
                _ending.append(_current.pop(rules))
    with ending() as charges:
        if charges:
            ledger.settle(charges)


@contextmanager
def ending() -> Iterator[list[Charge]]:
    """Yields the charges that end what can end; when the block fails, it is ended another time."""
    with _lock:
        ended = [batch for batch in _ending if not batch.calls]
        # One with a call that nobody could settle is returned by the sweep.
        _ending[:] = [batch for batch in _ending if batch.calls and batch.swept_at > clock.now()]
    try:
        yield [batch.as_charge() for batch in ended]
    except BaseException:
        with _lock:
            _ending.extend(ended)
        raise


def clear_cache() -> None:
    """Forgets all batches; the sweep returns what they hold."""
    global _lock
    _lock = threading.Lock()  # a forked process may have got it locked
    _current.clear()
    _ending.clear()
    _seen.clear()


def _take_new(rules: _Rules, wanted: Sequence[int], seconds: float, now: datetime) -> Batch | None:
    sizes = [min(CALLS * amount, rule.ceiling // SHARE) for rule, amount in zip(rules, wanted, strict=True)]
    if any(size < LEAST_CALLS * amount for size, amount in zip(sizes, wanted, strict=True)):
        return None
    try:
        with ending() as charges:
            key, holds = ledger.reserve_batch(rules, sizes, LIFE_S + seconds, FREE, charges)
    except Full:  # too near
        with _lock:
            _seen[rules] = (now + timedelta(seconds=LIFE_S), 0)  # asks no more for that long
        return None
    batch = Batch(rules, key, holds, now, seconds)
    with _lock:
        batch.take(wanted, seconds)
        if (other := _current.pop(rules, None)) is not None:  # another thread was as quick
            _ending.append(other)
        _current[rules] = batch
    return batch


def _is_busy(rules: _Rules, now: datetime) -> bool:
    since, calls = _seen.get(rules, (now, 0))
    if now - since > timedelta(seconds=WITHIN_S):
        since, calls = now, 0
    _seen[rules] = (since, calls + 1)
    return since <= now and calls + 1 > BUSY


os.register_at_fork(after_in_child=clear_cache)  # its parent ends what it had
