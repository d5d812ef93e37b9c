"""Reserves before a call and settles after it, so that no number of processes spends more than a limit allows.

One conditional UPDATE per limit reserves the estimate: `spent + reserved + estimate <= limit`. A row of its own holds
what a call has reserved, with a deadline: when its process is killed, the sweep returns the reservation. Settling
replaces it by what was really used. A call that outlives its deadline is still charged.
"""

from __future__ import annotations

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


class Charge(NamedTuple):
    """A call that was made: its reservation, and what it has used by unit."""

    key: str
    rules: Sequence[Rule]
    holds: Sequence[Hold]
    amounts: Mapping[str, int]


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
    key, now = f"call:{uuid.uuid4().hex}", clock.now()
    holds: list[Hold] = []
    try:
        with sql.unflushed():
            used = _ended(made)
            for rule in sorted({*rules, *used}):
                _spend(rule, used.get(rule, {}))
                if rule in rules:
                    holds.append(_hold(rule, amounts[rule.unit], now))
            sql.note_reservation(key, holds, now + timedelta(seconds=seconds + GRACE_S))
    except Full as full:
        _note_refusal(full.rule, now)
        raise
    return key, tuple(holds)


def settle(made: Sequence[Charge]) -> None:
    """Charges what calls have used; their reservations end. One that was swept is charged all the same."""
    with transaction.atomic():
        used = _ended(made)
        for rule in sorted(used):
            _spend(rule, used[rule])


def release(key: str, holds: Sequence[Hold]) -> None:
    """Returns what a call has reserved and not used."""
    with sql.unflushed():
        if sql.end_reservation(key):
            for balance, held in holds:
                sql.spend(balance, 0, held)


def count_once(key: str, rules: Sequence[Rule], now: datetime, kept: timedelta) -> None:
    """Counts one message; a second call with the same key counts nothing.

    Args:
        key: Names the message.
        rules: Limits of messages.
        now: Time of the message.
        kept: How long the key is known.

    Raises:
        Full: A limit has no room; nothing was counted.
    """
    try:
        with sql.unflushed():
            if not sql.note_reservation(key, (), now + kept):
                return
            for rule in rules:
                _hold(rule, 1, now, sql.spend_within)
    except Full as full:
        _note_refusal(full.rule, now)
        raise


def sweep(now: datetime | None = None) -> int:
    """Returns reservations whose process was killed, and deletes old balances. Returns the number of reservations."""
    now = now or clock.now()
    swept = 0
    while expired := list(_expired(now)):
        # Those of messages hold nothing. There is one for each message, so they go in one statement.
        Reservation.objects.filter(key__in=[key for key, holds in expired if not holds]).delete()
        for key, holds in expired:
            if holds:
                release(key, [(int(balance), int(held)) for balance, held in holds])
                swept += 1
    if swept:
        logger.warning("returned %s reservations of calls that came to no end", swept)
    for unit, kept in _KEPT.items():
        ended = Balance.objects.filter(unit=unit, ends_at__lt=now - kept).values_list("pk", flat=True)
        if old := list(ended[:_AT_ONCE]):
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


def _ended(made: Sequence[Charge]) -> dict[Rule, dict[int, tuple[int, int]]]:
    """Ends the reservations of calls. Returns what they have used and reserved, by limit and balance."""
    used: dict[Rule, dict[int, tuple[int, int]]] = {}
    for charge in made:
        was_held = sql.end_reservation(charge.key)
        for rule, (balance, held) in zip(charge.rules, charge.holds, strict=True):
            spent, reserved = used.setdefault(rule, {}).get(balance, (0, 0))
            amount = min(max(charge.amounts[rule.unit], 0), MOST)
            used[rule][balance] = (spent + amount, reserved + (held if was_held else 0))
    return used


def _spend(rule: Rule, used: Mapping[int, tuple[int, int]]) -> None:
    for balance, (amount, held) in sorted(used.items()):
        if not sql.spend(balance, amount, held):
            # The limit was changed during the call. A balance that is open since then has not counted this call.
            named = {"kind": rule.kind, "owner": rule.owner, "unit": rule.unit}
            opened = Balance.objects.filter(**named, pk__gt=balance, period=periods.of(rule.unit, clock.now()).key)
            opened.update(spent=F("spent") + amount)


def _hold(rule: Rule, amount: int, now: datetime, take: Callable[[int, int, int], bool] = sql.reserve) -> Hold:
    amount = min(max(amount, 0), MOST)
    period = periods.of(rule.unit, now)
    key = (rule.kind, rule.owner, rule.unit, period.key)
    with _lock:
        balance = _known.get(key)
    if balance is not None and take(balance, amount, rule.ceiling):
        return balance, amount
    # It is full, or was deleted meanwhile, or this process has not seen it yet.
    found = _open(rule, period)
    with _lock:
        _known[key] = found
    if found == balance or not take(found, amount, rule.ceiling):
        raise Full(rule)
    return found, amount


def _note_refusal(rule: Rule, now: datetime) -> None:
    """Counts a refusal, so that the operator sees a limit that is smaller than any call."""
    with transaction.atomic():
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
