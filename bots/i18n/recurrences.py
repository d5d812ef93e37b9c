"""Says how often a series comes, in the active language."""

from __future__ import annotations

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clawdbot.times import occurrences

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKDAYS = frozenset(_DAYS[:5])


def describe(rule: str) -> str:
    """Returns a rule in words, e.g. "every weekday"; the rule itself where no words fit; "" for ""."""
    if not rule:
        return ""
    try:
        parts = occurrences.parts_of(rule)
        return _often(parts, int(parts.get("INTERVAL", "1"))) + _end(parts)
    except (KeyError, ValueError):
        return rule


def _often(parts: dict[str, str], every: int) -> str:
    often = _times(parts["FREQ"], every)
    match parts["FREQ"]:
        case "WEEKLY":
            return _weekly(parts.get("BYDAY", ""), often, every)
        case "MONTHLY":
            return _monthly(parts, often)
        case "YEARLY":
            return _yearly(parts, often)
    return often


def _times(frequency: str, every: int) -> str:
    once, often = {
        "MINUTELY": (_("every minute"), _("every %(n)s minutes")),
        "HOURLY": (_("every hour"), _("every %(n)s hours")),
        "DAILY": (_("every day"), _("every %(n)s days")),
        "WEEKLY": (_("every week"), _("every %(n)s weeks")),
        "MONTHLY": (_("every month"), _("every %(n)s months")),
        "YEARLY": (_("every year"), _("every %(n)s years")),
    }[frequency]
    return once if every == 1 else often % {"n": every}


def _weekly(days: str, often: str, every: int) -> str:
    if every == 1 and set(days.split(",")) == _WORKDAYS:
        return _("every weekday")
    return _("%(often)s on %(days)s") % {"often": often, "days": _named(days)} if days else often


def _monthly(parts: dict[str, str], often: str) -> str:
    if (day := parts.get("BYMONTHDAY")) is not None:
        if day == "-1":
            return _("%(often)s on the last day") % {"often": often}
        return _("%(often)s on day %(day)s") % {"often": often, "day": day}
    if days := parts.get("BYDAY"):
        sign, day = days[:-2], days[-2:]
        if "," in days or "BYSETPOS" in parts or sign not in {"1", "2", "3", "4", "5", "-1"}:
            raise ValueError(days)
        named = {"often": often, "day": _named(day), "n": sign}
        if sign == "-1":
            return _("%(often)s on the last %(day)s") % named
        return _("%(often)s on %(day)s number %(n)s") % named
    return often


def _yearly(parts: dict[str, str], often: str) -> str:
    month, day = parts.get("BYMONTH"), parts.get("BYMONTHDAY")
    if month is None or day is None:
        return often
    if day == "-1":
        return _("%(often)s on the last day of %(month)s") % {"often": often, "month": MONTHS[int(month)]}
    return _("%(often)s on %(month)s %(day)s") % {"often": often, "month": MONTHS[int(month)], "day": day}


def _named(days: str) -> str:
    """Returns the names of days such as "MO,WE"."""
    return _(", ").join(str(WEEKDAYS[_DAYS.index(day)]) for day in days.split(","))


def _end(parts: dict[str, str]) -> str:
    if count := parts.get("COUNT"):
        return ngettext(", %(n)s time", ", %(n)s times", int(count)) % {"n": count}
    if until := parts.get("UNTIL"):
        return _(", until %(day)s") % {"day": f"{until[:4]}-{until[4:6]}-{until[6:8]}"}
    return ""
