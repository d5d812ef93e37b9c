"""Records the health of channels without a database write per request.

Each process sums its notes and writes them at most once in ten seconds per channel, so a flood of bad requests costs
the database no more than one. A refused request never writes by itself, so that it cannot slow the webhook: the
heartbeat writes (`workers.start_heartbeat`), or the ASGI application in a web process without a heartbeat. The database
adds the counts, so that those of several processes sum up. A killed process loses up to ten seconds of figures, but no
message.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from bots.models import Channel, ChannelHealth, ChannelHour
from bots.models.lengths import ERROR_LENGTH
from clawdbot.reasons import Why, columns

logger = logging.getLogger(__name__)
WRITE_EVERY_S = 10.0
HOURS_KEPT = timedelta(hours=48)


@dataclass(slots=True)
class _Notes:
    """The notes of one channel that are not written yet."""

    events: int = 0
    event_at: datetime | None = None
    refused: int = 0
    refused_at: datetime | None = None
    refused_reason: str = ""
    refused_detail: Why = ""
    sent_at: datetime | None = None
    send_failed_at: datetime | None = None
    send_error: Why = ""
    send_mark: str = ""
    polled_at: datetime | None = None
    poll_failed_at: datetime | None = None
    poll_error: Why = ""
    poll_mark: str = ""

    def merged_with(self, newer: _Notes) -> _Notes:
        """Returns the sum of the counts, and of each other field the newer value if there is one."""
        counts = {"events": self.events + newer.events, "refused": self.refused + newer.refused}
        values = {name: getattr(newer, name) or getattr(self, name) for name in self.__slots__}
        return _Notes(**values | counts)


clock: Callable[[], float] = time.monotonic
_lock = threading.Lock()
_notes: dict[int, _Notes] = {}
_written: dict[int, float] = {}


def note_events(channel: Channel, count: int) -> None:
    """Notes genuine events. Writes at once if the last write is at least `WRITE_EVERY_S` ago."""
    _add(channel.pk, _Notes(events=count, event_at=timezone.now()))
    if _due(channel.pk):
        _write(channel.pk)


def note_refusal(channel: Channel, reason: str, detail: Why) -> None:
    """Notes a refused request.

    Args:
        channel: The channel whose address or secret the request tried.
        reason: The keyword under which it is counted, such as "not_genuine".
        detail: Why the adapter refused it; contains nothing of the request.
    """
    _add(
        channel.pk,
        _Notes(refused=1, refused_at=timezone.now(), refused_reason=reason[:20], refused_detail=detail),
    )


def note_sent(channel_id: int) -> None:
    """Notes that the platform accepted a message."""
    _add(channel_id, _Notes(sent_at=timezone.now()))


def note_send_failure(channel_id: int, error: Why, mark: str) -> None:
    """Notes that the platform refused a message or was unreachable."""
    _add(channel_id, _Notes(send_failed_at=timezone.now(), send_error=error, send_mark=mark[:60]))


def note_poll(channel_id: int) -> None:
    """Notes that the platform answered a poll."""
    _add(channel_id, _Notes(polled_at=timezone.now()))


def note_poll_failure(channel_id: int, error: Why, mark: str) -> None:
    """Notes that the platform refused a poll or was unreachable."""
    _add(channel_id, _Notes(poll_failed_at=timezone.now(), poll_error=error, poll_mark=mark[:60]))


def flush(*, everything: bool = False) -> None:
    """Writes the notes of channels that are due. Never raises.

    Args:
        everything: Also write channels that are not due yet, for an orderly shutdown.
    """
    with _lock:
        waiting = list(_notes)
    for channel_id in waiting:
        if everything or _due(channel_id):
            _write(channel_id)


def waiting() -> bool:
    """Returns whether there is anything to write."""
    return bool(_notes)


def _add(channel_id: int, newer: _Notes) -> None:
    with _lock:
        older = _notes.get(channel_id)
        _notes[channel_id] = older.merged_with(newer) if older else newer


def _due(channel_id: int) -> bool:
    with _lock:
        return clock() - _written.get(channel_id, float("-inf")) >= WRITE_EVERY_S


def _write(channel_id: int) -> None:
    with _lock:
        notes = _notes.pop(channel_id, None)
        _written[channel_id] = clock()
    if notes is None:
        return
    try:
        with transaction.atomic():
            if Channel.objects.filter(pk=channel_id).exists():
                _store(channel_id, notes)
    except IntegrityError:
        logger.info("channel %s was removed meanwhile", channel_id)
    except Exception:  # figures must not fail a request; they are written with the next ones
        logger.exception("the health of channel %s was not written", channel_id)
        _give_back(channel_id, notes)


def _give_back(channel_id: int, notes: _Notes) -> None:
    with _lock:
        newer = _notes.get(channel_id)
        _notes[channel_id] = notes.merged_with(newer) if newer else notes


def _store(channel_id: int, notes: _Notes) -> None:
    if notes.event_at is not None:
        Channel.objects.filter(pk=channel_id).exclude(last_event_at__gt=notes.event_at).update(
            last_event_at=notes.event_at
        )
    if latest := _latest(notes):
        _upsert(ChannelHealth, latest, channel_id=channel_id)
    if notes.events or notes.refused:
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        counts = {"events": F("events") + notes.events, "refused": F("refused") + notes.refused}
        if _upsert(ChannelHour, counts, channel_id=channel_id, hour=hour):
            ChannelHour.objects.filter(channel_id=channel_id, hour__lt=hour - HOURS_KEPT).delete()


def _latest(notes: _Notes) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if notes.refused_at is not None:
        values |= {"refused_at": notes.refused_at, "refused_reason": notes.refused_reason}
        values |= {"refused": F("refused") + notes.refused, **columns("refused_detail", notes.refused_detail, 200)}
    if notes.sent_at is not None:
        values["sent_at"] = notes.sent_at
    if notes.send_failed_at is not None:
        values |= {"send_failed_at": notes.send_failed_at, "send_mark": notes.send_mark}
        values |= columns("send_error", notes.send_error, ERROR_LENGTH)
    if notes.polled_at is not None:
        values["polled_at"] = notes.polled_at
    if notes.poll_failed_at is not None:
        values |= {"poll_failed_at": notes.poll_failed_at, "poll_mark": notes.poll_mark}
        values |= columns("poll_error", notes.poll_error, ERROR_LENGTH)
    return values


def _upsert(model: type[ChannelHealth] | type[ChannelHour], values: dict[str, Any], **key: Any) -> bool:
    """Updates the row, after inserting a missing one. Returns True if it was missing. Safe to run concurrently."""
    rows: Any = model._default_manager
    if rows.filter(**key).update(**values):
        return False
    rows.bulk_create([model(**key)], ignore_conflicts=True)
    rows.filter(**key).update(**values)
    return True


def clear_cache() -> None:
    """Drops all unwritten notes; the next notes are written at once."""
    with _lock:
        _notes.clear()
        _written.clear()


@receiver((post_save, post_delete), sender=Channel, dispatch_uid="channel_health.discard")
def _row_changed(instance: Channel, created: bool = True, **_kwargs: object) -> None:
    with _lock:
        _written.pop(instance.pk, None)
        if created:  # a new or deleted row: notes with its id belong to another channel
            _notes.pop(instance.pk, None)
