"""What a reminder must satisfy: how many, how often, how long, and a time that comes."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.models import Schedule
from bots.models.schedule import moment_of
from clawdbot.skills import SkillError
from clawdbot.storable_text import storable

MOST = 100  # open reminders of one person
LONGEST_TEXT = 1000  # characters
LEAST_GAP = timedelta(minutes=5)
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


def aim(row: Schedule, now: datetime) -> None:
    """Makes the first occurrence from now on the next one. Does not save.

    Raises:
        SkillError: The time is over, or the series is wrong or comes too often.
    """
    if not timedelta(0) <= row.before <= LONGEST_BEFORE:
        raise SkillError(_("A reminder may come up to a year before its time."))
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
