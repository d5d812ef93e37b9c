"""Sends a broadcast in small steps: a few people in each transaction, as many a second as its pace allows.

A step reads who comes next, and then locks the row of the broadcast for as long as it writes. The cursor moves with the
messages. So a lost process loses and doubles nothing, of two workers one writes, answers do not wait for what only
reads, and a stop holds from the next step on.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from bots.channels import lookup
from bots.models import Broadcast, BroadcastPerson, Conversation, InboundEvent, Message, OutboundMessage, Person
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
WAITS, FORGOTTEN = timedelta(seconds=0.5), timedelta(minutes=1)  # messages of people that wait for a worker
SLOWER = 4  # the pace falls to a quarter while they do


def wake_due() -> int:
    """Wakes a worker for each broadcast whose next step is due before the next sweep. Returns their number."""
    now = clock.now()
    coming = Broadcast.objects.open().filter(due_at__lte=now + AHEAD)
    rows = coming.order_by("due_at").values_list("pk", "due_at")[:100]
    for pk, due_at in rows:
        wakeups.send(wakeups.BROADCAST, pk, "", in_s=max(0.0, (due_at - now).total_seconds()))
    return len(rows)


@dataclass(slots=True)
class _Letter:
    """What becomes of one person. held: the row of a person whose quiet hours are over, else None."""

    person: Person
    why: str = ""
    chat: Conversation | None = None
    until: datetime | None = None
    held: int | None = None


@dataclass(slots=True)
class _Page:
    """What a step does. Without letters `due` says when to look again; None when everybody is dealt with."""

    due: datetime | None
    cursor: int
    letters: list[_Letter] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


def step(broadcast_id: int) -> bool:
    """Takes the next step, if it is due, and wakes a worker for the one after it. Returns whether there is one."""
    now = clock.now()
    seen = _due(broadcast_id, now).first()
    if seen is None:
        return False
    seen.last_person = seen.last_person or Person.objects.aggregate(last=Max("pk"))["last"] or 0
    page = _page(seen, now)
    with transaction.atomic():
        same = _due(broadcast_id, now).filter(cursor=seen.cursor, due_at=seen.due_at)
        row = same.select_for_update(of=("self",)).first()
        if row is None:  # another worker took the step, or it was stopped
            return False
        row.last_person, row.cursor, row.due_at = seen.last_person, page.cursor, page.due
        if row.state == State.SCHEDULED:
            row.state, row.started_at = State.SENDING, row.started_at or now
        _write_page(row, page, now)
        if row.due_at is None:
            row.state, row.finished_at = State.DONE, now
            logger.info("broadcast %s is done: %s sent, %s left out", row.pk, row.sent, row.left_out)
        row.save()
        if row.due_at is not None:
            # The step itself took a part of the time to the next one.
            wait_s = max(0.0, (row.due_at - clock.now()).total_seconds())
            wakeups.after_commit(wakeups.BROADCAST, row.pk, "", in_s=wait_s)
    return row.due_at is not None


def _due(broadcast_id: int, now: datetime) -> QuerySet[Broadcast]:
    rows = Broadcast.objects.filter(pk=broadcast_id, state__in=Broadcast.OPEN, due_at__lte=now)
    return rows.select_related("bot")


def _page(row: Broadcast, now: datetime) -> _Page:
    """Reads what the step has to do."""
    if not row.bot.enabled:
        return _Page(now + SWITCHED_OFF, row.cursor)
    if len(_waiting(row).values_list("pk")[:MOST_WAITING]) == MOST_WAITING:
        return _Page(now + LOOK_AGAIN, row.cursor)
    per_second = pace(row)
    quota = max(1, min(CHUNK, int(per_second)))
    if _people_wait(now):
        per_second /= SLOWER
    page = _Page(now + timedelta(seconds=quota / per_second), row.cursor)
    # Most are few people's: the cursor walks in the order of ids, and stops where a channel has had its share.
    if _take_next(row, page, quota, now) or _take_held(row, page, quota, now):
        return page
    held = BroadcastPerson.objects.filter(broadcast=row, state=Outcome.LATER)
    page.due = held.order_by("again_at").values_list("again_at", flat=True).first()
    return page


def _waiting(row: Broadcast) -> QuerySet[OutboundMessage]:
    """Returns its messages in the outbox. They are looked for among the open rows, not among all its people."""
    whose = F("message__broadcastperson__broadcast") + 0  # so that no index leads there from the broadcast
    waiting: Any = OutboundMessage.objects.open().annotate(whose=whose)  # a column that the type checker does not know
    found: QuerySet[OutboundMessage] = waiting.filter(whose=row.pk).order_by()
    return found


def _people_wait(now: datetime) -> bool:
    """Returns whether a message of a person waits for a worker: answers go first on a machine that is busy."""
    waiting = InboundEvent.objects.open().filter(state=InboundEvent.State.PENDING)
    return waiting.filter(due_at__lte=now - WAITS, due_at__gte=now - FORGOTTEN).exists()


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


def _take_next(row: Broadcast, page: _Page, quota: int, now: datetime) -> bool:
    """Takes the people behind the cursor. Returns False when there are none."""
    coming = audience.classified(row, now).filter(pk__gt=row.cursor, pk__lte=row.last_person)
    people = list(coming.select_related("bot").order_by("pk")[:LOOKED_AT])
    known = set(row.people.filter(person__in=people).order_by().values_list("person_id", flat=True))
    taken: Counter[int] = Counter()
    chosen = []
    for person in people:
        found = vars(person)
        if not found["why"] and (taken[found["channel"]] >= quota or taken.total() >= CHUNK):
            break
        page.cursor = person.pk
        if person.pk not in known:
            chosen.append(person)
            taken[found["channel"]] += not found["why"]
    page.letters = _letters(row, chosen, now)
    return bool(people)


def _take_held(row: Broadcast, page: _Page, quota: int, now: datetime) -> bool:
    """Takes people whose quiet hours are over. Returns False when there are none."""
    held = row.people.filter(state=Outcome.LATER, again_at__lte=now).order_by("again_at", "pk")
    due = {one.person_id: one.pk for one in held[:quota]}
    page.letters = _letters(row, list(audience.classified(row, now).filter(pk__in=due).select_related("bot")), now)
    for letter in page.letters:
        letter.held = due.pop(letter.person.pk)
    page.gone = list(due.values())
    return bool(page.letters or page.gone)


def _letters(row: Broadcast, people: list[Person], now: datetime) -> list[_Letter]:
    """Returns for each person whether the message comes now, later or not at all."""
    ids = [vars(person)["chat"] for person in people if not vars(person)["why"]]
    chats = Conversation.objects.select_related("channel__bot", "person__bot").in_bulk(ids)
    refusals = audience.refusals(chats.values(), now)
    letters = []
    for person in people:
        chat = chats.get(vars(person)["chat"])
        why = vars(person)["why"] or (refusals[chat.pk] if chat else audience.NO_CHAT)
        until = reach.quiet_until(person, now) if row.respect_quiet and not why else None
        letters.append(_Letter(person, why, None if why else chat, until))
    return letters


def _write_page(row: Broadcast, page: _Page, now: datetime) -> None:
    """Writes the messages and what became of each person."""
    # Whoever unsubscribes waits for this transaction, and then finds the message in the outbox and discards it.
    wanted = Person.objects.select_for_update().filter(pk__in=[letter.person.pk for letter in page.letters])
    left = dict(wanted.order_by("pk").values_list("pk", "unsubscribed_at"))
    made = []
    for letter in page.letters:
        if letter.person.pk not in left:  # erased since it was read
            continue
        if left[letter.person.pk] is not None:
            letter.why = letter.why or audience.UNSUBSCRIBED
        outcome = _settle(row, letter)
        if letter.held is not None:
            BroadcastPerson.objects.filter(pk=letter.held).update(at=now, **outcome)
        else:
            made.append(BroadcastPerson(broadcast=row, person=letter.person, at=now, **outcome))
    BroadcastPerson.objects.bulk_create(made)
    row.left_out += len(page.gone)
    BroadcastPerson.objects.filter(pk__in=page.gone).update(state=Outcome.LEFT_OUT, why=audience.GONE, again_at=None)


def _settle(row: Broadcast, letter: _Letter) -> dict[str, Any]:
    """Writes the message, if the person gets it now. Returns the columns of the outcome."""
    if letter.why or letter.chat is None:
        row.left_out += 1
        return {"state": Outcome.LEFT_OUT, "why": letter.why, "again_at": None}
    if letter.until is not None:
        return {"state": Outcome.LATER, "again_at": letter.until}
    row.sent += 1
    with translation.override(reach.language_of(letter.person)):
        message = _write(row, proactive.open_in(letter.chat))
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
    waiting = _waiting(row).filter(state=state.PENDING)
    ids = list(waiting.values_list("pk", flat=True))
    return OutboundMessage.objects.filter(pk__in=ids, state=state.PENDING).update(state=state.DISCARDED)
