"""Writes notices in the language of their target, and as JSON for webhooks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.models import AlarmNotice
from bots.monitoring import conditions

MOST_LINES = 10
_DAY_S = 86400


def shown(value: float, unit: str) -> str:
    """Returns a value with its unit, in the language in force."""
    if unit == conditions.STATE:
        return "–"
    if unit == "%":
        return f"{100 * value:.4g} %"
    if unit == "days":
        days = int(value // _DAY_S)
        return ngettext("%(n)s day", "%(n)s days", abs(days)) % {"n": days}
    if unit == "s":
        return span(timedelta(seconds=value))
    return f"{value:g}"


def span(length: timedelta) -> str:
    """Returns a length of time in its largest units."""
    seconds = length.total_seconds()
    if abs(seconds) < 10:
        return _("%(n)s s") % {"n": f"{seconds:.3g}"}
    whole = round(abs(seconds))
    if whole < 120:
        return _("%(n)s s") % {"n": whole}
    if whole < 7200:
        return _("%(n)s min") % {"n": whole // 60}
    return _("%(n)s h") % {"n": whole // 3600}


def subject_line(notice: AlarmNotice) -> str:
    """Returns the one-line summary of a notice."""
    with translation.override(notice.target.language):
        names = [_name(entry) for entry in notice.entries]
        if notice.kind == AlarmNotice.Kind.TEST:
            return _("[Clawdbot] Test: alarms reach this target")
        head = str(AlarmNotice.Kind(notice.kind).label)
        rest = ngettext("and %(n)s more", "and %(n)s more", len(names) - 1) % {"n": len(names) - 1}
        text = f"[Clawdbot] {head}: {names[0]}" + (f" ({rest})" if len(names) > 1 else "")
        return " ".join(text.split())[:200]


def body(notice: AlarmNotice) -> str:
    """Returns the text of a notice."""
    with translation.override(notice.target.language):
        if notice.kind == AlarmNotice.Kind.TEST:
            return _("This is a test from the page of the alarm target. Nothing is wrong.")
        lines = [_line(entry, notice.kind) for entry in notice.entries[:MOST_LINES]]
        if (more := len(notice.entries) - MOST_LINES) > 0:
            lines.append(ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more})
        if settings.CLAWDBOT.web.public_url:
            lines.append(f"{settings.CLAWDBOT.web.public_url.rstrip('/')}/admin/bots/alarm/")
        return "\n\n".join(lines)


def _name(entry: dict[str, Any]) -> str:
    known = conditions.known(entry["code"])
    text = str(known.text) if known else str(entry["code"])
    return f"{text}: {entry['subject']}" if entry["subject"] else text


def _line(entry: dict[str, Any], kind: str) -> str:
    known = conditions.known(entry["code"])
    unit = known.unit if known else ""
    since = datetime.fromisoformat(entry["since"])
    if kind == AlarmNotice.Kind.RECOVERED:
        until = datetime.fromisoformat(entry["until"]) if entry["until"] else timezone.now()
        return _("%(what)s – over after %(time)s.") % {"what": _name(entry), "time": span(until - since)}
    values = {
        "what": _name(entry),
        "value": shown(entry["value"], unit),
        "limit": shown(entry["threshold"], unit),
        "since": timezone.localtime(since).strftime("%Y-%m-%d %H:%M %Z"),
    }
    shape = _("%(what)s – %(value)s, the limit is %(limit)s, since %(since)s.")
    line = (_("%(what)s – since %(since)s.") if unit == conditions.STATE else shape) % values
    return f"{line}\n{known.mend}" if known else line


def as_json(notice: AlarmNotice) -> dict[str, Any]:
    """Returns what a webhook gets; `id` is the same for each try."""
    return {
        "id": notice.key,
        "kind": notice.kind,
        "at": notice.created_at.isoformat(),
        "title": subject_line(notice),
        "text": body(notice),
        "alarms": notice.entries,
    }
