"""What an operator does with alarms: acknowledges, silences, tests a target. Each act is in the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from bots.models import Alarm, AlarmNotice, AlarmTarget
from bots.models.sql import clock
from bots.monitoring.alarms import sending, telling
from bots.operations.configuration_log import Action, record

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from bots.people.audit_log import Actor


def acknowledge(rows: QuerySet[Alarm], actor: Any) -> int:
    """Ends reminders and escalation of open alarms; returns how many. Their end is still told."""
    now, done = clock.now(), 0
    with transaction.atomic():
        for row in rows.filter(state__in=Alarm.OPEN, acknowledged_at=None):
            Alarm.objects.filter(pk=row.pk).update(acknowledged_at=now, acknowledged_by=actor.get_username()[:150])
            record(Action.CHANGED, row, actor, ["acknowledged_at"])
            done += 1
    return done


def silence(rows: QuerySet[Alarm], length: timedelta | None, actor: Actor) -> int:
    """Silences alarms for so long from now, also the next ones of their subjects; None ends a silence."""
    until = clock.now() + length if length is not None else None
    done = 0
    with transaction.atomic():
        for row in rows:
            Alarm.objects.filter(pk=row.pk).update(silenced_until=until)
            record(Action.CHANGED, row, actor, ["silenced_until"])
            done += 1
    return done


def test(target: AlarmTarget, actor: Actor) -> AlarmNotice:
    """Sends a test to a target now, in the order of its notices. The row that is returned says what became of it."""
    record(Action.CHANGED, target, actor, ["test"])
    notice = telling.enqueue(target, AlarmNotice.Kind.TEST, [])
    sending.deliver_to(target.pk)
    notice.refresh_from_db()
    return notice
