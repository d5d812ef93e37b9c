"""How many days each kind is kept: the defaults, and what superusers have set in the admin, the API or by command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bots.maintenance.retention.errors import RetentionError
from bots.maintenance.retention.kinds import FOR_EVER, KINDS, MOST_DAYS, Kind, by_key
from bots.models import RetentionRule
from bots.operations import configuration_log
from bots.people.audit_log import Actor

NO_FAILURE: dict[str, Any] = {"failed_at": None, "error": "", "error_code": "", "error_params": {}}
"""The columns of a row whose kind could be deleted."""


def days_by_kind() -> dict[str, int]:
    """Returns the days of each kind by key; 0: for ever."""
    return {key: kind_days(kind, row) for key, (kind, row) in with_rows().items()}


def with_rows() -> dict[str, tuple[Kind, RetentionRule]]:
    """Returns each kind and its row by key; a kind without a row gets one that is not saved."""
    rows = {row.kind: row for row in RetentionRule.objects.all()}
    return {kind.key: (kind, rows.get(kind.key) or RetentionRule(kind=kind.key)) for kind in KINDS}


def kind_days(kind: Kind, row: RetentionRule) -> int:
    return kind.default if row.days is None else row.days


def check(kind: Kind, days: int | None) -> int | None:
    """Checks a number of days; None stands for the default.

    Raises:
        RetentionError: There are too few, or too many; the text is for the user.
    """
    if days is None or days == FOR_EVER:
        return days
    if days < kind.least:
        text = _("%(kind)s: at least %(least)d days, or 0 for ever.") % {"kind": kind.title, "least": kind.least}
        why = _(" Fewer are refused: %(why)s.") % {"why": kind.why_least} if kind.why_least else ""
        raise RetentionError(text + why)
    if days > MOST_DAYS:
        raise RetentionError(_("%(kind)s: at most %(most)d days.") % {"kind": kind.title, "most": MOST_DAYS})
    return days


def save(days: Mapping[str, int | None], actor: Actor) -> list[str]:
    """Sets the days of kinds: all of them, or none when one is wrong. The next run goes by them.

    Args:
        days: By key of the kind; None: the default, 0: for ever.
        actor: A user, or `configuration_log.COMMAND`.

    Returns:
        The keys of the kinds whose days have changed.

    Raises:
        RetentionError: A kind is not known, or its days are refused.
    """
    checked: dict[str, int | None] = {}
    for key, value in days.items():
        kind = by_key(key)
        if kind is None:
            known = ", ".join(one.key for one in KINDS)
            raise RetentionError(_("There is no kind “%(key)s”. Known: %(known)s.") % {"key": key, "known": known})
        checked[key] = check(kind, value)
    changed = []
    with transaction.atomic():
        for key, value in checked.items():
            row, _made = RetentionRule.objects.select_for_update().get_or_create(kind=key)
            if row.days == value:
                continue
            # A new pass looks at the rows that the old days have kept.
            RetentionRule.objects.filter(pk=row.pk).update(days=value, cursors={}, pass_at=None, **NO_FAILURE)
            configuration_log.record_setting(configuration_log.Action.CHANGED, f"retention.{key}", actor)
            changed.append(key)
    return changed
