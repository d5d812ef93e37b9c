"""The statements of the leases. Each changes a row only under a condition that it checks itself.

The times are those of the database server, read by the statement: `clock.now()` would be that time too, but a process
that was paused may count it wrongly until it reads the clock again.

On a server each statement is its own transaction: a node that loses its network leaves no lock on a lease behind.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Now

from bots.models.lease import Lease
from bots.models.sql import clock


@dataclass(frozen=True, slots=True)
class Seen:
    """A lease as it was read. `free` means released or expired."""

    name: str
    token: int
    holder: str
    process: str
    free: bool


def _alone() -> AbstractContextManager[object]:
    """On SQLite a transaction, because its writers queue only for transactions (clawdbot_site/sqlite)."""
    return transaction.atomic() if connection.vendor == "sqlite" else nullcontext()


def _free(lasts: timedelta) -> Q:
    """Returns the condition of a lease that anybody may take.

    One that lasts for longer than any lease does was written before the clock of the database was set back.
    """
    return Q(released_at__isnull=False) | Q(expires_at__lte=Now()) | Q(expires_at__gt=Now() + 2 * lasts)


def read(name: str, lasts: timedelta) -> Seen | None:
    """Returns the lease of this name; None when nobody has ever held it."""
    return next(iter(_seen(Lease.objects.filter(pk=name), lasts)), None)


def unreleased(lasts: timedelta) -> list[Seen]:
    """Returns the leases that are held, or whose holder was killed."""
    return _seen(Lease.objects.filter(released_at=None), lasts)


def _seen(rows: QuerySet[Lease], lasts: timedelta) -> list[Seen]:
    free = ExpressionWrapper(_free(lasts), output_field=BooleanField())
    found = rows.order_by("name").values_list("name", "token", "holder", "process", free)
    return [Seen(name, token, holder, process, bool(is_free)) for name, token, holder, process, is_free in found]


def create(name: str) -> Seen:
    """Inserts a lease that nobody holds, unless there is one, and returns it as it was inserted."""
    now = connection.ops.adapt_datetimefield_value(clock.now())
    sql = (
        f"INSERT INTO {Lease._meta.db_table} (name, token, holder, process, acquired_at, renewed_at, expires_at,"  # noqa: S608
        " released_at) VALUES (%s, 0, '', '', %s, %s, %s, %s) ON CONFLICT DO NOTHING"
    )
    with _alone(), connection.cursor() as cursor:
        cursor.execute(sql, [name, now, now, now, now])
    return Seen(name, 0, "", "", free=True)


def take(seen: Seen, holder: str, process: str, lasts: timedelta, *, ended: bool) -> int | None:
    """Takes over a lease. Returns its new token; None when it is not free, or another process was faster.

    ended: The holder is known to have ended, so that the lease need not expire.
    """
    rows = Lease.objects.filter(pk=seen.name, token=seen.token)
    if not ended:
        rows = rows.filter(_free(lasts))
    now = Now()
    with _alone():
        changed = rows.update(
            token=F("token") + 1,
            holder=holder,
            process=process,
            acquired_at=now,
            renewed_at=now,
            expires_at=now + lasts,
            released_at=None,
        )
    return seen.token + 1 if changed else None


def renew(held: Collection[tuple[str, int]], lasts: timedelta) -> set[str]:
    """Renews leases, given as (name, token), also expired ones that nobody has taken. Returns the names of the rest."""
    if _update(held, renewed_at=Now(), expires_at=Now() + lasts) == len(held):
        return set()
    return {name for name, _token in held} - set(_rows(held).values_list("name", flat=True))


def release(held: Collection[tuple[str, int]]) -> None:
    """Releases leases, given as (name, token). Others may take them at once."""
    _update(held, released_at=Now(), expires_at=Now())


def expire(held: Collection[tuple[str, int]]) -> None:
    """Lets leases expire now, as if the process had been killed: others resume its work."""
    _update(held, expires_at=Now())


def delete_old(older_than: timedelta) -> int:
    """Deletes leases that were released so long ago, such as those of the indexes of deleted people."""
    return Lease.objects.filter(released_at__lt=Now() - older_than).delete()[0]


def _rows(held: Collection[tuple[str, int]]) -> QuerySet[Lease]:
    mine = Q(pk__in=())
    for name, token in held:
        mine |= Q(pk=name, token=token)
    return Lease.objects.filter(mine, released_at=None)


def _update(held: Collection[tuple[str, int]], **values: Any) -> int:
    if not held:
        return 0
    with _alone():
        return _rows(held).update(**values)


def is_current(name: str, token: int) -> Exists:
    """Returns the condition that this is the token of the lease, for the statement of an effect."""
    return Exists(Lease.objects.filter(pk=name, token=token))


def still(name: str, token: int, lasts: timedelta) -> bool:
    """Returns whether the lease has this token and is neither released nor expired."""
    return Lease.objects.filter(pk=name, token=token).exclude(_free(lasts)).exists()
