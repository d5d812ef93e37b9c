"""Sends a broadcast in small steps: a few people in each transaction, as many a second as its pace allows.

The step locks the row of the broadcast and moves its cursor with the messages that it writes. So a lost process loses
and doubles nothing, a second worker waits, and a stop holds from the next step on.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from bots.channels import lookup
from bots.models import Broadcast, BroadcastPerson, Conversation, Message, OutboundMessage, Person
from bots.models.sql import clock
from bots.people.subscription import BROADCAST
from bots.pipeline.outbox import proactive
from bots.pipeline.queue import wakeups
from bots.reminders import audience, reach
from clawdbot.errors import ClawdbotError

logger = logging.getLogger(__name__)
State = Broadcast.State
Outcome = BroadcastPerson.State

AHEAD = timedelta(seconds=6)
CHUNK = 5  # messages of one transaction, some 10 ms each, so that no turn waits long for the database
LOOKED_AT = 50  # people of one step, most of whom may be left out
MOST_WAITING = 20  # messages in the outbox: beyond that the platform is slower than the pace
LOOK_AGAIN = timedelta(seconds=2)
SWITCHED_OFF = timedelta(minutes=1)


def wake_due() -> int:
    """Wakes a worker for each broadcast whose next step is due before the next sweep. Returns their number."""
    now = clock.now()
    coming = Broadcast.objects.open().filter(due_at__lte=now + AHEAD)
    rows = coming.order_by("due_at").values_list("pk", "due_at")[:100]
    for pk, due_at in rows:
        wakeups.send(wakeups.BROADCAST, pk, "", in_s=max(0.0, (due_at - now).total_seconds()))
    return len(rows)


def step(broadcast_id: int) -> bool:
    """Takes the next step, if it is due, and wakes a worker for the one after it. Returns whether there is one."""
    with transaction.atomic():
        now = clock.now()
        rows = Broadcast.objects.select_for_update(of=("self",)).select_related("bot")
        row = rows.filter(pk=broadcast_id, state__in=Broadcast.OPEN, due_at__lte=now).first()
        if row is None:
            return False
        row.due_at = _advance(row, now)
        if row.due_at is None:
            row.state, row.finished_at = State.DONE, now
            logger.info("broadcast %s is done: %s sent, %s left out", row.pk, row.sent, row.left_out)
        row.save()
        if row.due_at is not None:
            wait_s = (row.due_at - now).total_seconds()
            wakeups.after_commit(wakeups.BROADCAST, row.pk, "", in_s=wait_s)
    return row.due_at is not None


def _advance(row: Broadcast, now: datetime) -> datetime | None:
    """Writes to some people. Returns when the next step is due; None when everybody is dealt with."""
    if row.state == State.SCHEDULED:
        row.state, row.started_at = State.SENDING, row.started_at or now
        row.last_person = row.last_person or Person.objects.aggregate(last=Max("pk"))["last"] or 0
    if not row.bot.enabled:
        return now + SWITCHED_OFF
    waiting = OutboundMessage.objects.open().filter(message__broadcastperson__broadcast=row)
    if len(waiting.values_list("pk")[:MOST_WAITING]) == MOST_WAITING:
        return now + LOOK_AGAIN
    per_second = pace(row)
    quota = max(1, min(CHUNK, int(per_second)))
    # Most are few people's: the cursor walks in the order of ids, and stops where a channel has had its share.
    if _write_next(row, quota, now) or _write_held(row, quota, now):
        return now + timedelta(seconds=quota / per_second)
    held = BroadcastPerson.objects.filter(broadcast=row, state=Outcome.LATER)
    return held.order_by("again_at").values_list("again_at", flat=True).first()


def pace(row: Broadcast) -> float:
    """Returns messages per second and channel: at most half of what each platform allows."""
    rates = [row.per_second]
    for channel in audience.reachable(row):
        try:
            allowed = lookup.adapter_for(channel).sends_per_s
        except ClawdbotError:
            continue
        rates += [allowed / 2] if allowed else []
    return max(0.01, min(rates))


def _write_next(row: Broadcast, quota: int, now: datetime) -> bool:
    """Takes the people behind the cursor. Returns False when there are none."""
    coming = audience.classified(row, now).filter(pk__gt=row.cursor, pk__lte=row.last_person)
    people = list(coming.select_related("bot").order_by("pk")[:LOOKED_AT])
    known = set(row.people.filter(person__in=people).values_list("person_id", flat=True))
    written: Counter[int] = Counter()
    for person in people:
        found = vars(person)
        if not found["why"] and (written[found["channel"]] >= quota or written.total() >= CHUNK):
            break
        row.cursor = person.pk
        if person.pk not in known:
            outcome = _settle(row, person, found["chat"], found["why"], now)
            BroadcastPerson.objects.create(broadcast=row, person=person, at=now, **outcome)
            written[found["channel"]] += outcome["state"] == Outcome.QUEUED
    return bool(people)


def _write_held(row: Broadcast, quota: int, now: datetime) -> bool:
    """Takes people whose quiet hours are over. Returns False when there are none."""
    held = row.people.filter(state=Outcome.LATER, again_at__lte=now).order_by("again_at", "pk")
    due = {one.person_id: one for one in held[:quota]}
    people = audience.classified(row, now).filter(pk__in=due).select_related("bot")
    for person in people:
        outcome = _settle(row, person, vars(person)["chat"], vars(person)["why"], now)
        BroadcastPerson.objects.filter(pk=due.pop(person.pk).pk).update(at=now, **outcome)
    row.left_out += len(due)
    BroadcastPerson.objects.filter(pk__in=[one.pk for one in due.values()]).update(
        state=Outcome.LEFT_OUT, why=audience.GONE, again_at=None
    )
    return bool(people or due)


def _settle(row: Broadcast, person: Person, chat_id: int | None, why: str, now: datetime) -> dict[str, object]:
    """Writes to the person, holds the message back, or leaves the person out. Returns the columns of the outcome."""
    chat = None
    if not why and chat_id is not None:
        related = ("channel__bot", "person__bot")
        chat = proactive.open_in(Conversation.objects.select_related(*related).get(pk=chat_id))
        why = audience.refusal(chat, person, now)
    if why or chat is None:
        row.left_out += 1
        return {"state": Outcome.LEFT_OUT, "why": why, "again_at": None}
    if row.respect_quiet and (until := reach.quiet_until(person, now)) is not None:
        return {"state": Outcome.LATER, "again_at": until}
    row.sent += 1
    with translation.override(reach.language_of(person)):
        message = _write(row, chat)
    return {"state": Outcome.QUEUED, "message": message, "again_at": None}


def _write(row: Broadcast, chat: Conversation) -> Message:
    chinese = (translation.get_language() or "").startswith("zh")
    text = (row.text_zh or row.text) if chinese else (row.text or row.text_zh)
    text += "\n\n" + _("Write “unsubscribe” to get no more of these.")
    meta = {
        "kind": BROADCAST,
        "broadcast": row.pk,
        Message.ACTIONS: [{"text": _("Unsubscribe"), "data": "/unsubscribe"}],
    }
    return proactive.write(chat, text, Message.Role.OPERATOR, meta)


def discard_waiting(row: Broadcast) -> int:
    """Discards its messages that still wait in the outbox. Returns their number."""
    state = OutboundMessage.State
    waiting = OutboundMessage.objects.open().filter(state=state.PENDING, message__broadcastperson__broadcast=row)
    ids = list(waiting.values_list("pk", flat=True))
    return OutboundMessage.objects.filter(pk__in=ids, state=state.PENDING).update(state=state.DISCARDED)
