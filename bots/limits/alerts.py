"""Tells the operator, once a period, that a limit is nearly used up."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import F, Q, QuerySet

from bots.models import Balance, OwnerKind, Unit
from bots.models.sql import clock

logger = logging.getLogger(__name__)
_AT_ONCE = 100


def near(now: datetime) -> QuerySet[Balance]:
    """Returns the balances of running periods of which 80 % are used, or that had no room for a call."""
    running = Balance.objects.filter(ends_at__gt=now).exclude(unit=Unit.MESSAGES)
    return running.filter(Q(spent__gte=F("ceiling") - F("ceiling") / 5) | Q(refused__gt=0))


def tell(now: datetime | None = None) -> int:
    """Logs a warning for each of them that has none yet in its period. Returns their number."""
    now = now or clock.now()
    told = 0
    for row in near(now).filter(warned_at=None).exclude(kind=OwnerKind.PERSON)[:_AT_ONCE]:
        if Balance.objects.filter(pk=row.pk, warned_at=None).update(warned_at=now):
            logger.warning("limit: %s %s has used %s%% of %s", row.kind, row.owner, share(row), row.get_unit_display())
            told += 1
    return told


def share(row: Balance) -> int:
    """Returns how much of the limit is used, in percent; 100 when nothing is allowed."""
    return min(row.spent * 100 // row.ceiling, 999) if row.ceiling else 100
