"""Occurrences of a series. The truth is local wall time, zone and RRULE; moments in UTC are derived from them.

- Daily and longer rules are expanded as wall time, and each occurrence is then attached to the zone: 09:00 stays 09:00
  on both sides of a change of the clock.
- A wall time that the clock skips moves forward by the gap: 02:30 becomes 03:30.
- A wall time that the clock shows twice is the first one.
- Hourly and shorter rules count elapsed time, unless they name hours (BYHOUR) or other parts of the wall time.
"""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dateutil.rrule import rrule

_STEPS = {
    "HOURLY": timedelta(hours=1),
    "MINUTELY": timedelta(minutes=1),
    "SECONDLY": timedelta(seconds=1),
}
_ELAPSED_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL"}
_LONGEST_GAP = timedelta(hours=24)  # Samoa once skipped a whole day


def attach(local: datetime, zone: str) -> datetime:
    """Returns the moment of a wall time, in UTC. A skipped time moves forward by the gap; of two, the first counts."""
    return local.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0).astimezone(UTC)


def wall(moment: datetime, zone: str) -> datetime:
    """Returns the wall time of an aware moment, without tzinfo."""
    return moment.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def after(local: datetime, rule: str, zone: str, after: datetime) -> datetime | None:
    """Returns the first occurrence after a moment, or None when there is none.

    Args:
        local: The first occurrence as wall time, without tzinfo.
        rule: RRULE without DTSTART; "" for a single occurrence.
        zone: IANA name of the zone of `local`.
        after: An aware moment; the result is later.

    Returns:
        An aware moment in UTC.

    Raises:
        ValueError: The rule is no RRULE.
    """
    if not rule:
        moment = attach(local, zone)
        return moment if moment > after else None
    parts = parts_of(rule)
    if parts.get("FREQ") in _STEPS and parts.keys() <= _ELAPSED_PARTS:
        return _elapsed(local, parts, zone, after)
    return _expanded(local, rule, zone, after)


def parts_of(rule: str) -> dict[str, str]:
    """Returns the parts of an RRULE by name.

    Raises:
        ValueError: A part has no value.
    """
    parts: dict[str, str] = {}
    for part in rule.upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not (equals and name and value):
            raise ValueError(f"not a part of an RRULE: {part!r}")
        parts[name] = value
    return parts


def first(local: datetime, rule: str) -> datetime | None:
    """Returns the first wall time of a rule at or after `local`.

    Raises:
        ValueError: The rule is no RRULE.
    """
    return next(iter(_rule(local, rule)), None)


def _elapsed(local: datetime, parts: dict[str, str], zone: str, after: datetime) -> datetime | None:
    """Steps from the first moment in UTC, by arithmetic: a rule of minutes has many occurrences."""
    begin = attach(local, zone)
    step = _STEPS[parts["FREQ"]] * int(parts.get("INTERVAL", "1"))
    if step <= timedelta(0):
        raise ValueError("the interval is not positive")
    number = 0 if after < begin else (after - begin) // step + 1
    if "COUNT" in parts and number >= int(parts["COUNT"]):
        return None
    try:
        moment = begin + number * step
    except OverflowError:
        return None
    if "UNTIL" in parts and moment > attach(_until(parts["UNTIL"]), zone):
        return None
    return moment


def _expanded(local: datetime, rule: str, zone: str, after: datetime) -> datetime | None:
    series = _rule(local, rule)
    # A time in a gap moves behind later wall times, so the search begins early and compares two candidates.
    begin = wall(after, zone) - _LONGEST_GAP
    later = (moment for moment in (attach(one, zone) for one in series.xafter(begin)) if moment > after)
    return min(islice(later, 2), default=None)


def _rule(local: datetime, rule: str) -> rrule:
    from dateutil.rrule import rrule, rrulestr  # 30 ms, only for who has a series

    # UNTIL in UTC ("Z") contradicts a DTSTART without a zone; all parts of a rule are wall time here.
    series = rrulestr(rule.removeprefix("RRULE:").replace("Z", ""), dtstart=local)
    if not isinstance(series, rrule):
        raise ValueError("more than one rule")
    return series


def _until(text: str) -> datetime:
    text = text.removesuffix("Z")
    return datetime.strptime(text, "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d")
