"""Evaluates the conditions and keeps a row for each one that holds.

A row goes pending (it holds, but not long enough) -> firing -> recovered. A condition that cannot be evaluated changes
nothing: what nobody could see is neither wrong nor right.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from bots.models import Alarm, AlarmRule
from bots.models.alarm import SUBJECT_LENGTH
from bots.models.sql import clock
from bots.monitoring import conditions
from bots.monitoring.conditions import Condition

logger = logging.getLogger(__name__)

# After a longer pause of beat nobody knows whether the condition held without a break.
GAP = timedelta(minutes=5)
# An alarm is over when its condition has not held for as long as it must hold, at least for the first of these.
SHORTEST_END, LONGEST_END = timedelta(minutes=1), timedelta(minutes=10)
# Subjects of one condition; of a storm nobody reads more.
MOST_SUBJECTS = 50
KEPT = timedelta(days=90)
_State = Alarm.State


def rules() -> dict[str, AlarmRule]:
    """Returns the rule of each condition; makes those that are missing."""
    found = {row.code: row for row in AlarmRule.objects.all()}
    missing = [one for one in conditions.CONDITIONS if one.code not in found]
    if missing:
        rows = [AlarmRule(code=one.code, enabled=one.enabled) for one in missing]
        AlarmRule.objects.bulk_create(rows, ignore_conflicts=True)  # another process may be first
        found = {row.code: row for row in AlarmRule.objects.all()}
    return found


def evaluate(now: datetime | None = None) -> None:
    """Evaluates every condition once. Safe to run twice at the same time."""
    now = now or clock.now()
    known = rules()
    for condition in conditions.CONDITIONS:
        rule = known[condition.code]
        if not rule.enabled:
            _close(Alarm.objects.filter(code=condition.code, state__in=Alarm.OPEN), now)
            continue
        try:
            samples = list(condition.read())
        except Exception as error:  # the other conditions are evaluated
            logger.warning("alarms: %s cannot be evaluated: %s", condition.code, type(error).__name__)
            continue
        _apply(condition, rule, samples, now)
    _close(
        Alarm.objects.filter(state__in=Alarm.OPEN).exclude(code__in=[one.code for one in conditions.CONDITIONS]), now
    )
    Alarm.objects.filter(state=_State.RECOVERED, recovered_at__lt=now - KEPT).delete()


def limit_of(condition: Condition, rule: AlarmRule) -> float:
    """Returns the limit that is in force."""
    return condition.threshold if rule.threshold is None else rule.threshold


def wait_of(condition: Condition, rule: AlarmRule) -> timedelta:
    """Returns how long the condition must hold."""
    return timedelta(seconds=condition.for_s if rule.for_seconds is None else rule.for_seconds)


def _apply(condition: Condition, rule: AlarmRule, samples: Iterable[tuple[str, float]], now: datetime) -> None:
    limit, wait = limit_of(condition, rule), wait_of(condition, rule)
    wrong = {subject[:SUBJECT_LENGTH]: value for subject, value in samples if condition.holds(value, limit)}
    rows = {row.subject: row for row in Alarm.objects.filter(code=condition.code, state__in=Alarm.OPEN)}
    for subject, value in wrong.items():
        row = rows.get(subject)
        if row is None:
            if len(rows) >= MOST_SUBJECTS:
                logger.warning("alarms: %s has more than %s subjects", condition.code, MOST_SUBJECTS)
                break
            row = rows[subject] = _opened(condition, subject, value, limit, now)
        _still_wrong(row, value, limit, wait, now)
    end = min(max(wait, SHORTEST_END), LONGEST_END)
    for subject, row in rows.items():
        if subject not in wrong:
            _is_right(row, end, now)


def _opened(condition: Condition, subject: str, value: float, limit: float, now: datetime) -> Alarm:
    last = Alarm.objects.filter(code=condition.code, subject=subject).order_by("-id").first()
    silence = last.silenced_until if last is not None and last.is_silent(now) else None
    row = Alarm(
        code=condition.code,
        subject=subject,
        severity=condition.severity,
        value=value,
        threshold=limit,
        since=now,
        seen_at=now,
        silenced_until=silence,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # another evaluation was first
        return Alarm.objects.get(code=condition.code, subject=subject, state__in=Alarm.OPEN)
    return row


def _still_wrong(row: Alarm, value: float, limit: float, wait: timedelta, now: datetime) -> None:
    mine = Alarm.objects.filter(pk=row.pk)
    since = row.since
    if row.state == _State.PENDING and (_unseen(row, now) or now < since):
        since = now
    mine.filter(state__in=Alarm.OPEN).update(value=value, threshold=limit, since=since, seen_at=now, right_since=None)
    if now - since >= wait and mine.filter(state=_State.PENDING).update(state=_State.FIRING, fired_at=now):
        logger.warning("alarm: %s %s", row.code, row.subject)


def _is_right(row: Alarm, end: timedelta, now: datetime) -> None:
    mine = Alarm.objects.filter(pk=row.pk)
    if row.state == _State.PENDING:
        mine.filter(state=_State.PENDING).delete()
        return
    since = row.right_since
    if since is None or now < since or _unseen(row, now):
        since = now
    mine.filter(state=_State.FIRING).update(right_since=since, seen_at=now)
    if now - since >= end:
        _close(mine, now)


def _unseen(row: Alarm, now: datetime) -> bool:
    return now - row.seen_at > GAP


def _close(rows: QuerySet[Alarm], now: datetime) -> None:
    """Ends alarms; of those that are only observed nothing stays."""
    rows.filter(state=_State.PENDING).delete()
    rows.filter(state=_State.FIRING).update(state=_State.RECOVERED, recovered_at=now)
