"""What is known of each kind: its days, what goes next by them or by others, and how the last run went."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from bots.i18n.failure_texts import describe_column
from bots.maintenance.retention import estimate, rules
from bots.maintenance.retention.kinds import Kind


@dataclass(frozen=True, slots=True)
class Standing:
    """One kind.

    Attributes:
        kind: What it is.
        days: How long its rows are kept, as saved; 0: for ever.
        own: The days are set; otherwise they are the default.
        preview: What the next run deletes, by these days or by those that are tried out.
        last_run: The moment by which the last run went.
        deleted: Rows that it deleted.
        deleted_in_all: Rows that all runs deleted.
        failed_at: When the last run could not delete this kind; None when it could.
        error: Why, in the active language.
    """

    kind: Kind
    days: int
    own: bool
    preview: estimate.Preview
    last_run: datetime | None
    deleted: int
    deleted_in_all: int
    failed_at: datetime | None
    error: str


def standing(only: Collection[str] = (), tried: Mapping[str, int] | None = None) -> list[Standing]:
    """Reads the kinds in their order. Read-only.

    Args:
        only: Keys of kinds; empty: all.
        tried: Days to preview in place of the saved ones, by key; they must be valid.
    """
    now, found = timezone.now(), []
    for key, (kind, row) in rules.with_rows().items():
        if only and key not in only:
            continue
        days = rules.kind_days(kind, row)
        found.append(
            Standing(
                kind=kind,
                days=days,
                own=row.days is not None,
                preview=estimate.preview(kind, (tried or {}).get(key, days), now),
                last_run=row.run_at,
                deleted=row.deleted,
                deleted_in_all=row.deleted_in_all,
                failed_at=row.failed_at,
                error=describe_column(row, "error"),
            )
        )
    return found
