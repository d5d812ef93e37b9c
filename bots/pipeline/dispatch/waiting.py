"""Parks turns that need a model and cannot have one now: all slots are taken, or no model answers.

A parked turn is a pending row without a worker. It stays the first of its chat. A slot that becomes free takes the
oldest row that waits for one (`queue.model_slots`). A row that waits for a model to come back is tried again every few
seconds, and at once when a model answers somebody; after `worker.outage_wait_seconds` the person gets the outage
sentence. `due_at` carries both waits over the death of the process.
"""

from __future__ import annotations

import logging
import random
import threading
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from adapters.web.events import PLATFORM
from bots.channels.web.token_stream import TokenStream
from bots.llm.errors import NoModelAvailable
from bots.models import InboundEvent, Message
from bots.models.sql import clock
from bots.pipeline import engine, inbox
from bots.pipeline.dispatch import typing_indicator
from bots.pipeline.outbox import proactive
from bots.pipeline.queue import wakeups
from bots.pipeline.queue.model_slots import Lease, slots
from clawdbot.reasons import why

logger = logging.getLogger(__name__)

# Bounds of the pause between two tries, in seconds. A try with all circuits open calls no endpoint.
SHORTEST_S, LONGEST_S = 2.0, 15.0
# More for each row that waits in this process, so that many do not keep the workers busy with looking.
PER_ROW_S = 0.05
# So many rows have a timer of their own; the sweep finds the others.
TIMERS = 50
# A person who waits longer is told so, once.
TELL_AFTER = timedelta(seconds=8)


class Outage:
    """The rows that this process has parked because no model answered. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: set[int] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row_id: int) -> bool:
        """Returns whether the outage begins with this row."""
        with self._lock:
            begins = not self._rows
            self._rows.add(row_id)
            return begins

    def remove(self, row_id: int) -> None:
        with self._lock:
            self._rows.discard(row_id)

    def clear_cache(self) -> None:
        with self._lock:
            self._rows.clear()


outage = Outage()


def take_slot(lease: Lease) -> None:
    """Takes a slot for this thread.

    Raises:
        NoSlot: None is free.
    """
    if not lease.take():
        raise engine.NoSlot


def may_wait(row: InboundEvent) -> bool:
    """Returns whether the turn of this row may still wait for a model to come back."""
    return _left(row) > timedelta(0)


def for_slot(row: InboundEvent, turn: engine.Turn, lease: Lease) -> None:
    """Returns the row to the queue until a slot is free.

    Raises:
        ClaimLost: Another worker has the row.
    """
    inbox.park(row, slots.again_in_s())
    lease.wait(row.pk)
    typing_indicator.show_once(turn.channel, turn.event)


def for_model(row: InboundEvent, turn: engine.Turn, error: NoModelAvailable) -> None:
    """Returns the row to the queue until the next try; tells the person when it takes long.

    Raises:
        ClaimLost: Another worker has the row.
    """
    now = clock.now()
    pause_s = min(max(error.retry_after or 0.0, SHORTEST_S), LONGEST_S) + PER_ROW_S * len(outage)
    pause_s *= random.uniform(1.0, 1.3)  # noqa: S311  not for secrecy
    pause_s = max(0.1, min(pause_s, _left(row).total_seconds()))
    tell = _tells(row, turn)
    with transaction.atomic():
        inbox.park(
            row,
            pause_s,
            why(error),
            waiting_since=_since(row, now),
            told_to_wait=row.told_to_wait or tell,
            conversation=turn.conversation.pk,
        )
        if tell:
            with translation.override(turn.language):
                meta = {"notice": "waiting", Message.ASIDE: True}
                proactive.write(turn.conversation, _takes_longer(), Message.Role.ASSISTANT, meta)
    if outage.add(row.pk):
        logger.error("no model answers: %s; messages wait for one, %s s at most", error, _limit().total_seconds())
    if len(outage) <= TIMERS:
        wakeups.send(wakeups.PROCESS, row.pk, turn.channel.platform, in_s=pause_s, queue_key=row.queue_key)
    _show(turn)


def model_answered(row: InboundEvent) -> None:
    """Wakes rows that wait for a model, as many as find a slot, after a model answered this one.

    Each of their answers wakes the next ones, so they do not all call a model that has just come back.
    """
    if row.waiting_since is None and not len(outage):
        return
    outage.remove(row.pk)
    rows = inbox.waiting_for_model(limit=slots.room + 1)
    if not rows:
        outage.clear_cache()
        logger.warning("models answer again; no message waits for one")
        return
    inbox.make_due([row_id for row_id, _platform in rows])
    for row_id, platform in rows:
        wakeups.send(wakeups.PROCESS, row_id, platform)


def _limit() -> timedelta:
    return timedelta(seconds=settings.CLAWDBOT.worker.outage_wait_seconds)


def _since(row: InboundEvent, now: datetime) -> datetime:
    """Returns when the wait began: with the first try."""
    # A clock that was set back must not make the wait longer.
    return min(row.waiting_since or row.claimed_at or now, now)


def _left(row: InboundEvent) -> timedelta:
    """Returns how much is left of the wait."""
    now = clock.now()
    return _since(row, now) + _limit() - now


def _tells(row: InboundEvent, turn: engine.Turn) -> bool:
    """Returns whether a sentence about the wait fits: once, after a while."""
    return takes_more_messages(turn) and not row.told_to_wait and clock.now() - row.received_at > TELL_AFTER


def takes_more_messages(turn: engine.Turn) -> bool:
    """Returns whether the chat is a private one that takes any number of messages beside the answer.

    Where a platform hands out an address for one answer, the answer needs it.
    """
    if turn.group is not None or turn.channel.platform == PLATFORM:
        return False
    return not (turn.event.reply_token or turn.event.reply_url)


def _takes_longer() -> str:
    return _("This takes longer than usual. I keep trying; /stop ends it.")


def _show(turn: engine.Turn) -> None:
    """Shows that the answer takes longer: as a line on the chat page, else as a typing indicator."""
    if turn.channel.platform == PLATFORM:
        with translation.override(turn.language):
            TokenStream.of(turn.channel, turn.event).waiting(_takes_longer())
    else:
        typing_indicator.show_once(turn.channel, turn.event)
