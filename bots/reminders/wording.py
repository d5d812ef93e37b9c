"""The message of a delivered reminder, in the active language."""

from __future__ import annotations

import zoneinfo
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bots.models import Schedule


def message(row: Schedule, occurrence: datetime, now: datetime, zone: zoneinfo.ZoneInfo, *, late: bool) -> str:
    """Returns the text.

    Args:
        row: The reminder.
        occurrence: What it reminds of; aware.
        now: The time of the delivery.
        zone: The reader's zone.
        late: It could not be delivered in time: the text says when it was due.
    """
    in_group = row.conversation.chat_type != "private"
    text = f"⏰ @{row.person.display_name}: {row.text}" if in_group and row.person.display_name else f"⏰ {row.text}"
    if row.before_s:
        text += f"\n\n{_('At %(when)s') % {'when': moment(occurrence, now, zone)}}"
    if late:
        due = moment(occurrence - row.before, now, zone)
        text += f"\n\n{_('This was due at %(when)s: I could not write then.') % {'when': due}}"
    return text


def buttons(row: Schedule) -> list[dict[str, str]]:
    """Returns the buttons below it. They send commands, so a platform may also show these as text."""
    key = f"#{row.pk}"
    return [
        {"text": _("Done"), "data": f"/reminders done {key}"},
        {"text": _("In 10 minutes"), "data": f"/reminders snooze {key} 10m"},
        {"text": _("In an hour"), "data": f"/reminders snooze {key} 1h"},
    ]


def moment(at: datetime, now: datetime, zone: zoneinfo.ZoneInfo) -> str:
    """Returns a moment as the reader says it: the hour alone on the same day."""
    there = at.astimezone(zone)
    same_day = there.date() == now.astimezone(zone).date()
    return date_format(there, "TIME_FORMAT" if same_day else "DATETIME_FORMAT")
