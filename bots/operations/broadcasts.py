"""Previews, releases and stops broadcasts."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from bots.models import Broadcast, BroadcastPerson
from bots.models.schedule import moment_of, wall_of
from bots.models.sql import clock
from bots.operations import configuration_log
from bots.people.audit_log import Actor
from bots.pipeline.queue import wakeups
from bots.reminders import audience, broadcasting
from bots.reminders.audience import Audience
from clawdbot.errors import ClawdbotError

__all__ = ["CODES", "Audience", "Progress", "Refused", "check", "pace", "preview", "progress", "release", "stop"]

CODES = audience.CODES
State = Broadcast.State


class Refused(ClawdbotError):
    """The broadcast cannot be released or stopped; the text says why."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a broadcast is: people by state, and those left out by code."""

    sent: int
    waiting: int
    left_out: dict[str, int]


def preview(row: Broadcast) -> Audience:
    """Returns who would get it now."""
    return audience.preview(row, clock.now())


def pace(row: Broadcast) -> float:
    """Returns the messages per second and channel that it is sent at."""
    return broadcasting.pace(row)


def progress(row: Broadcast) -> Progress:
    """Returns how far it is."""
    people = row.people.order_by().values("state", "why").annotate(count=Count("pk"))
    counts = {(one["state"], one["why"]): one["count"] for one in people}
    outcome = BroadcastPerson.State
    return Progress(
        counts.get((outcome.QUEUED, ""), 0),
        counts.get((outcome.LATER, ""), 0),
        {why: count for (state, why), count in counts.items() if state == outcome.LEFT_OUT},
    )


def check(text: str, text_zh: str, local: str, zone: str) -> str:
    """Checks the fields that only make sense together. Returns the wall time as it is stored.

    Raises:
        Refused: There is no text, or time or zone are wrong.
    """
    if not (text.strip() or text_zh.strip()):
        raise Refused(_("Write the text in one language at least."))
    try:
        zoneinfo.ZoneInfo(zone or settings.TIME_ZONE)
        if not local.strip():
            return ""
        moment = datetime.fromisoformat(local.strip())
        if moment.tzinfo is not None:
            raise ValueError(local)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise Refused(_("Write the time as 2026-12-01T09:00 and the zone as Europe/Berlin.")) from None
    return wall_of(moment)


def release(row: Broadcast, actor: Actor) -> Broadcast:
    """Lets a draft go out at its time, or goes on with a stopped one. Returns the row as it is now.

    Raises:
        Refused: It is under way or done, or its time is over.
    """
    with transaction.atomic():
        now, row = clock.now(), Broadcast.objects.select_for_update().get(pk=row.pk)
        if row.state not in (State.DRAFT, State.STOPPED):
            raise Refused(_("This broadcast is under way or done."))
        check(row.text, row.text_zh, row.local, row.zone)
        due_at = now
        if row.local and row.started_at is None:
            due_at = moment_of(row.local, row.zone or settings.TIME_ZONE)
            if due_at < now:
                raise Refused(_("The time at which it begins is over."))
        row.state = State.SCHEDULED if row.started_at is None else State.SENDING
        row.due_at = due_at
        row.save(update_fields=["state", "due_at"])
        configuration_log.record(configuration_log.Action.CHANGED, row, actor, ["state"])
        wakeups.after_commit(wakeups.BROADCAST, row.pk, "")
    return row


def stop(row: Broadcast, actor: Actor) -> int:
    """Stops it and takes back what still waits in the outbox. Returns the number of messages taken back.

    Raises:
        Refused: It is not under way.
    """
    with transaction.atomic():
        row = Broadcast.objects.select_for_update().get(pk=row.pk)
        if row.state not in Broadcast.OPEN:
            raise Refused(_("This broadcast is not under way."))
        row.state, row.due_at = State.STOPPED, None
        row.save(update_fields=["state", "due_at"])
        configuration_log.record(configuration_log.Action.CHANGED, row, actor, ["state"])
        return broadcasting.discard_waiting(row)
