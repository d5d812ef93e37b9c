"""What was used from one day to another: by day, bot, person, model, channel or purpose. Reads the daily sums only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, QuerySet, Sum, Window
from django.utils.translation import gettext as _

from bots.limits import periods, sums
from bots.limits.sums import Amounts
from bots.models import Bot, Channel, OperatorPurpose, Person, PersonDay, TurnUsage, UsageDay
from bots.models.sql import clock

DAYS = 30
LONGEST = 366  # days of one report
SHOWN = 100  # rows of a page
AT_ONCE = 500  # groups of a CSV file
NEW_AT_ONCE = 2000  # usage that is not in the sums yet; more of it only exists after an update of the product
GROUPS = ("day", "bot", "person", "model", "channel", "purpose")
_SUMS = tuple(Sum(name) for name in Amounts._fields)
_KEYS = {
    "day": ("day",),
    "bot": ("bot_id",),
    "person": ("person_id",),
    "model": ("provider", "model"),
    "channel": ("channel_id",),
    "purpose": ("purpose",),
}


@dataclass(frozen=True, slots=True)
class Row:
    """The sums of one group. `name` is for people."""

    name: str
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `days` holds every day, also those without usage; `left_out` counts groups that are not shown, and
    `pending` says that older usage is still being added up.
    """

    rows: tuple[Row, ...]
    days: tuple[tuple[date, Amounts], ...]
    total: Amounts
    left_out: int
    pending: bool


def today() -> date:
    """Returns the day of the installation's time zone, in which days, months and limits begin."""
    return periods.today(clock.now())


def zone() -> str:
    return periods.zone().key


def make(bots: frozenset[int] | None, first: date, last: date, by: str) -> Report:
    """Returns the report of these bots (None: all), both days included, with the `SHOWN` dearest groups.

    Args:
        bots: Ids of the bots.
        first: First day.
        last: Last day.
        by: One of `GROUPS`.
    """
    new, pending = _new(bots, first, last)
    by_day = _grouped(UsageDay, bots, first, last, "day", new)
    if by == "person":
        groups, count = _dearest_people(bots, first, last, new)
    else:
        groups = by_day if by == "day" else _grouped(UsageDay, bots, first, last, by, new)
        count = len(groups)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    keys = sorted(groups, key=lambda key: (-groups[key].money, -groups[key].tokens, str(key)))
    if by == "day":
        keys = sorted(groups, reverse=True)
    shown = keys if by == "day" else keys[:SHOWN]
    names = _names(by, shown)
    total = Amounts()
    for amounts in by_day.values():
        total = total.plus(amounts)
    return Report(
        tuple(Row(names(key), groups[key]) for key in shown),
        tuple((day, by_day.get((day,), Amounts())) for day in days),
        total,
        count - len(shown),
        pending,
    )


def lines(bots: frozenset[int] | None, first: date, last: date, by: str) -> Iterator[tuple[str, ...]]:
    """Yields the lines of a CSV file, the heading first; see `make`.

    A name that a spreadsheet would calculate is quoted.
    Groups come from the database as they are read, so that a million people take no more memory than a few.
    """
    yield (by, "answers", "prompt_tokens", "completion_tokens", "cost")
    groups = _streamed(bots, first, last, by)
    while part := list(islice(groups, AT_ONCE)):
        names = _names(by, [key for key, _amounts in part])
        for key, amounts in part:
            name = names(key)
            if name[:1] in ("=", "+", "-", "@", "\t", "\r"):
                name = f"'{name}"
            counts = (amounts.calls, amounts.prompt_tokens, amounts.completion_tokens)
            yield (name, *map(str, counts), f"{amounts.cost:.9f}".rstrip("0").rstrip("."))


def _streamed(
    bots: frozenset[int] | None, first: date, last: date, by: str
) -> Iterator[tuple[tuple[Any, ...], Amounts]]:
    """Yields the groups, the dearest first and days from the latest on; at the end those that no sum has yet."""
    keys = _KEYS[by]
    fresh: dict[tuple[Any, ...], Amounts] = defaultdict(Amounts)
    for row in _new(bots, first, last)[0]:
        key = tuple(row[name] for name in keys)
        fresh[key] = fresh[key].plus(sums.of_row(row))
    order = ("-day",) if by == "day" else ("-money__sum", *keys)
    for key, amounts in _sums(PersonDay if by == "person" else UsageDay, bots, first, last, keys, order):
        yield key, amounts.plus(fresh.pop(key, Amounts()))
    for key, amounts in fresh.items():
        if key != (None,):  # a replay, which no person asked for
            yield key, amounts


