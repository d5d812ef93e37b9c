"""Previews what will go: exact for small tables, an estimate for large ones, at a cost that does not grow with them.

Ids grow with age, so the rows that are too old stand at the low end of a table. A sample of ids, evenly spread, tells
where they end and how many of them may go; a part with few old rows is sampled again more finely.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, Case, Value, When

from bots.maintenance.retention.kinds import FOR_EVER, Kind, Part

SAMPLE = 128
_ENOUGH = 16  # old rows of a sample that make an estimate
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Preview:
    """What the next run deletes of a kind.

    Attributes:
        days: 0: for ever.
        rows: Number of rows, rounded when it is an estimate.
        exact: The rows were counted.
        oldest: The moment that the age of the oldest row of the kind counts from, whether it goes or not.
    """

    days: int
    rows: int = 0
    exact: bool = True
    oldest: datetime | None = None


def preview(kind: Kind, days: int, now: datetime) -> Preview:
    """Previews a kind. Read-only. Queries for each table: 3, in a large one 8 at most."""
    found = [_preview(part, now - timedelta(days=days)) for part in kind.parts]
    oldest = min((moment for _rows, _exact, moment in found if moment is not None), default=None)
    if days == FOR_EVER:
        return Preview(days, oldest=oldest)
    exact = all(exact for _rows, exact, _moment in found)
    rows = sum(rows for rows, _exact, _moment in found)
    return Preview(days, rows if exact else _rounded(rows), exact, oldest)


def _preview(part: Part, before: datetime) -> tuple[int, bool, datetime | None]:
    first = part.rows.values_list("pk", part.age).first()
    if first is None:
        return 0, True, None
    low, oldest = first
    if oldest >= before:
        return 0, True, oldest
    high = part.rows.order_by("-pk").values_list("pk", flat=True).first() or low
    rows, exact = _count(part, before, low, high)
    return rows, exact, oldest


def _count(part: Part, before: datetime, low: int, high: int) -> tuple[int, bool]:
    """Returns how many rows between two ids go, and whether they were counted."""
    for _round in range(_ROUNDS):
        span = high - low + 1
        ids = list(range(low, high + 1)) if span <= SAMPLE else [low + span * n // SAMPLE for n in range(SAMPLE)]
        goes = Case(When(part.finished(before), then=Value(True)), default=False, output_field=BooleanField())
        found = part.rows.filter(pk__in=ids).annotate(goes=goes).values_list("pk", part.age, "goes")
        old = [(pk, goes) for pk, age, goes in found if age < before]
        going = sum(goes for _pk, goes in old)
        if span <= SAMPLE:
            return going, True
        if len(old) >= _ENOUGH or not old:
            break
        newest = max(pk for pk, _goes in old)
        high = next((one for one in ids if one > newest), high)
    return round(going * span / len(ids)), False


def _rounded(rows: int) -> int:
    """Rounds an estimate to two figures."""
    return round(rows, 2 - len(str(rows)))
