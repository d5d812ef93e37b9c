"""Notes what channels go through, without a write per request.

Notes are added up in this process and written at most once in ten seconds per channel: a flood of bad requests costs
the database the same as one. Refused requests never write by themselves, so that they cannot slow the webhook: the
heartbeat does it (`workers.start_heartbeat`), or the ASGI application of a web process without one. Counts are added
by the database, so that several processes add up. What a killed process had not written yet, ten seconds of figures,
is lost; messages are not concerned.
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
    """What was not written yet of one channel."""

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

    def under(self, newer: _Notes) -> _Notes:
        """These notes with newer ones on top."""
        counts = {"events": self.events + newer.events, "refused": self.refused + newer.refused}
        values = {name: getattr(newer, name) or getattr(self, name) for name in self.__slots__}
        return _Notes(**values | counts)


clock: Callable[[], float] = time.monotonic
_lock = threading.Lock()
_notes: dict[int, _Notes] = {}
_written: dict[int, float] = {}


def note_events(channel: Channel, count: int) -> None:
    """Genuine events came; written at once when the last write is ten seconds old."""
    _add(channel.pk, _Notes(events=count, event_at=timezone.now()))
    if _due(channel.pk):
        _write(channel.pk)


def note_refusal(channel: Channel, reason: str, detail: Why) -> None:
    """A request to this channel was refused.

    Args:
        channel: Whose address, or whose secret was tried.
        reason: The word under which it is counted, such as "not_genuine".
        detail: Why the adapter refused it; never holds what was sent.
    """
    _add(
        channel.pk,
        _Notes(refused=1, refused_at=timezone.now(), refused_reason=reason[:20], refused_detail=detail),
    )


def note_sent(channel_id: int) -> None:
    """The platform took a message."""
    _add(channel_id, _Notes(sent_at=timezone.now()))


def note_send_failure(channel_id: int, error: Why, mark: str) -> None:
    """The platform refused a message or was not reached."""
    _add(channel_id, _Notes(send_failed_at=timezone.now(), send_error=error, send_mark=mark[:60]))


def flush(*, everything: bool = False) -> None:
    """Writes what is due; never raises.

    Args:
        everything: Also what was written a moment ago, for an orderly end.
    """
    with _lock:
        waiting = list(_notes)
    for channel_id in waiting:
        if everything or _due(channel_id):
            _write(channel_id)


def waiting() -> bool:
    """Whether there is anything to write."""
    return bool(_notes)


def _add(channel_id: int, newer: _Notes) -> None:
    with _lock:
        older = _notes.get(channel_id)
        _notes[channel_id] = older.under(newer) if older else newer


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
    except Exception:  # figures are not worth a failed request; they are tried again with the next
        logger.exception("the health of channel %s was not written", channel_id)
        _give_back(channel_id, notes)


def _give_back(channel_id: int, notes: _Notes) -> None:
    with _lock:
        newer = _notes.get(channel_id)
        _notes[channel_id] = notes.under(newer) if newer else notes


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
    return values


def _upsert(model: type[ChannelHealth] | type[ChannelHour], values: dict[str, Any], **key: Any) -> bool:
    """Updates the row, made empty first where there is none; True when it was made. Two processes may meet here."""
    rows: Any = model._default_manager
    if rows.filter(**key).update(**values):
        return False
    rows.bulk_create([model(**key)], ignore_conflicts=True)
    rows.filter(**key).update(**values)
    return True


def clear_cache() -> None:
    """Drops the notes that wait to be written; the next ones are written at once."""
    with _lock:
        _notes.clear()
        _written.clear()


@receiver((post_save, post_delete), sender=Channel, dispatch_uid="channel_health.discard")
def _row_changed(instance: Channel, created: bool = True, **_kwargs: object) -> None:
    with _lock:
        _written.pop(instance.pk, None)
        if created:  # a new row, or one that is gone: notes under its number are of another channel
            _notes.pop(instance.pk, None)
