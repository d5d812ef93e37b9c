"""Reserves before a call and settles after it, so that no number of processes spends more than a limit allows.

One conditional UPDATE per limit reserves the estimate: `spent + reserved + estimate <= limit`. A row of its own holds
what a call has reserved, with a deadline: when its process is killed, the sweep returns the reservation. Settling
replaces it by what was really used. A call that outlives its deadline is still charged.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from cachetools import LRUCache
from django.db import transaction
from django.db.models import F, QuerySet

from bots.limits import periods, sums
from bots.limits.rules import Rule
from bots.models import Balance, Reservation, Unit, sql
from bots.models.sql import clock

logger = logging.getLogger(__name__)

# So large that sums of it still fit the column.
MOST = 10**18
GRACE_S = 30.0  # between the deadline of a call and its settlement
_AT_ONCE = 500
_KEPT = {Unit.MESSAGES: timedelta(hours=1), Unit.TOKENS: timedelta(days=40), Unit.MONEY: timedelta(days=400)}

_known: LRUCache[tuple[str, str, str, str], int] = LRUCache(10_000)  # ids of balances
_lock = threading.Lock()

Hold = tuple[int, int]  # id of a balance, amount


class Full(Exception):
    """A limit has no room. `rule` says which."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self.rule = rule


class _Unsure(Exception):
    """Not all limits of a call could be taken at once."""


class Charge(NamedTuple):
    """A call that was made: its reservation ("" of a batch), and what it has used by unit.

    Who settles it calls `settled` after the commit.
    """

    key: str
    rules: Sequence[Rule]
    holds: Sequence[Hold]
    amounts: Mapping[str, int]
    settled: Callable[[], None] | None = None


class _Wanted(NamedTuple):
    """What to reserve of one limit, as far as what is spent and reserved stays within `most`."""

    rule: Rule
    amount: int
    most: int


def reserve(
    rules: Sequence[Rule], amounts: Mapping[str, int], seconds: float, made: Sequence[Charge] = ()
) -> tuple[str, tuple[Hold, ...]]:
    """Reserves the amounts of all these limits, or nothing.

    Args:
        rules: The limits, in the order of `rules.of`: all callers lock rows in the same order.
        amounts: What the call will use at most, by unit.
        seconds: After this time and `GRACE_S` the reservation expires.
        made: Earlier calls to settle before that, in the same transaction.

    Returns:
        The key of the reservation, and what it holds.

    Raises:
        Full: A limit has no room; nothing was settled either.
    """
    now = clock.now()
    wanted = [_Wanted(rule, min(max(amounts[rule.unit], 0), MOST), rule.ceiling) for rule in rules]
    try:
        return _reserve("call", wanted, seconds, made, now)
    except Full as full:
        _note_refusal(full.rule, now)
        raise


