"""Writes a closed turn's memories, in the turn's own transaction or, across two databases, right after it.

One transaction cannot reach two databases. Where the memory has one of its own, the turn leaves a `WaitingMemory` in
its transaction; after the commit this process writes it to the memory database and deletes it, and the sweep does so
for whoever died in between. Each step can be done again: the memories carry external ids made from the row's key, so
what was written before the crash is known and stays as it is.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bots.models import Conversation, Message, WaitingMemory, sql
from bots.models.lengths import ERROR_LENGTH
from clawdbot.backoff import Backoff
from clawdbot.reasons import columns, raised
from memory import database
from memory.lifecycle.editing import EditRefused, rewrite
from memory.storage import rows as entries
from memory.storage import turn_json
from memory.store import MemoryStore
from memory.types import Scope, Turn

logger = logging.getLogger(__name__)
_AT_ONCE = 200
_BACKOFF = Backoff()


def remember(inbound_id: int, turns: Sequence[Turn]) -> None:
    """Called inside the transaction that closes the turn of this event; `write_waiting_of` follows its commit."""
    first = turns[0]
    if not database.separate():
        MemoryStore(first.bot_id).remember(turns)
        return
    lines = [turn_json.dump(turn) for turn in turns]
    waiting = WaitingMemory(inbound_id=inbound_id, bot_id=first.bot_id, person_id=first.person_id, turns=lines)
    sql.insert(waiting)


def correct(conversation: Conversation, message: Message, text: str) -> None:
    """What is remembered of an edited message says what the message says now. Done twice it changes nothing more."""
    scope = Scope(conversation.bot_id, conversation.person_id)
    for pk in list(entries.of_scope(scope).filter(message_id=message.pk).values_list("pk", flat=True)):
        with contextlib.suppress(EditRefused):  # a message that was emptied is no correction
            rewrite(scope, pk, text)


def erase(conversation: Conversation, messages: Sequence[int], inbound_id: int | None) -> None:
    """Erases what is remembered of these messages, also what still waits to be written. It can be done again."""
    if inbound_id is not None:
        WaitingMemory.objects.filter(inbound_id=inbound_id).delete()
    scope = Scope(conversation.bot_id, conversation.person_id)
    if ids := list(entries.of_scope(scope).filter(message_id__in=messages).values_list("pk", flat=True)):
        MemoryStore(scope.bot_id).erase(scope, ids)


def write_waiting_of(inbound_id: int) -> None:
    """Writes what the turn of this event left, if it left something. Never raises: the sweep tries again."""
    if database.separate():
        for pk in WaitingMemory.objects.filter(inbound_id=inbound_id).values_list("pk", flat=True):
            _try(pk)


def catch_up() -> int:
    """Writes what is due, oldest first, until the memory database fails; returns how many turns were written."""
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
        # A server that does not answer is met here, before a lock is held.
        database.connection().ensure_connection()
        _write(pk)
    except Exception as error:  # whatever the memory's database raises: the row stays and is tried again
        logger.warning("memory of waiting turn %s not written: %s", pk, type(error).__name__)
        database.close_if_broken()
        _later(pk, error)
        return False
    return True


def _write(pk: int) -> None:
    """Memories first, then the row, under the row's lock: whoever deletes the row (an erasure) waits for this."""
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
                f"turn-{waiting.key}:{line['role']}",
            )
            for line in waiting.turns
        ]
        with database.atomic():
            MemoryStore(waiting.bot_id).remember(turns)
        waiting.delete()


def _origin(line: dict[str, Any], person_id: int) -> int | None:
    """Whom a turn came from, where its person was linked, or is no longer, while it waited."""
    came_from = line.get("origin_id") or line["person_id"]
    return None if came_from == person_id else int(came_from)


def _later(pk: int, error: Exception) -> None:
    row = WaitingMemory.objects.filter(pk=pk).first()
    if row is not None:
        due = timezone.now() + timedelta(seconds=_BACKOFF.delay_s(row.attempts + 1))
        reason = columns("error", raised(error), ERROR_LENGTH)
        WaitingMemory.objects.filter(pk=pk).update(attempts=row.attempts + 1, due_at=due, **reason)
