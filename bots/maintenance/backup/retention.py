"""Decides which scheduled backups are kept."""

from __future__ import annotations

from collections.abc import Iterable

from bots.maintenance.backup.places import Kept, Place


def outdated(archives: Iterable[Kept], daily: int, weekly: int) -> list[Kept]:
    """Returns the scheduled archives that are no longer kept.

    Kept are the last one of each of the latest `daily` days and of each of the latest `weekly` weeks that have one.
    So an installation that makes no backups for a month loses none. Backups that a person made are always kept.
    """
    ours = sorted((one for one in archives if one.scheduled), key=lambda one: one.made_at, reverse=True)
    kept: set[str] = set()
    for count, period in ((daily, "%Y-%m-%d"), (weekly, "%G-%V")):
        latest: dict[str, str] = {}
        for one in ours:
            latest.setdefault(one.made_at.strftime(period), one.name)
        kept.update(list(latest.values())[:count])
    return [one for one in ours if one.name not in kept]


def clean(place: Place, prefix: str, daily: int, weekly: int) -> list[str]:
    """Removes outdated archives from a place; returns their names.

    Raises:
        BackupError: The place cannot be used.
    """
    gone = [one.name for one in outdated(place.kept(prefix), daily, weekly)]
    for name in gone:
        place.remove(name)
    return gone
