"""Fetches events by long polling, for platforms that cannot reach this machine.

Of all pollers of a channel one polls, by a lease: platforms end a poll when a second one begins.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from adapters.base import Adapter
from adapters.errors import NotSupported, SendError
from bots.channels import health, lookup
from bots.leases import duties, held
from bots.models import Channel
from bots.models.lengths import ERROR_LENGTH
from bots.pipeline import inbox, outbox
from clawdbot import request_id, tracing
from clawdbot.backoff import Backoff
from clawdbot.errors import ClawdbotError
from clawdbot.leadership import LeadershipLost
from clawdbot.reasons import Why, columns, why

logger = logging.getLogger(__name__)

POLL_S = 50.0
SHORT_POLL_S = 0.3  # poll time-out of channels that send over the polling connection: a reply waits up to this long
# Telegram numbers updates anew after a week without any. It keeps none longer than a day, so that none comes twice.
LOOK_AGAIN_S = 60.0  # whether a webhook is still registered
FORGOTTEN = timedelta(days=6)
_BACKOFF = Backoff()
_FINGERPRINT_SALT = "bots.intake.polling"  # an HMAC salt, not a module path


def pollable(public_ids: Collection[str] = (), *, warned: set[str] | None = None) -> list[Channel]:
    """Returns the enabled channels whose platform supports polling.

    Args:
        public_ids: Only these channels; all when empty.
        warned: Warnings about unusable channels that need not be logged again; new ones are added.
    """
    rows = Channel.objects.reachable().select_related("bot")
    if public_ids:
        rows = rows.filter(public_id__in=public_ids)
    return [channel for channel in rows if _can_be_polled(channel, set() if warned is None else warned)]


def _can_be_polled(channel: Channel, warned: set[str]) -> bool:
    try:
        return lookup.adapter_for(channel).supports_polling
    except ClawdbotError as error:
        warning = f"polling {channel}: {error}"
        if warning not in warned:
            warned.add(warning)
            logger.warning("%s", warning)
        return False


def poll_once(channel: Channel, timeout: float = POLL_S, lead: held.Held | None = None) -> int:
    """Fetches and stores events, then saves the offset that confirms them; returns the number of new events.

    Args:
        channel: The channel.
        timeout: How long the platform waits for events, in seconds.
        lead: The lease under which it is polled.

    Raises:
        SendError: The platform refused the call or could not be reached.
        LeadershipLost: Another process polls the channel. What came is stored; the offset is that of the other.
    """
    adapter = lookup.adapter_for(channel)
    account = _fingerprint(adapter.poll_account)
    offset = _offset(channel, account)
    polled = adapter.poll(offset, timeout)
    health.note_poll(channel.pk)
    key = request_id.new()
    with tracing.span("poll", key, first=True, platform=channel.platform, channel=channel.public_id):
        result = inbox.accept(channel, polled.events, request_id=key)
    if polled.next_offset is not None and (polled.next_offset != offset or channel.poll_account != account):
        channel.poll_offset, channel.poll_account = str(polled.next_offset), account
        _save_offset(channel, lead)
    if polled.events:
        health.note_events(channel, len(result.accepted))
    return len(result.accepted)


def _save_offset(channel: Channel, lead: held.Held | None) -> None:
    row = Channel.objects.filter(pk=channel.pk)
    saved = {"poll_offset": channel.poll_offset, "poll_account": channel.poll_account}
    if lead is None:
        row.update(**saved)
    elif not row.filter(lead.current()).update(**saved):
        lead.lost = True
        lead.check()


def _fingerprint(account: str) -> str:
    """Returns 32 hex digits that stand for an account without telling its secrets; "" for no account."""
    return salted_hmac(_FINGERPRINT_SALT, account, algorithm="sha256").hexdigest()[:32] if account else ""


def _offset(channel: Channel, account: str) -> int | None:
    """Returns the stored offset; None when it is of another account, or when the platform has forgotten it."""
    stored = channel.poll_offset
    if not stored.isdecimal() or channel.poll_account not in ("", account):
        return None
    if account and channel.last_event_at is not None and timezone.now() - channel.last_event_at > FORGOTTEN:
        return None
    return int(stored)


def poll_forever(channel: Channel, stop: threading.Event, timeout: float = POLL_S) -> None:
    """Polls the channel whenever no other process does, until `stop` is set."""
    failures = 0
    try:
        while not stop.is_set():
            try:
                with duties.lead(duties.poll_of(channel.public_id)) as lead:
                    if lead is not None:
                        logger.info("polling %s: this process polls from now on", channel)
                        _poll_while(lead, channel, stop, timeout)
                failures = 0
                stop.wait(held.TRY_EVERY_S)
            except Exception as error:  # no database: polling must resume without a restart
                failures += 1
                logger.warning("polling %s: no lease: %s", channel, type(error).__name__)
                stop.wait(_BACKOFF.delay_s(failures))
    finally:
        health.flush(everything=True)
        connection.close()


def _poll_while(lead: held.Held, channel: Channel, stop: threading.Event, timeout: float) -> None:
    """Polls until `stop` is set or the lease is lost. Stores failed calls on the channel and retries with back-off."""
    failures = 0
    adapter = None
    try:
        while not stop.is_set() and lead.holds():
            try:
                channel = lookup.get(channel.pk)
                adapter = _current(channel, adapter)
                poll_once(channel, SHORT_POLL_S if adapter.sends_by_polling else timeout, lead)
                if adapter.sends_by_polling:
                    _send_waiting(channel)
                health.flush()
                failures = 0
            except LeadershipLost:
                break
            except SendError as error:
                if not lead.holds():
                    break  # the platform ended this poll, because another process has begun one
                if error.mark == "webhook_active" and _posts_here(channel, adapter):
                    logger.info("polling %s: its messages come by its webhook", channel)
                    _wait(LOOK_AGAIN_S, stop, lead)
                    continue
                failures += 1
                health.note_poll_failure(channel.pk, why(error), error.mark)
                health.flush()
                note_error(channel, why(error))
                wait_s = _BACKOFF.delay_s(failures, error.retry_after)
                logger.warning("polling %s: %s; again in %.0f s", channel, error.mark or error, wait_s)
                _wait(wait_s, stop, lead)
            except Exception:  # no database, or a bug: polling must resume without a restart
                failures += 1
                logger.exception("polling %s failed", channel)
                _wait(_BACKOFF.delay_s(failures), stop, lead)
        if not stop.is_set():
            logger.warning("polling %s: another process may poll now, this one waits", channel)
    finally:
        if adapter is not None:
            adapter.close()


def _posts_here(channel: Channel, adapter: Adapter[Any] | None) -> bool:
    """Returns whether the platform posts the channel's messages to its own address here, so that none is missed."""
    try:
        return adapter is not None and adapter.webhook_info().url.rstrip("/").endswith(channel.webhook_path)
    except (NotSupported, SendError):
        return False


def _wait(wait_s: float, stop: threading.Event, lead: held.Held) -> None:
    """Waits until `stop` is set or the lease is lost, `wait_s` seconds at most."""
    until = time.monotonic() + wait_s
    while (left := until - time.monotonic()) > 0 and lead.holds() and not stop.wait(min(left, held.TRY_EVERY_S)):
        pass


def _current(channel: Channel, before: Adapter[Any] | None) -> Adapter[Any]:
    """Returns the channel's adapter; closes the former one after a change of credentials."""
    adapter = lookup.adapter_for(channel)
    if before is not None and before is not adapter:
        before.close()
    return adapter


def _send_waiting(channel: Channel) -> None:
    """Sends the due outbox rows of a channel whose replies need this process's connection."""
    for row_id, _platform in outbox.due(channel=channel):
        outbox.deliver(row_id)


def note_error(channel: Channel, reason: Why) -> None:
    """Stores an error on the channel, where the operator sees it."""
    Channel.objects.filter(pk=channel.pk).update(
        last_error_at=timezone.now(), **columns("last_error", reason, ERROR_LENGTH)
    )