def reserve_batch(
    rules: Sequence[Rule], sizes: Sequence[int], seconds: float, free: int, made: Sequence[Charge]
) -> tuple[str, tuple[Hold, ...]]:
    """Reserves for calls to come; see `bots.limits.batches`. It is no refusal when there is no room for it.

    Args:
        rules: As of `reserve`.
        sizes: What to reserve of each rule.
        seconds: As of `reserve`.
        free: One of so many parts of each limit must stay free beside it.
        made: As of `reserve`.

    Raises:
        Full: A limit has less room.
    """
    wanted = [
        _Wanted(rule, min(size, MOST), rule.ceiling - rule.ceiling // free)
        for rule, size in zip(rules, sizes, strict=True)
    ]
    return _reserve("batch", wanted, seconds, made, clock.now())


def _reserve(
    kind: str, wanted: Sequence[_Wanted], seconds: float, made: Sequence[Charge], now: datetime
) -> tuple[str, tuple[Hold, ...]]:
    key = f"{kind}:{uuid.uuid4().hex}"
    for one_by_one in (False, True):
        with contextlib.suppress(_Unsure), sql.unflushed():
            holds = _held(wanted, now, made, one_by_one)
            sql.note_reservation(key, holds, now + timedelta(seconds=seconds + GRACE_S))
            return key, holds
    raise AssertionError("one by one it is sure")


def settle(made: Sequence[Charge]) -> None:
    """Charges what calls have used; their reservations end. One that was swept is charged all the same.

    Within a transaction of the caller an error fails all of it.
    """
    with transaction.atomic(savepoint=False):
        _spend(_ended(made))


def release(key: str, holds: Sequence[Hold]) -> None:
    """Returns what a call has reserved and not used."""
    with sql.unflushed():
        if sql.end_reservation(key):
            sql.spend([(balance, 0, held) for balance, held in holds])


def count(rules: Sequence[Rule], now: datetime) -> None:
    """Counts one message.

    Args:
        rules: Limits of messages, in the order of `rules.of`.
        now: Time of the message.

    Raises:
        Full: A limit has no room; nothing was counted.
    """
    period = periods.of(Unit.MESSAGES, now)
    try:
        # One statement needs no transaction around it.
        with contextlib.nullcontext() if len(rules) == 1 else sql.unflushed():
            for rule in rules:
                owner = (rule.kind, rule.owner, rule.bot_id)
                if not rule.ceiling or not sql.count_message(*owner, period.key, period.end, min(rule.ceiling, MOST)):
                    raise Full(rule)
    except Full as full:
        _note_refusal(full.rule, now)
        raise


def sweep(now: datetime | None = None) -> int:
    """Returns reservations whose process was killed, and deletes old balances. Returns the number of reservations."""
    now = now or clock.now()
    swept = 0
    while expired := list(_expired(now)):
        # Earlier versions wrote one for each message, which holds nothing. They go in one statement.
        Reservation.objects.filter(key__in=[key for key, holds in expired if not holds]).delete()
        for key, holds in expired:
            if holds:
                release(key, [(int(balance), int(held)) for balance, held in holds])
                swept += 1
    if swept:
        logger.warning("returned %s reservations of calls that came to no end", swept)
    for unit, kept in _KEPT.items():
        ended = Balance.objects.filter(unit=unit, ends_at__lt=now - kept).values_list("pk", flat=True)
        while old := list(ended[:_AT_ONCE]):
            Balance.objects.filter(pk__in=old).delete()
    return swept


def _expired(now: datetime) -> QuerySet[Reservation, tuple[str, list[Hold]]]:
    rows = Reservation.objects.filter(expires_at__lt=now).order_by("expires_at")
    return rows.values_list("key", "holds")[:_AT_ONCE]


def forget(balances: QuerySet[Balance]) -> None:
    """Deletes balances, so that they are opened anew with what was really used.

    Calls lock the balances of their rules in the order of `rules.of`. This takes them in the same order, so that no two
    wait for each other.
    """
    with transaction.atomic():
        ordered = balances.order_by("kind", "owner", "bot_id", "unit", "pk").select_for_update()
        Balance.objects.filter(pk__in=list(ordered.values_list("pk", flat=True))).delete()
    clear_cache()


def clear_cache() -> None:
    """Forgets the ids of balances."""
    with _lock:
        _known.clear()


_Used = dict[tuple[Rule, int], tuple[int, int]]  # by limit and balance: what calls have used and reserved


def _ended(made: Sequence[Charge]) -> _Used:
    """Ends the reservations of calls, and returns what they used."""
    used: _Used = {}
    for charge in made:
        was_held = bool(charge.key) and sql.end_reservation(charge.key)
        for rule, (balance, held) in zip(charge.rules, charge.holds, strict=True):
            spent, reserved = used.get((rule, balance), (0, 0))
            amount = min(max(charge.amounts[rule.unit], 0), MOST)
            used[rule, balance] = (spent + amount, reserved + (held if was_held else 0))
    return used


def _spend(used: _Used) -> None:
    """Charges what calls have used, in the order in which all transactions lock balances."""
    ordered = sorted(used.items())
    if sql.spend([(balance, amount, held) for (_rule, balance), (amount, held) in ordered]):
        return
    kept = set(Balance.objects.filter(pk__in=[balance for (_rule, balance), _amounts in ordered]).values_list("pk"))
    for (rule, balance), (amount, _held_before) in ordered:
        if (balance,) not in kept:
            # The limit was changed during the call. A balance that is open since then has not counted this call.
            named = {"kind": rule.kind, "owner": rule.owner, "unit": rule.unit}
            opened = Balance.objects.filter(**named, pk__gt=balance, period=periods.of(rule.unit, clock.now()).key)
            opened.update(spent=F("spent") + amount)


def _held(wanted: Sequence[_Wanted], now: datetime, made: Sequence[Charge], one_by_one: bool) -> tuple[Hold, ...]:
    """Charges what calls have used, and takes an amount of each limit.

    Raises:
        Full: A limit has no room.
        _Unsure: The quick way does not tell which one. Roll back, and take them one by one.
    """
    if not one_by_one and not made:
        return _held_at_once(wanted, now)
    used = _ended(made)
    by_rule = {one.rule: one for one in wanted}
    holds = []
    for rule in sorted({*by_rule, *(rule for rule, _balance in used)}):
        if mine := {key: value for key, value in used.items() if key[0] == rule}:
            _spend(mine)
        if rule in by_rule:
            holds.append(_hold(by_rule[rule], now))
    return tuple(holds)


def _held_at_once(wanted: Sequence[_Wanted], now: datetime) -> tuple[Hold, ...]:
    with _lock:
        balances = [_known.get(_place(one.rule, now)) for one in wanted]
    taken = [
        (balance, one.amount, one.rule.ceiling, one.most)
        for balance, one in zip(balances, wanted, strict=True)
        if balance is not None
    ]
    if len(taken) < len(wanted) or not sql.reserve(taken):
        raise _Unsure
    return tuple((balance, amount) for balance, amount, _ceiling, _most in taken)


def _hold(wanted: _Wanted, now: datetime) -> Hold:
    rule, amount, most = wanted
    key = _place(rule, now)
    with _lock:
        balance = _known.get(key)
    if balance is not None and sql.reserve([(balance, amount, rule.ceiling, most)]):
        return balance, amount
    # It is full, or was deleted meanwhile, or this process has not seen it yet.
    found = _open(rule, periods.of(rule.unit, now))
    with _lock:
        _known[key] = found
    if found == balance or not sql.reserve([(found, amount, rule.ceiling, most)]):
        raise Full(rule)
    return found, amount


def _place(rule: Rule, now: datetime) -> tuple[str, str, str, str]:
    return rule.kind, rule.owner, rule.unit, periods.of(rule.unit, now).key


def _note_refusal(rule: Rule, now: datetime) -> None:
    """Counts a refusal, so that the operator sees a limit that is smaller than any call."""
    with sql.unflushed():
        balance = _open(rule, periods.of(rule.unit, now))
        Balance.objects.filter(pk=balance).update(refused=F("refused") + 1, ceiling=min(rule.ceiling, MOST))


def _open(rule: Rule, period: periods.Period) -> int:
    """Returns the id of the balance; opens it with what its owner has used since the period began."""
    named = {"kind": rule.kind, "owner": rule.owner, "unit": rule.unit, "period": period.key}
    known = Balance.objects.filter(**named).values_list("pk", flat=True).first()
    if known is not None:
        return int(known)
    row = Balance(
        **named,
        bot_id=rule.bot_id,
        ends_at=period.end,
        ceiling=min(rule.ceiling, MOST),
        spent=min(sums.used(rule, period), MOST),
    )
    Balance.objects.bulk_create([row], ignore_conflicts=True)
    return int(Balance.objects.filter(**named).values_list("pk", flat=True).get())
