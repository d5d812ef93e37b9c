"""Writes the memories of a closed turn: in the turn's own transaction, or right after it where there are two databases.

One transaction cannot span two databases. With a separate memory database, the turn inserts a `WaitingMemory` in its
transaction. After the commit this process writes it to the memory database and deletes it; the sweep takes over when
the process dies in between. Every step is idempotent: external ids derive from the row's key, so memories that were
written before a crash are recognised and not written twice.
"""

from __future__ import annotations

import contextlib
import logging
import zoneinfo
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from bots.models import Conversation, Message, Person, WaitingMemory, sql
from bots.models.lengths import ERROR_LENGTH
from clawdbot.backoff import Backoff
from clawdbot.reasons import columns, raised
from memory import database
from memory.lifecycle.editing import EditRefused, rewrite
from memory.storage import turn_json
from memory.storage.port import store
from memory.storage.rows import of_scope
from memory.store import MemoryStore
from memory.types import Scope, Turn

logger = logging.getLogger(__name__)
_AT_ONCE = 200
_BACKOFF = Backoff()


def remember(inbound_id: int, turns: Sequence[Turn]) -> None:
    """Stores the turns in the transaction that closes this event's turn; call `write_waiting_of` after its commit."""
    first = turns[0]
    if not database.separate():
        MemoryStore(first.bot_id).remember(turns)
        return
    lines = [turn_json.dump(turn) for turn in turns]
    waiting = WaitingMemory(inbound_id=inbound_id, bot_id=first.bot_id, person_id=first.person_id, turns=lines)
    sql.insert(waiting)


def remember_team(message: Message, person: Person) -> None:
    """Stores what a human of the team wrote to a person, in the transaction that stores the message."""
    if not message.text.strip():
        return
    try:
        zone = zoneinfo.ZoneInfo(person.time_zone or settings.TIME_ZONE)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        zone = zoneinfo.ZoneInfo("UTC")
    conversation = message.conversation
    said = Turn(
        bot_id=conversation.bot_id,
        person_id=conversation.person_id,
        conversation_id=conversation.pk,
        message_id=message.pk,
        role="operator",
        text=message.text,
        occurred_at=message.occurred_at.astimezone(zone),
        origin_id=conversation.origin_id,
    )
    event_id = -message.pk  # no event brought it; events have positive ids
    remember(event_id, [said])
    transaction.on_commit(partial(write_waiting_of, event_id), robust=True)


def correct(conversation: Conversation, message: Message, text: str) -> None:
    """Gives the memories of an edited message its new text. Idempotent."""
    scope = Scope(conversation.bot_id, conversation.person_id)
    for pk in list(of_scope(scope).filter(message_id=message.pk).values_list("pk", flat=True)):
        with contextlib.suppress(EditRefused):  # an edit to an empty text corrects nothing
            rewrite(scope, pk, text)


def erase(conversation: Conversation, messages: Sequence[int], inbound_id: int | None) -> None:
    """Erases the memories of these messages, also those that wait to be written. Idempotent."""
    if inbound_id is not None:
        WaitingMemory.objects.filter(inbound_id=inbound_id).delete()
    scope = Scope(conversation.bot_id, conversation.person_id)
    if ids := list(of_scope(scope).filter(message_id__in=messages).values_list("pk", flat=True)):
        MemoryStore(scope.bot_id).erase(scope, ids)


def write_waiting_of(inbound_id: int) -> None:
    """Writes the waiting memories of this event's turn, if there are any. Never raises: the sweep tries again."""
    if database.separate():
        for pk in WaitingMemory.objects.filter(inbound_id=inbound_id).values_list("pk", flat=True):
            _try(pk)


def catch_up() -> int:
    """Writes due memories, oldest first, until the memory database fails. Returns the number of turns written."""
    if not database.separate():
        return 0
    done = 0
    due = WaitingMemory.objects.filter(due_at__lte=timezone.now()).order_by("due_at", "id")
    for pk in list(due.values_list("pk", flat=True)[:_AT_ONCE]):
        if not _try(pk):
            break
        done += 1
    return done


def _try(pk: int) -> bool:
    try:
        # Connect before taking a lock: a server that is down fails here.
        store().reach()
        _write(pk)
    except Exception as error:  # any error of the memory database: the row stays and is tried again
        logger.warning("memory of waiting turn %s not written: %s", pk, type(error).__name__)
        database.close_if_broken()
        _postpone(pk, error)
        return False
    return True


def _write(pk: int) -> None:
    """Writes the memories, then deletes the row, under the row's lock. An erasure that deletes the row waits for it."""
    with transaction.atomic():
        rows = WaitingMemory.objects.filter(pk=pk)
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        waiting = rows.first()
        if waiting is None:  # written by another process, or erased
            return
        turns = [
            turn_json.load(
                {**line, "person_id": waiting.person_id, "origin_id": _origin(line, waiting.person_id)},
                f"turn-{waiting.key}:{line['role']}{_number(waiting.turns, place)}",
            )
            for place, line in enumerate(waiting.turns)
        ]
        with database.atomic():
            MemoryStore(waiting.bot_id).remember(turns)
        waiting.delete()


def _number(lines: Sequence[dict[str, Any]], place: int) -> str:
    """Returns what tells a line from earlier ones of the same role; "" for the first of a role."""
    earlier = sum(line["role"] == lines[place]["role"] for line in lines[:place])
    return f":{earlier}" if earlier else ""


def _origin(line: dict[str, Any], person_id: int) -> int | None:
    """Returns who said it, if a link or unlink moved the row to another person while it waited; else None."""
    came_from = line.get("origin_id") or line["person_id"]
    return None if came_from == person_id else int(came_from)


def _postpone(pk: int, error: Exception) -> None:
    row = WaitingMemory.objects.filter(pk=pk).first()
    if row is not None:
        due = timezone.now() + timedelta(seconds=_BACKOFF.delay_s(row.attempts + 1))
        reason = columns("error", raised(error), ERROR_LENGTH)
        WaitingMemory.objects.filter(pk=pk).update(attempts=row.attempts + 1, due_at=due, **reason)
