"""What a reminder must satisfy: how many, how often, how long, and a time that comes."""

from __future__ import annotations

import re
import zoneinfo
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.models import Schedule
from bots.models.schedule import moment_of
from clawdbot.skills import SkillError
from clawdbot.storable_text import storable
from clawdbot.times import occurrences

MOST = 100  # open reminders of one person
LONGEST_TEXT = 1000  # characters
LEAST_GAP = timedelta(minutes=5)
_FREQUENCIES = frozenset({"MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_WORDS = frozenset({"UNTIL", "BYDAY", "WKST"})
_FROM_ZERO = frozenset({"BYHOUR", "BYMINUTE"})
_RANGES = {
    "INTERVAL": (1, 1000), "COUNT": (1, 10_000), "BYMONTH": (1, 12), "BYMONTHDAY": (-31, 31), "BYSETPOS": (-5, 5),
    "BYHOUR": (0, 23), "BYMINUTE": (0, 59), "UNTIL": (0, 0), "BYDAY": (0, 0), "WKST": (0, 0),
}  # fmt: skip
_DAY_LIST = re.compile(r"(?:-?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:-?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU))*")
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LONGEST_BEFORE = timedelta(days=366)
COMPARED = 12  # occurrences of a new series whose distances are looked at


def clean(text: str) -> str:
    """Returns the text as it is stored.

    Raises:
        SkillError: It is empty or too long.
    """
    text = storable(text).strip()
    if not text:
        raise SkillError(_("What should I remind you of?"))
    if len(text) > LONGEST_TEXT:
        raise SkillError(_("The text of a reminder may have %(count)s characters.") % {"count": LONGEST_TEXT})
    return text


def check_zone(name: str) -> None:
    """Checks the name of a time zone.

    Raises:
        SkillError: There is no such zone.
    """
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise SkillError(_("I don't know the time zone %(name)s.") % {"name": name[:60]}) from None


def check_count(present: int) -> None:
    """Checks that there may be one more.

    Raises:
        SkillError: The person has as many as there may be.
    """
    if present >= MOST:
        raise SkillError(
            ngettext(
                "You have %(count)s reminder, and there may be no more. /reminders cancel NUMBER ends one.",
                "You have %(count)s reminders, and there may be no more. /reminders cancel NUMBER ends one.",
                present,
            )
            % {"count": present}
        )


def check_rule(rule: str) -> None:
    """Checks that the rule comes true: a search for an occurrence that never comes would take for ever.

    Raises:
        SkillError: It may never come true, or it is no rule.
    """
    try:
        if len(rule) > 500 or not _comes_true(occurrences.parts_of(rule)):
            raise ValueError(rule)
    except ValueError:
        raise SkillError(_("I cannot follow that series. Please say it in other words.")) from None


def _comes_true(parts: dict[str, str]) -> bool:
    frequency = parts.pop("FREQ", "")
    if frequency not in _FREQUENCIES or any(name not in _RANGES for name in parts):
        return False
    values = {name: _numbers(value) for name, value in parts.items() if name not in _WORDS}
    for name, numbers in values.items():
        low, high = _RANGES[name]
        if any(not low <= number <= high or (number == 0 and name not in _FROM_ZERO) for number in numbers):
            return False
    days, months, weekdays = values.get("BYMONTHDAY", []), values.get("BYMONTH", []), parts.get("BYDAY", "")
    if weekdays and not _DAY_LIST.fullmatch(weekdays):
        return False
    if positions := values.get("BYSETPOS"):
        most = len(days) or (5 if weekdays else 0)
        if frequency != "MONTHLY" or any(abs(position) > most for position in positions):
            return False
    if frequency == "DAILY" and weekdays and values.get("INTERVAL", [1])[0] % 7 == 0:
        return False
    return not (days and months) or any(abs(day) <= _LENGTHS[month - 1] for day in days for month in months)


def _numbers(value: str) -> list[int]:
    return [int(number) for number in value.split(",")]


def aim(row: Schedule, now: datetime) -> None:
    """Makes the first occurrence from now on the next one. Does not save.

    Raises:
        SkillError: The time is over, or the series is wrong or comes too often.
    """
    if not timedelta(0) <= row.before <= LONGEST_BEFORE:
        raise SkillError(_("A reminder may come up to a year before its time."))
    if row.rule:
        check_rule(row.rule)
    try:
        coming = list(row.upcoming(now, COMPARED if row.rule else 1))
    except (ValueError, OverflowError):
        raise SkillError(_("I cannot follow that series. Please say it in other words.")) from None
    if not coming:
        if not row.rule and moment_of(row.local, row.zone) > now:
            raise SkillError(_("The reminder would come before now."))
        raise SkillError(_("That time is over."))
    if any(later - earlier < LEAST_GAP for earlier, later in pairwise(coming)):
        raise SkillError(_("I remind at most every five minutes."))
    row.aim(coming[0])
