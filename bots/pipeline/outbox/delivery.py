"""Sends outbox rows: claims, journals, sends, records the outcome. Alone decides on retries and dead letters."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adapters import sending
from adapters.base import Adapter
from adapters.errors import SendError
from adapters.events import MIGRATED, Event, EventKind, OutgoingMessage, SendReceipt
from bots import metrics
from bots.channels import health, lookup
from bots.files import sent
from bots.models import Channel, OutboundMessage
from bots.models.sql import clock
from bots.pipeline import inbox
from bots.pipeline.outbox import journal, lost_chats, outages, pacing, queue
from bots.pipeline.queue import held
from clawdbot import http, request_id, tracing
from clawdbot.reasons import Reason, why

logger = logging.getLogger(__name__)


def deliver(row_id: int) -> int:
    """Claims and sends the row, then each due row behind it in its chat. Returns the number of settled rows."""
    with held.working():
        row = queue.claim(row_id)
        return send_claimed(row) if row is not None else 0


def send_claimed(first: OutboundMessage) -> int:
    """Sends a row that this process has claimed, then each due row behind it. Returns the number of settled rows."""
    settled = 0
    row: OutboundMessage | None = first
    while row is not None:
        platform = lookup.get(row.channel_id).platform
        traced = tracing.span("delivery", row.request_id, platform=platform, row=row.pk, attempt=row.attempts)
        with request_id.bound(row.request_id), traced:
            if not _send(row):
                break
        settled += 1
        following = queue.next_in_queue(row.queue_key)
        row = queue.claim(following) if following is not None else None
    return settled


def _send(row: OutboundMessage) -> bool:
    """Tries the row once. Returns True when the chat's queue may continue: the row is sent, unconfirmed or dead."""
    notes = journal.current()
    channel = lookup.get(row.channel_id)
    platform = channel.platform
    safe_to_repeat = True
    try:
        notes.note(row.pk, row.attempts, "b")
        adapter = lookup.adapter_for(channel)
        if not adapter.can_send_here:
            queue.hand_back(row)
            notes.discard(row.pk)
            return False
        wait_s = outages.wait_s(channel.pk) or pacing.wait_s(channel.pk, row.queue_key, adapter)
        if wait_s:
            queue.postpone(row, wait_s)
            notes.discard(row.pk)
            return False
        if row.claimed_at is not None:
            metrics.waited("outbox", platform, (row.claimed_at - row.due_at).total_seconds())
        safe_to_repeat = adapter.idempotent_send
        written = http.observe(on_written=lambda: notes.note(row.pk, row.attempts, "w"))
        with written, outages.trying(channel.pk), _timed(platform):
            receipt = _send_or_edit(adapter, row)
    except SendError as error:
        if error.maybe_sent and not safe_to_repeat:
            return _unconfirmed(row, notes, error)
        return _failed(row, notes, error)
    except Exception as error:  # a defect of an adapter must not leave the row claimed for ever
        logger.exception("adapter %s failed to send outbound %s", platform, row.pk)
        return _failed(
            row,
            notes,
            SendError(Reason("adapter_defect", error=type(error).__name__), permanent=False, mark=queue.DEFECT),
        )
    notes.note(row.pk, row.attempts, "s", receipt.message_id or "")
    queue.record_sent(row, receipt.message_id or "")
    notes.discard(row.pk)
    metrics.sent(platform, "sent")
    metrics.hop(channel.bot.slug, platform, "sent")
    metrics.delivered(platform, (clock.now() - row.queued_at).total_seconds())
    health.note_sent(channel.pk)
    if moved_to := receipt.data.get("migrated_to"):
        _note_move(row, channel, str(moved_to))
    return True


@contextmanager
def _timed(platform: str) -> Iterator[None]:
    began, outcome = time.perf_counter(), "error"
    try:
        yield
        outcome = "ok"
    finally:
        seconds = time.perf_counter() - began
        metrics.send(platform, outcome, seconds)
        tracing.record("send", seconds, ok=outcome == "ok", platform=platform)


def _note_move(row: OutboundMessage, channel: Channel, new: str) -> None:
    """Puts the platform's answer that the chat has a new id into the inbox, like a notice that the platform sends."""
    old = str(row.payload.get("chat_id") or "")
    if not old or old == new:
        return
    notice = Event(
        kind=EventKind.MEMBER,
        dedupe_key=f"migrated:{row.pk}",
        change=MIGRATED,
        chat_id=old,
        chat_type="group",
        data=new,
        new_ids={old: new},
    )
    inbox.accept(channel, [notice], request_id=row.request_id)


def _send_or_edit(adapter: Adapter[Any], row: OutboundMessage) -> SendReceipt:
    """Replaces the draft with the message, or sends the message where there is no draft or it cannot be edited."""
    payload = dict(row.payload)
    draft_id = payload.pop("draft_id", "")
    if file := payload.get("file"):
        payload["file"] = sent.outgoing(file["id"], file["in_words"])
    message = OutgoingMessage(**payload | {"idempotency_key": row.idempotency_key, "part": row.part})
    if draft_id:
        try:
            receipt = adapter.edit(draft_id, message)
            return SendReceipt(receipt.message_id or draft_id, receipt.data)
        except SendError as error:
            if not error.permanent:
                raise SendError(
                    why(error), permanent=False, retry_after=error.retry_after, mark=error.mark, maybe_sent=False
                ) from None  # repeating an edit sends no second answer
            logger.info("outbound %s is sent anew, its draft cannot be edited: %s", row.pk, error.mark or error)
    receipt = sending.send(adapter, message)
    if "file" in receipt.data:
        logger.info("outbound %s: the file was replaced by a text: %s", row.pk, receipt.data.get("refused") or "no way")
    return receipt


def _unconfirmed(row: OutboundMessage, notes: journal.Journal, error: SendError) -> bool:
    queue.record_unconfirmed(row, why(error))
    notes.discard(row.pk)
    channel = lookup.get(row.channel_id)
    metrics.sent(channel.platform, "unconfirmed")
    metrics.hop(channel.bot.slug, channel.platform, "sent")
    health.note_send_failure(row.channel_id, why(error), error.mark)
    logger.warning("outbound %s sent, unconfirmed: %s", row.pk, error.mark or error)
    return True


def _failed(row: OutboundMessage, notes: journal.Journal, error: SendError) -> bool:
    notes.note(row.pk, row.attempts, "f")
    dead = queue.record_failure(row, error)
    notes.discard(row.pk)
    outcome = "dead" if dead else "retry"
    channel = lookup.get(row.channel_id)
    metrics.sent(channel.platform, outcome)
    if dead:
        # That a person has blocked the bot is no failure of ours.
        metrics.hop(channel.bot.slug, channel.platform, "unreachable" if error.mark in lost_chats.MARKS else "failed")
    health.note_send_failure(row.channel_id, why(error), error.mark)
    logger.warning("outbound %s %s after attempt %s: %s", row.pk, outcome, row.attempts, error.mark or error)
    return dead
