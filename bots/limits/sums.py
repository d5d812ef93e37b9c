"""Adds the usage of turns up by day: for the pages about money, and for limits that begin in the middle of a period.

A turn writes one row (`TurnUsage`) and no sum, so that no two turns wait for each other. A task adds these rows to the
sums later, each exactly once: the mark on the row and the sum change in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from bots.limits import periods
from bots.limits.rules import BILLIONTHS, Rule, in_ledger
from bots.models import OwnerKind, PersonDay, TurnUsage, Unit, UsageDay

BATCH = 500
MOST_BATCHES = 40  # of one run
COLUMNS = (
    "pk", "created_at", "bot_id", "person_id", "conversation__channel_id", "provider", "model", "purpose",
    "prompt_tokens", "completion_tokens", "cost",
)  # fmt: skip


class Amounts(NamedTuple):
    """Sums of some calls; `money` in billionths."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    money: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    @property
    def cost(self) -> Decimal:
        return Decimal(self.money) / BILLIONTHS

    def plus(self, other: Amounts) -> Amounts:
        return Amounts(*(one + two for one, two in zip(self, other, strict=True)))


def add_new() -> int:
    """Adds the rows of new turns to the sums. Returns their number. Safe in several processes at once."""
    added = 0
    for _number in range(MOST_BATCHES):
        batch = _add_batch()
        added += batch
        if batch < BATCH:
            break
    return added


def used(rule: Rule, period: periods.Period) -> int:
    """Returns what an owner has used since a period began, in the unit of the rule."""
    if rule.unit == Unit.MESSAGES:
        return 0
    new = TurnUsage.objects.filter(_of_owner(rule), created_at__gte=period.start)
    if rule.kind == OwnerKind.CHAT:  # its sums are those of its members
        return _in_unit(rule.unit, _of_rows(new))
    days = _days(rule).filter(day__gte=period.first_day)
    return _in_unit(rule.unit, of_days(days).plus(_of_rows(new.filter(summed=False))))


def of_days(days: QuerySet[Any]) -> Amounts:
    """Returns the sum of rows of daily sums."""
    found = days.order_by().aggregate(*(Sum(name) for name in Amounts._fields))
    return Amounts(*(int(found[f"{name}__sum"] or 0) for name in Amounts._fields))


def _days(rule: Rule) -> QuerySet[Any]:
    if rule.kind == OwnerKind.PERSON:
        return PersonDay.objects.filter(person=int(rule.owner))
    if rule.kind == OwnerKind.TENANT:
        return UsageDay.objects.filter(bot_id__in=_bots_of(rule.owner))
    mine = {"channel_id": int(rule.owner)} if rule.kind == OwnerKind.CHANNEL else {}
    return UsageDay.objects.filter(bot_id=rule.bot_id, **mine)


def _bots_of(tenant: str) -> list[int]:
    from bots.models import Bot

    return list(Bot.objects.filter(tenant=tenant).values_list("pk", flat=True))


def _of_owner(rule: Rule) -> Q:
    paths = {
        OwnerKind.BOT: "bot",
        OwnerKind.PERSON: "person",
        OwnerKind.CHAT: "conversation__person",
        OwnerKind.CHANNEL: "conversation__channel",
        OwnerKind.TENANT: "bot__tenant",
    }
    path = paths[OwnerKind(rule.kind)]
    return Q(**{path: rule.owner if rule.kind == OwnerKind.TENANT else int(rule.owner)})


def _of_rows(rows: QuerySet[Any]) -> Amounts:
    found = rows.order_by().aggregate(prompt=Sum("prompt_tokens"), answer=Sum("completion_tokens"), cost=Sum("cost"))
    money = in_ledger(found["cost"]) if found["cost"] else 0
    return Amounts(0, int(found["prompt"] or 0), int(found["answer"] or 0), money)


def _in_unit(unit: str, amounts: Amounts) -> int:
    return amounts.money if unit == Unit.MONEY else amounts.tokens


def _add_batch() -> int:
    with transaction.atomic():
        rows = list(TurnUsage.objects.filter(summed=False).order_by("id").values(*COLUMNS)[:BATCH])
        ids = [row["pk"] for row in rows]
        if TurnUsage.objects.filter(pk__in=ids, summed=False).update(summed=True) != len(ids):
            transaction.set_rollback(True)  # another process has added some of them; the next run adds the others
            return 0
        by_use: dict[tuple[Any, ...], Amounts] = defaultdict(Amounts)
        by_person: dict[tuple[Any, ...], Amounts] = defaultdict(Amounts)
        for row in rows:
            day, amounts = periods.today(row["created_at"]), of_row(row)
            use = (day, row["bot_id"], row["conversation__channel_id"] or 0, *(row[name] for name in _USE[3:]))
            by_use[use] = by_use[use].plus(amounts)
            if row["person_id"] is None:  # of a replay, which no person has asked for
                continue
            of_person = (row["person_id"], day, row["bot_id"])
            by_person[of_person] = by_person[of_person].plus(amounts)
        _add(UsageDay, _USE, by_use)
        _add(PersonDay, _PERSON, by_person)
    return len(ids)


def add_of_operator(now: datetime, use: tuple[str, str, str], amounts: Amounts) -> None:
    """Adds a call that no bot has made: its provider, model and purpose. It has no row of usage."""
    _add(UsageDay, _USE, {(periods.today(now), 0, 0, *use): amounts})


def in_billionths(cost: Decimal) -> int:
    return int(cost * BILLIONTHS)


_USE = ("day", "bot_id", "channel_id", "provider", "model", "purpose")
_PERSON = ("person_id", "day", "bot_id")


def of_row(row: Mapping[str, Any]) -> Amounts:
    """Returns the amounts of one row of `TurnUsage`, given as its values."""
    return Amounts(1, row["prompt_tokens"], row["completion_tokens"], in_billionths(row["cost"]))


def _add(model: Any, names: Iterable[str], sums: Mapping[tuple[Any, ...], Amounts]) -> None:
    keys = [dict(zip(names, key, strict=True)) for key in sorted(sums)]
    model.objects.bulk_create([model(**key) for key in keys], ignore_conflicts=True)
    for key in keys:
        added = sums[tuple(key.values())]._asdict()
        model.objects.filter(**key).update(**{name: F(name) + value for name, value in added.items()})