def _sums(
    model: Any, bots: frozenset[int] | None, first: date, last: date, keys: tuple[str, ...], order: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Amounts]]:
    summed = _rows(model, bots, first, last).values(*keys).annotate(*_SUMS).order_by(*order)
    for row in summed.iterator(AT_ONCE):
        yield tuple(row[name] for name in keys), _amounts(row)


def _rows(model: Any, bots: frozenset[int] | None, first: date, last: date) -> QuerySet[Any]:
    if bots is None and model is PersonDay:
        bots = frozenset(Bot.objects.values_list("pk", flat=True))  # its index begins with the bot
    rows: QuerySet[Any] = model.objects.filter(day__range=(first, last)).order_by()
    return rows if bots is None else rows.filter(bot_id__in=bots)


def _amounts(row: Mapping[str, Any]) -> Amounts:
    return Amounts(*(int(row[f"{name}__sum"]) for name in Amounts._fields))


def _dearest_people(
    bots: frozenset[int] | None, first: date, last: date, new: Sequence[dict[str, Any]]
) -> tuple[dict[tuple[Any, ...], Amounts], int]:
    """Returns the people who cost most, and how many have used anything. The database sorts them and counts."""
    rows = _rows(PersonDay, bots, first, last)
    people = rows.values("person_id").annotate(*_SUMS)
    in_order = people.annotate(tokens=Sum("prompt_tokens") + Sum("completion_tokens"), people=Window(Count("*")))
    dearest = list(in_order.order_by("-money__sum", "-tokens", "person_id")[:SHOWN])
    found, count = {(row["person_id"],): _amounts(row) for row in dearest}, dearest[0]["people"] if dearest else 0
    # Who has usage that is not in the sums yet may have to stand among them.
    fresh = {row["person_id"] for row in new} - {None}
    of_fresh = {(row["person_id"],): _amounts(row) for row in people.filter(person_id__in=fresh)} if fresh else {}
    found |= of_fresh
    for row in new:
        if row["person_id"] is not None:  # None: a replay, which no person asked for
            key = (row["person_id"],)
            found[key] = found.get(key, Amounts()).plus(sums.of_row(row))
    return found, count + len(fresh) - len(of_fresh)


def _grouped(
    model: Any, bots: frozenset[int] | None, first: date, last: date, by: str, new: Sequence[dict[str, Any]]
) -> dict[tuple[Any, ...], Amounts]:
    keys = _KEYS[by]
    found: dict[tuple[Any, ...], Amounts] = defaultdict(Amounts, _sums(model, bots, first, last, keys))
    for row in new:
        key = tuple(row[name] for name in keys)
        found[key] = found[key].plus(sums.of_row(row))
    return dict(found)


def _new(bots: frozenset[int] | None, first: date, last: date) -> tuple[list[dict[str, Any]], bool]:
    """Returns usage that is not in the sums yet, and whether there is too much of it to read here."""
    rows = TurnUsage.objects.filter(summed=False).order_by("id").values(*sums.COLUMNS)[: NEW_AT_ONCE + 1]
    found = []
    for row in rows:
        row["day"], row["channel_id"] = periods.today(row["created_at"]), row["conversation__channel_id"] or 0
        if first <= row["day"] <= last and (bots is None or row["bot_id"] in bots):
            found.append(row)
    return found[:NEW_AT_ONCE], len(rows) > NEW_AT_ONCE


def _names(by: str, keys: Sequence[tuple[Any, ...]]) -> Callable[[tuple[Any, ...]], str]:
    """Returns what names a group for people."""
    models: dict[str, Any] = {"bot": Bot, "person": Person, "channel": Channel.objects.select_related("bot")}
    if by in models:
        rows = getattr(models[by], "objects", models[by])
        named = {row.pk: str(row) for row in rows.filter(pk__in=[key[0] for key in keys])}
        if by == "bot":
            named[0] = _("no bot: calls of the operator")
        return lambda key: named.get(key[0], f"#{key[0]}" if key[0] else "–")
    if by == "purpose":
        choices = (*TurnUsage.Purpose.choices, *OperatorPurpose.choices)
        labels: dict[str, str] = {str(value): str(label) for value, label in choices}
        return lambda key: labels.get(key[0], key[0])
    return lambda key: " · ".join(str(part) for part in key if part)
