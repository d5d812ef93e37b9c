"""Takes claimed inbox rows to closed turns: finds speaker and conversation, calls the engine, closes the turn."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from functools import partial

from adapters.events import Event
from bots import metrics
from bots.channels import lookup
from bots.limits.payments import Payments
from bots.models import Channel, InboundEvent
from bots.models.sql import clock
from bots.people import reception
from bots.people.identities import SpeakerChanged
from bots.people.reception import Arrival, Standing
from bots.pipeline import engine, inbox, memory_outbox
from bots.pipeline.dispatch import (
    closing,
    decisions,
    edits,
    erasures,
    gathering,
    moves,
    presenting,
    rate_limits,
    refusals,
    speaking,
    timeouts,
    turns,
    waiting,
)
from bots.pipeline.queue import chats, held, wakeups
from bots.pipeline.queue.model_slots import Lease, slots
from clawdbot import request_id, tracing
from clawdbot.errors import ClawdbotError
from clawdbot.reasons import raised

logger = logging.getLogger(__name__)


class MessageDispatcher:
    """Processes the turns of the inbox. Stateless: the rows hold all state."""

    def process(self, row_id: int) -> int:
        """Claims the row, then each due row behind it in its chat. Returns the number of closed turns."""
        with held.working():
            return self._go_on(inbox.claim(row_id), Lease())

    def process_parked(self, row_id: int) -> int:
        """Processes a parked row with the slot that was taken for it, and the rows behind it; see `process`."""
        lease = Lease(held=True)
        with held.working():
            return self._go_on(inbox.claim_parked(row_id) or self._next_parked(lease), lease)

    def _go_on(self, row: InboundEvent | None, lease: Lease) -> int:
        """Takes this row and those behind it in its chat. A slot that it held goes to the oldest row that waits."""
        closed = 0
        try:
            while row is not None:
                following = None
                done = self._attempt(row, lease)
                # Without an error the row is closed or given back: a parked row is held by nobody.
                held.leave(InboundEvent, row.pk)
                if done:
                    closed += 1
                    chats.note_closed(row.pk)
                if done or row.gathers:  # what overtakes need not wait for a row that waits
                    following = inbox.next_in_queue(row.queue_key)
                row = self._next(row, following, lease)
        finally:
            lease.end()
        return closed

    def _next(self, row: InboundEvent, following: int | None, lease: Lease) -> InboundEvent | None:
        """Claims the row that this thread takes after `row`: one that waits for its slot, else the next of the chat."""
        if (parked := self._next_parked(lease)) is not None:
            if following is not None:
                platform = lookup.get(row.channel_id).platform
                wakeups.send(wakeups.PROCESS, following, platform, queue_key=row.queue_key)
            return parked
        return inbox.claim(following) if following is not None else None

    def _next_parked(self, lease: Lease) -> InboundEvent | None:
        """Passes the slot on. Returns the claimed row that gets it, unless another thread of the pool takes that."""
        while (row_id := lease.next_row()) is not None:
            if slots.run_elsewhere is not None:
                # This thread keeps its chat: whoever writes there next must not wait for a model that answers others.
                lease.held = False
                slots.run_elsewhere(partial(self.process_parked, row_id))
                return None
            if (parked := inbox.claim_parked(row_id)) is not None:
                return parked
        return None

    def _attempt(self, row: InboundEvent, lease: Lease) -> bool:
        """Tries one row once. Returns False when the row is tried again later or another worker has claimed it."""
        started = time.perf_counter()
        try:
            channel = lookup.get(row.channel_id)
            bot, platform = channel.bot.slug, channel.platform
            traced = tracing.span("turn", row.request_id, bot=bot, platform=platform, row=row.pk, attempt=row.attempts)
            with request_id.bound(row.request_id), traced:
                _note_claim(row, channel)
                if not self._gathered_turn(row, started, lease):
                    return False
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
        _note_answer(row, channel)
        return True

    def _gathered_turn(self, row: InboundEvent, started: float, lease: Lease) -> bool:
        """Takes the turn of the row and of the messages that join it. Returns False when the row must wait."""
        channel = lookup.get(row.channel_id)
        while gathering.gather(row, channel):
            try:
                done = self._turn(row, started, lease)
            except gathering.Interrupted:
                logger.info("the answer to inbound %s begins anew, with what came meanwhile", row.pk)
                row.begun_anew = True
                continue
            if not done:
                metrics.turn(time.perf_counter() - started, "parked")
            return done
        return False

    def _turn(self, row: InboundEvent, started: float, lease: Lease) -> bool:
        """Does the work of the row. Returns False when the row must wait."""
        if row.kind == erasures.KIND:
            erasures.finish(row)
            return True
        if row.kind == timeouts.KIND:
            timeouts.apply(row)
            return True
        if row.kind == decisions.KIND:
            return decisions.go_on(row, started, lease)
        channel = lookup.get(row.channel_id)
        event = Event.from_dict(row.payload)
        if event.new_ids:
            return moves.apply(row, channel, event)
        if event.kind in edits.KINDS:
            return self._edit(row, channel, event, started, lease)
        return self._answer(row, channel, _arrived(channel, event), started, lease)

    def _edit(self, row: InboundEvent, channel: Channel, event: Event, started: float, lease: Lease) -> bool:
        new = edits.as_message(channel, event)
        arrival = _arrived(channel, new) if new is not None else None
        if arrival is None or arrival.standing is not Standing.ADDRESSED:
            edits.apply(row, channel, event)
            return True
        edits.forget_former(channel, event)
        return self._answer(row, channel, arrival, started, lease)

    def _answer(self, row: InboundEvent, channel: Channel, arrival: Arrival, started: float, lease: Lease) -> bool:
        """Takes the turn. Returns False when its row was parked."""
        turn = turns.build(row, channel, arrival)
        match arrival.standing:
            case Standing.STRANGER:
                refusals.refuse(row, turn)
            case Standing.IGNORED:
                closing.ignore(row, turn)
            case Standing.OVERHEARD:
                closing.close(row, turn, engine.Reply("", silent=True, remember=True), started)
            case Standing.ADDRESSED if arrival.event.unreadable:
                closing.close(row, turn, refusals.unreadable(turn), started)
            case Standing.ADDRESSED if exceeded := rate_limits.over_limit(turn):
                closing.close(row, turn, rate_limits.reply(turn, exceeded), started)
            case Standing.ADDRESSED:
                turn.payments = Payments()
                with turn.payments.kept():
                    return self._respond(row, turn, started, lease)
        return True

    def _respond(self, row: InboundEvent, turn: engine.Turn, started: float, lease: Lease) -> bool:
        reply = presenting.respond(row, turn, lease)
        if reply is None:
            return False
        closing.close(row, turn, speaking.with_voice(row, turn, reply), started)
        if reply.completion is not None:
            waiting.model_answered(row)
        return True

    def _failed(self, row: InboundEvent, error: Exception) -> bool:
        """Schedules a retry; after the last try tells the person and makes the row a dead letter."""
        reason = raised(error)
        try:
            if row.attempts < inbox.MAX_ATTEMPTS:
                inbox.retry_later(row, reason, error.retry_after if isinstance(error, ClawdbotError) else None)
                return False
            refusals.give_up(row, reason)
            memory_outbox.write_waiting_of(row.pk)
        except inbox.ClaimLost:
            return False
        return True


def _note_claim(row: InboundEvent, channel: Channel) -> None:
    if row.claimed_at is not None:
        metrics.waited("inbox", channel.platform, (row.claimed_at - row.due_at).total_seconds())
    metrics.hop(channel.bot.slug, channel.platform, "claimed")


def _note_answer(row: InboundEvent, channel: Channel) -> None:
    """Counts a closed turn, and the time since its message came; not of edits, time-outs and the like."""
    metrics.hop(channel.bot.slug, channel.platform, "answered")
    if row.kind in ("message", "command", "action"):
        metrics.answered(channel.platform, (clock.now() - row.received_at).total_seconds())


def _arrived(channel: Channel, event: Event) -> Arrival:
    arrival = reception.receive(channel, turns.without_unknown_command(event))
    if arrival.standing is Standing.ADDRESSED and turns.is_for_another(arrival):
        return replace(arrival, standing=Standing.IGNORED)
    return arrival
