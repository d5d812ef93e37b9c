"""AppointmentSkill books an appointment by a flow and answers with an entry for the person's calendar.

It is an example: it keeps no calendar of its own. `execute` is the place to call one.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from clawdbot.files import Answer, File
from clawdbot.flows import Flow
from clawdbot.flows.examples import load
from clawdbot.skills import BaseSkill, Effect

_LASTS = timedelta(minutes=30)


class AppointmentSkill(BaseSkill):
    """Asks for what, when and who, confirms, and then books."""

    name = "appointment"
    description = "Books an appointment"
    help: ClassVar[dict[str, str]] = {"en": "Books an appointment", "zh": "预约"}
    effects = frozenset({Effect.WRITES})
    idempotent = True
    flow: ClassVar[Flow] = load("appointment")

    def execute(self, context: Any) -> Answer:
        given = context["parameters"]
        begin = datetime.fromisoformat(f"{given['day']}T{given['time']}")
        entry = _calendar_entry(context, begin, given)
        said = _("Booked, %(name)s. Here is the entry for your calendar.") % {"name": given["name"]}
        return [said, File(entry.encode(), "appointment.ics")]


def _calendar_entry(context: Any, begin: datetime, given: dict[str, Any]) -> str:
    """Returns an iCalendar event in wall time, which is right wherever the appointment takes place."""
    uid = hashlib.sha256(str(context.idempotency_key).encode()).hexdigest()[:32]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Clawdbot//appointment//EN",
        "BEGIN:VEVENT",
        f"UID:{uid}@clawdbot",
        f"DTSTAMP:{context['now'].astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{begin:%Y%m%dT%H%M%S}",
        f"DTEND:{begin + _LASTS:%Y%m%dT%H%M%S}",
        f"SUMMARY:{_escaped(given['service'])}",
        f"DESCRIPTION:{_escaped(given['name'])}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join(lines) + "\r\n"


def _escaped(text: str) -> str:
    """Returns a text as iCalendar takes it. A line break in a name must not begin a property of its own."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return " ".join(escaped.split())
