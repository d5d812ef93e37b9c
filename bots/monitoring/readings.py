"""What is the case right now, as `/metrics` shows it and the alarms watch it: one list for both.

Each reading costs a query of a small table, of a partial index, or none.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Q

from bots.limits import periods
from bots.models import Balance, Bot, Channel, ChannelHour, ModelProvider, OwnerKind, Reservation, Unit
from bots.models.sql import clock
from bots.monitoring import channel_status, machine, optional, signs
from bots.pipeline.outbox import lost_chats
from memory.embedders import choice

logger = logging.getLogger(__name__)
RECENT = timedelta(hours=1)
Samples = Iterator[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure. `read` yields the values of the labels, and the value; `database`: it needs the database."""

    name: str
    text: str
    read: Callable[[], Iterable[tuple[tuple[str, ...], float]]]
    labels: tuple[str, ...] = ()
    database: bool = True


def all_samples(reading: Reading) -> list[tuple[tuple[str, ...], float]]:
    """Returns the samples of a reading; none when it fails for another reason than the database.

    Raises:
        DatabaseError: The database does not answer.
    """
    try:
        return list(reading.read())
    except DatabaseError:
        raise
    except Exception as error:  # one figure that cannot be read must not hide the others
        logger.warning("metrics: %s cannot be read: %s", reading.name, type(error).__name__)
        return []


def _memory() -> Samples:
    share = machine.memory_used()
    if share is not None:
        yield (), share


def _disk_free() -> Samples:
    yield (), signs.disk().free


def _disk_share() -> Samples:
    space = signs.disk()
    if space.total:
        yield (), space.free / space.total


def _beat() -> Samples:
    age = signs.beat_age()
    if age is not None:
        yield (), max(age.total_seconds(), 0.0)


def _stuck() -> Samples:
    yield (), signs.stuck()[0]


def _providers() -> Samples:
    """Yields whether the latest call failed, if it was made within the hour.

    A model that is asked only when others fail may not be asked again for days: its old error is no outage.
    """
    since = clock.now() - RECENT
    for row in ModelProvider.objects.filter(enabled=True).order_by("name"):
        yield (row.name,), float(row.failing and row.last_error_at is not None and row.last_error_at > since)


def _channels() -> Iterator[Channel]:
    rows = Channel.objects.reachable().select_related("bot", "health").order_by("id")
    yield from rows.exclude(name=Channel.SIMULATOR)


def _labels(channel: Channel) -> tuple[str, ...]:
    return channel.bot.slug, channel.platform, channel.public_id


def _failing_channels() -> Samples:
    """Yields whether the page of a channel shows it as broken; not because one person has blocked the bot."""
    for channel in _channels():
        blocked = channel_status.health_of(channel).send_mark in lost_chats.MARKS
        yield _labels(channel), float(not blocked and channel_status.status_of(channel).light == "bad")


def _missed_events() -> Samples:
    """Yields how many events came yesterday in the hours in which today none has come.

    So a channel that is silent every night, or that nobody uses, is not silent; the first day has no yesterday.
    """
    now = clock.now()
    counted: defaultdict[int, dict[datetime, int]] = defaultdict(dict)
    rows = ChannelHour.objects.filter(hour__gte=now - timedelta(hours=48)).order_by()
    for channel_id, hour, events in rows.values_list("channel_id", "hour", "events"):
        counted[channel_id][hour] = events
    for channel in _channels():
        yield _labels(channel), _missed(counted[channel.pk], now)


def _missed(events: dict[datetime, int], now: datetime) -> int:
    hour = now.replace(minute=0, second=0, microsecond=0)
    day, missed = timedelta(hours=24), 0
    if events.get(hour):
        return 0
    for _step in range(23):  # only whole hours: of yesterday's present hour nobody knows which part is meant
        hour -= timedelta(hours=1)
        if events.get(hour):
            return missed
        missed += events.get(hour - day, 0)
    return missed


def _index() -> Samples:
    yield (), float(bool(choice.trouble()))


def _limits() -> Samples:
    slugs = {str(pk): slug for pk, slug in Bot.objects.values_list("pk", "slug")}
    now = clock.now()
    # Named in full, because people have balances too: the unique index finds each row.
    present = [Q(unit=unit, period=periods.of(unit, now).key) for unit in (Unit.TOKENS, Unit.MONEY)]
    rows = Balance.objects.filter(present[0] | present[1], kind=OwnerKind.BOT, owner__in=list(slugs))
    for owner, unit, spent, reserved, ceiling in rows.order_by().values_list(
        "owner", "unit", "spent", "reserved", "ceiling"
    ):
        yield (slugs[owner], unit), (spent + reserved) / ceiling if ceiling else 1.0


def _reservations() -> Samples:
    yield (), Reservation.objects.count()


def _resident() -> Samples:
    for one in machine.processes():
        yield (one.role, str(one.pid)), one.resident_bytes


_OF_CHANNEL = ("bot", "platform", "channel")
READINGS: tuple[Reading, ...] = (
    Reading(
        "clawdbot_process_resident_bytes", "Resident memory of a process.", _resident, ("role", "pid"), database=False
    ),
    Reading("clawdbot_memory_used_ratio", "Used memory of the machine, or of the container.", _memory, database=False),
    Reading("clawdbot_disk_free_bytes", "Free space of the disk of the home.", _disk_free, database=False),
    Reading("clawdbot_disk_free_ratio", "Free share of the disk of the home.", _disk_share, database=False),
    Reading("clawdbot_beat_age_seconds", "Since beat ran the sweep.", _beat),
    Reading("clawdbot_stuck_chats", "Chats that a worker could serve and none does.", _stuck),
    Reading("clawdbot_provider_failing", "Whether the latest call failed, within the hour.", _providers, ("provider",)),
    Reading("clawdbot_channel_failing", "Whether a channel cannot work.", _failing_channels, _OF_CHANNEL),
    Reading(
        "clawdbot_channel_missed_events",
        "Events that came at these hours yesterday, since a channel is silent.",
        _missed_events,
        _OF_CHANNEL,
    ),
    Reading("clawdbot_index_broken", "Whether the embedder fails.", _index),
    Reading("clawdbot_limit_used_ratio", "Used share of the limit of a bot.", _limits, ("bot", "unit")),
    Reading("clawdbot_reservations", "Amounts that running calls hold of limits.", _reservations),
    Reading("clawdbot_backup_age_seconds", "Since the latest good backup.", optional.backup_age),
    Reading("clawdbot_retention_age_seconds", "Since the latest run of the retention ended.", optional.retention_age),
    Reading(
        "clawdbot_retention_failing",
        "Whether the latest run could not delete rows of a kind.",
        optional.retention_failing,
        ("kind",),
    ),
    Reading("clawdbot_held_after_restore", "Rows that a restore holds.", optional.held_after_restore),
    Reading("clawdbot_leases_held", "Duties that a process does now.", optional.leases_held, ("duty",)),
    Reading(
        "clawdbot_certificate_expires_seconds",
        "Until the certificate of the public address expires.",
        optional.certificate,
        ("host",),
        database=False,
    ),
)


def named(name: str) -> Reading:
    """Returns the reading with this name."""
    return next(reading for reading in READINGS if reading.name == name)
