"""Counts the messages of a minute across all processes."""

from __future__ import annotations

from datetime import datetime

from bots.limits import ledger, rules
from bots.limits.rules import Owners
from bots.models import Unit

_UNITS = frozenset({Unit.MESSAGES.value})


def over_limit(owners: Owners, now: datetime) -> str:
    """Counts a message. Returns the kind of the owner whose limit has no room for it; "" when there is room."""
    applying = rules.of(owners, _UNITS)
    if not applying:
        return ""
    try:
        ledger.count(applying, now)
    except ledger.Full as full:
        return full.rule.kind
    return ""
