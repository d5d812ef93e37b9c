"""Decides who is told of what, and writes the notices in the transaction that notes it: nothing is told twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from bots.models import Alarm, AlarmNotice, AlarmTarget
from bots.models.sql import clock
from bots.monitoring.alarms import evaluation

Kind = AlarmNotice.Kind
_CRITICAL = "critical"


def tell(now: datetime | None = None) -> int:
    """Writes a notice to each target for what it has not been told yet. Returns the number of notices.

    What begins, or ends, in one evaluation is one notice, so that a storm is one message to each target.
    """
    now = now or clock.now()
    targets = list(AlarmTarget.objects.filter(enabled=True))
    first = [one for one in targets if not one.escalation]
    rules = evaluation.rules()
    open_rows = [row for row in Alarm.objects.filter(state=Alarm.State.FIRING) if row.right_since is None]
    loud = [row for row in open_rows if not row.is_silent(now) and row.acknowledged_at is None]
    new = [row for row in loud if row.told_at is None]
    late = [
        row for row in loud if row.escalated_at is None and _passed(row.told_at, rules[row.code].escalate_minutes, now)
    ]
    again = [row for row in loud if _passed(row.reminded_at or row.told_at, rules[row.code].remind_minutes, now)]
    over = Alarm.objects.filter(state=Alarm.State.RECOVERED, told_at__isnull=False, recovery_told_at=None)
    written = _write(Kind.FIRING, new, first, "told_at", now)
    written += _write(Kind.ESCALATION, late, [one for one in targets if one.escalation], "escalated_at", now)
    written += _write_reminders(again, targets, first, now)
    return written + _write_recoveries(over, targets, first, now)


def _passed(since: datetime | None, minutes: int, now: datetime) -> bool:
    return bool(minutes) and since is not None and now - since >= timedelta(minutes=minutes)


def _write(kind: str, rows: Sequence[Alarm], targets: Sequence[AlarmTarget], column: str, now: datetime) -> int:
    """Notes the rows as told, and writes the notices. Without a target nobody is told, and nothing is noted."""
    if not rows or not targets:
        return 0
    with transaction.atomic():
        mine = [row for row in rows if _noted(row, column, now)]
        return sum(_notice(target, kind, mine) for target in targets)


def _noted(row: Alarm, column: str, now: datetime) -> bool:
    """Returns whether this process is the one that tells."""
    known = {column: getattr(row, column)}
    return bool(Alarm.objects.filter(pk=row.pk, **known).update(**{column: now}))


def _write_reminders(
    rows: Sequence[Alarm], targets: Sequence[AlarmTarget], first: Sequence[AlarmTarget], now: datetime
) -> int:
    written = _write(Kind.REMINDER, [row for row in rows if row.escalated_at is None], first, "reminded_at", now)
    return written + _write(Kind.REMINDER, [row for row in rows if row.escalated_at], targets, "reminded_at", now)


def _write_recoveries(
    rows: QuerySet[Alarm], targets: Sequence[AlarmTarget], first: Sequence[AlarmTarget], now: datetime
) -> int:
    """Tells the end to those who were told the beginning, also when it is silenced: what was said is taken back."""
    found = list(rows)
    written = _write(Kind.RECOVERED, [row for row in found if row.escalated_at is None], first, "recovery_told_at", now)
    escalated = [row for row in found if row.escalated_at]
    return written + _write(Kind.RECOVERED, escalated, targets, "recovery_told_at", now)


def _notice(target: AlarmTarget, kind: str, rows: Iterable[Alarm]) -> int:
    fitting = [row for row in rows if row.severity == _CRITICAL or not target.only_critical]
    if not fitting:
        return 0
    enqueue(target, kind, [entry_of(row) for row in fitting])
    return 1


def enqueue(target: AlarmTarget, kind: str, entries: list[dict[str, Any]]) -> AlarmNotice:
    """Writes a notice in the caller's transaction."""
    now = clock.now()
    return AlarmNotice.objects.create(
        target=target, kind=kind, entries=entries, queue_key=f"alarm:{target.pk}", due_at=now, created_at=now
    )


def entry_of(row: Alarm) -> dict[str, Any]:
    """Returns what a notice holds of an alarm."""
    return {
        "code": row.code,
        "subject": row.subject,
        "severity": row.severity,
        "value": row.value,
        "threshold": row.threshold,
        "since": row.since.isoformat(),
        "until": row.recovered_at.isoformat() if row.recovered_at else "",
    }
