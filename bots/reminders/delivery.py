"""Delivers a reminder: one transaction writes the occurrence, the message, its outbox rows and the next time."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation

from bots.models import Conversation, Message, Occurrence, Schedule
from bots.models.sql import clock
from bots.pipeline.outbox import lost_chats, proactive
from bots.reminders import reach, wording

logger = logging.getLogger(__name__)
State = Schedule.State

LATE = timedelta(minutes=1)  # after that the message says when it was due
LOOK_AGAIN = timedelta(minutes=1)  # at what waits for a channel, bot or person that is switched off
KIND = "reminder"


def deliver(schedule_id: int) -> bool:
    """Delivers what is due of this reminder. Returns False when nothing is, or it has to wait.

    Of several occurrences that an outage has missed only the latest is delivered. Safe at any time, also concurrently.
    """
    with transaction.atomic():
        now = clock.now()
        rows = Schedule.objects.select_for_update(of=("self",)).filter(state=State.ACTIVE, next_at__lte=now)
        related = ("channel__bot", "conversation__channel__bot", "conversation__person", "person__bot")
        row = rows.select_related(*related).filter(pk=schedule_id).first()
        return row is not None and _deliver(row, now)


def _deliver(row: Schedule, now: datetime) -> bool:
    occurrence = row.latest_due(now)
    if occurrence is None:  # the rules of its zone have changed: it is due later
        row.aim(row.occurrence)
        row.save(update_fields=["state", "next_local", "next_at"])
        return False
    if (until := _held_until(row, occurrence - row.before, now)) is not None:
        row.next_at = until
        row.save(update_fields=["next_at"])
        return False
    conversation = proactive.open_in(row.conversation)
    if (reason := reach.closed_window(conversation, now)) is not None:
        logger.info("reminder %s stops: %s", row.pk, reason)
        lost_chats.stop([row], reason)
        return False
    _write(row, conversation, occurrence, now)
    return True


def _held_until(row: Schedule, due: datetime, now: datetime) -> datetime | None:
    """Returns when to look again; None when it may be delivered.

    Quiet hours hold what is late. What is due within them comes in time, because the person has chosen that time.
    """
    if not reach.may_write(row.channel, row.person):
        return now + LOOK_AGAIN
    if now - due <= LATE or reach.quiet_until(row.person, due) is not None:
        return None
    return reach.quiet_until(row.person, now)


def _write(row: Schedule, conversation: Conversation, occurrence: datetime, now: datetime) -> None:
    zone, due = reach.zone_of(row.person), occurrence - row.before
    row.conversation = conversation
    with translation.override(reach.language_of(row.person)):
        text = wording.message(row, occurrence, now, zone, late=now - due > LATE)
        meta = {"kind": KIND, "schedule": row.pk, Message.ACTIONS: wording.buttons(row)}
    local = row.wall(occurrence)
    # Its unique constraint is the last guard against a second message.
    delivered = Occurrence.objects.create(schedule=row, local=local, due_at=due, at=now)
    delivered.message = proactive.write(conversation, text, Message.Role.ASSISTANT, meta)
    delivered.save(update_fields=["message"])
    row.last_local, row.last_at = local, now
    row.aim(row.after(now) if row.rule else None)
    row.save(update_fields=["conversation", "last_local", "last_at", "state", "next_local", "next_at"])
