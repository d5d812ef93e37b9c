"""Counts the messages of a minute across all processes."""

from __future__ import annotations

from datetime import datetime, timedelta

from bots.limits import ledger, rules
from bots.limits.rules import Owners
from bots.models import Unit

_UNITS = frozenset({Unit.MESSAGES.value})
# A turn may be tried again, or wait in the queue; then it is not counted again.
KEPT = timedelta(minutes=15)


def over_limit(message_id: int, owners: Owners, now: datetime) -> str:
    """Counts a message once. Returns the kind of the owner whose limit has no room for it; "" when there is room."""
    applying = rules.of(owners, _UNITS)
    if not applying:
        return ""
    try:
        ledger.count_once(f"in:{message_id}", applying, now, KEPT)
    except ledger.Full as full:
        return full.rule.kind
    return ""
