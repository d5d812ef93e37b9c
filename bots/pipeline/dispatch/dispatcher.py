"""Takes claimed inbox rows to closed turns: finds speaker and conversation, calls the engine, closes the turn."""

from __future__ import annotations

import logging
import time

from adapters.events import Event
from bots import metrics
from bots.channels import lookup
from bots.models import InboundEvent
from bots.people import reception
from bots.people.identities import SpeakerChanged
from bots.people.reception import Standing
from bots.pipeline import engine, inbox, memory_outbox
from bots.pipeline.dispatch import closing, edits, erasures, presenting, refusals, turns
from bots.pipeline.queue import chats, held
from clawdbot import request_id
from clawdbot.errors import ClawdbotError
from clawdbot.reasons import raised

logger = logging.getLogger(__name__)


class MessageDispatcher:
    """Processes the turns of the inbox. Stateless: the rows hold all state."""

    def process(self, row_id: int) -> int:
        """Claims the row, then each due row behind it in its chat. Returns the number of closed turns."""
        with held.working():
            return self._process(row_id)

    def _process(self, row_id: int) -> int:
        closed = 0
        row = inbox.claim(row_id)
        while row is not None:
            if not self._attempt(row):
                break
            closed += 1
            chats.note_closed(row.pk)
            following = inbox.next_in_queue(row.queue_key)
            row = inbox.claim(following) if following is not None else None
        return closed

    def _attempt(self, row: InboundEvent) -> bool:
        """Tries one row once. Returns False when the row is retried later or another worker has claimed it."""
        started = time.perf_counter()
        try:
            with request_id.bound(row.request_id):
                self._turn(row, started)
                memory_outbox.write_waiting_of(row.pk)
        except inbox.ClaimLost:
            logger.warning("inbound %s was taken over by another worker", row.pk)
            return False
        except SpeakerChanged as error:
            logger.info("turn of inbound %s is retried: its account was linked or unlinked meanwhile", row.pk)
            return self._failed(row, error)
        except Exception as error:  # after any error the row must neither be lost nor stay claimed
            logger.exception("turn of inbound %s failed (attempt %s)", row.pk, row.attempts)
            metrics.turn(time.perf_counter() - started, "error")
            return self._failed(row, error)
        metrics.turn(time.perf_counter() - started, "ok")
        return True

    def _turn(self, row: InboundEvent, started: float) -> None:
        if row.kind == erasures.KIND:
            erasures.finish(row)
            return
        channel = lookup.get(row.channel_id)
        event = Event.from_dict(row.payload)
        if event.kind in edits.KINDS:
            edits.apply(row, channel, event)
            return
        arrival = reception.receive(channel, turns.without_unknown_command(event))
        turn = turns.build(row, channel, arrival)
        match arrival.standing:
            case Standing.STRANGER:
                refusals.refuse(row, turn)
            case Standing.IGNORED:
                closing.ignore(row, turn)
            case Standing.OVERHEARD:
                closing.close(row, turn, engine.Reply("", silent=True, remember=True), started)
            case Standing.ADDRESSED:
                closing.close(row, turn, presenting.respond(row, turn), started)

    def _failed(self, row: InboundEvent, error: Exception) -> bool:
        """Schedules a retry; after the last try tells the person and makes the row a dead letter."""
        reason = raised(error)
        try:
            if row.attempts < inbox.MAX_ATTEMPTS:
                inbox.retry_later(row, reason, error.retry_after if isinstance(error, ClawdbotError) else None)
                return False
            refusals.give_up(row, reason)
        except inbox.ClaimLost:
            return False
        return True
