"""/reminders: lists, changes, puts off and ends the person's reminders. The buttons below a reminder send it too."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bots.models import Person, Schedule, quiet_hours
from bots.models.schedule import moment_of, wall_of
from bots.pipeline.engine.ports.schedules import PersonSchedules
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot import times
from clawdbot.chinese import simplified
from clawdbot.skills import SkillError
from skills import time_words

LISTED = 20
SHOWN = 100  # characters of a text in the list
_WHICH = re.compile(r"(#?)(\d{1,15})(?:\s*(?:号|、|\.|:|：|,|，))?\s*")
_SPAN = re.compile(r"(\d{1,4})\s*(?:(minutes?|mins?|m|分钟|分)|(hours?|h|个?小时|个?钟头)|(days?|d|天))", re.IGNORECASE)
_LONGEST = timedelta(days=366)
Act = Callable[[PersonSchedules, Turn, str], str]


def run(turn: Turn, argument: str) -> Reply:
    """Answers the command."""
    verb, rest = _verb(argument)
    schedules = PersonSchedules(turn)
    act = _ACTS.get(verb)
    try:
        if act is not None:
            return Reply(act(schedules, turn, rest))
        return Reply(_("I don't understand that.") + "\n" + _usage() if argument else _list(schedules, turn))
    except LookupError:
        return Reply(_("You have no such reminder. /reminders lists them."))
    except SkillError as error:
        return Reply(str(error))


def _verb(argument: str) -> tuple[str, str]:
    """Splits "cancel 2" into verb and rest; Chinese needs no space between them."""
    text = simplified(argument.strip()).lower()
    for verb in sorted(_ACTS, key=len, reverse=True):
        if text.startswith(verb) and (not verb.isascii() or text[len(verb) : len(verb) + 1] in ("", " ", "#")):
            return verb, argument.strip()[len(verb) :].strip()
    return "", argument


def _usage() -> str:
    return _("/reminders cancel 2 · /reminders snooze 2 10m · /reminders change 2 TIME or TEXT")


def _list(schedules: PersonSchedules, turn: Turn) -> str:
    rows = schedules.rows()
    if not rows:
        return _("You have no reminders. Say for instance: remind me tomorrow at 9 to call Anna.")
    lines = [_("Your reminders, next first:"), *(f"- {line_of(row, turn)}" for row in rows[:LISTED])]
    if len(rows) > LISTED:
        lines.append(_("… and %(count)s more.") % {"count": len(rows) - LISTED})
    return "\n".join([*lines, "", _usage()])


def line_of(row: Schedule, turn: Turn) -> str:
    """Returns a reminder as one line: number, next time in the person's zone, text and how often it comes."""
    when = _("paused by the team") if row.next_at is None else said(row.next_at, turn)
    notes = [time_words.how_often(row.rule)] if row.rule else []
    occurrence = row.occurrence
    if occurrence is not None and row.before_s:
        notes.append(_("for %(when)s") % {"when": said(occurrence, turn)})
    if row.zone != str(turn.zone) and row.rule and occurrence is not None:
        there = date_format(occurrence.astimezone(zoneinfo.ZoneInfo(row.zone)), "TIME_FORMAT")
        notes.append(_("%(time)s in %(zone)s") % {"time": there, "zone": row.zone})
    text = " ".join(row.text.split())
    text = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
    return f"**{row.number}.** {when} – {text}" + (f" ({'; '.join(notes)})" if notes else "")


def said(moment: datetime, turn: Turn) -> str:
    """Returns a moment in the person's zone, with the day of the week."""
    there = moment.astimezone(turn.zone)
    return f"{date_format(there, 'D')} {date_format(there, 'DATETIME_FORMAT')}"


def _row(schedules: PersonSchedules, text: str) -> tuple[Schedule, str]:
    """Returns the named reminder and the words behind its number.

    Raises:
        LookupError: There is no such reminder, or no number.
    """
    found = _WHICH.match(text)
    if found is None:
        raise LookupError(text)
    key = int(found[2])
    return (schedules.by_key(key) if found[1] else schedules.find(key)), text[found.end() :].strip()


def _own(schedules: PersonSchedules, turn: Turn, text: str) -> tuple[Schedule, str]:
    """Returns what `_row` does, for an act that only its owner may do, and only before it is over."""
    row, rest = _row(schedules, text)
    if row.person_id != turn.person.pk or row.state not in Schedule.OPEN:
        raise LookupError(text)
    return row, rest


def _cancel(schedules: PersonSchedules, turn: Turn, text: str) -> str:
    if simplified(text).lower() in ("all", "全部", "所有"):
        rows = schedules.rows()
        for row in rows:
            schedules.cancel_row(row)
        return _("All reminders are cancelled: %(count)s.") % {"count": len(rows)}
    if not text and len(rows := schedules.rows()) == 1:
        text = str(rows[0].number)
    row, _rest = _own(schedules, turn, text)
    schedules.cancel_row(row)
    return _("Cancelled: %(text)s") % {"text": row.text[:SHOWN]}


def _snooze(schedules: PersonSchedules, turn: Turn, text: str) -> str:
    named = _WHICH.match(text)
    if named is not None and _SPAN.match(text) is None:
        row, text = _row(schedules, text)
    else:
        row = schedules.latest_row()
    until = _until(text, turn)
    if until is None:
        return _("Until when? For instance: /reminders snooze 2 10m")
    again = schedules.snooze_row(row, until)
    return _("I will remind you again: %(line)s") % {"line": line_of(again, turn)}


def _until(text: str, turn: Turn) -> datetime | None:
    """Returns the moment that "10m", "一小时后" or "tomorrow at 9" means; ten minutes for ""; None if unknown."""
    if not text:
        return turn.now + timedelta(minutes=10)
    span = _SPAN.search(text)
    if span is not None and not text[: span.start()].strip(" +") and len(text) - span.end() <= 2:
        count = int(span[1])
        length = timedelta(minutes=count) if span[2] else timedelta(hours=count) if span[3] else timedelta(days=count)
        return turn.now + length if timedelta(0) < length <= _LONGEST else None
    for words in (text, f"{text}后", f"in {text}"):  # a length of time alone, such as "半小时"
        found = times.find(words, now=turn.now, zone=str(turn.zone), language=turn.language)
        if found is not None and isinstance(found.outcome, times.Instant):
            return moment_of(wall_of(found.outcome.local), found.outcome.zone)
    return None


def _change(schedules: PersonSchedules, turn: Turn, text: str) -> str:
    row, wish = _own(schedules, turn, text)
    if not wish:
        return _("What shall I change? Write a time, or another text, behind the number.")
    found = times.find(wish, now=turn.now, zone=str(turn.zone), language=turn.language)
    if found is None:
        schedules.change_row(row, text=wish)
    elif isinstance(found.outcome, times.Ask) or not found.outcome.has_time:
        return _which(found.outcome, turn)
    else:
        rule = found.outcome.rule if isinstance(found.outcome, times.Recurrence) else None
        # A new hour for a series leaves it a series; a single moment for a single one too.
        schedules.change_row(row, local=found.outcome.local, rule=rule)
    return _("Changed: %(line)s") % {"line": line_of(row, turn)}


def _which(outcome: times.Outcome, turn: Turn) -> str:
    """Returns the question about a time that has no single meaning."""
    choices = [
        " ".join(filter(None, (said(moment_of(wall_of(one.local), one.zone), turn), _repeats(one))))
        for one in (outcome.choices if isinstance(outcome, times.Ask) else ())
        if one.has_time
    ]
    unclear = _("I don't know exactly when you mean. Please write day and hour.")
    return "\n".join([unclear, *(f"- {choice}" for choice in choices)])


def _repeats(one: times.Instant | times.Recurrence) -> str:
    return f"({time_words.how_often(one.rule)})" if isinstance(one, times.Recurrence) else ""


def _done(schedules: PersonSchedules, turn: Turn, text: str) -> str:
    row = _row(schedules, text)[0] if text else schedules.latest_row()
    schedules.mark_done(row)
    return _("Done ✓ %(text)s") % {"text": row.text[:SHOWN]}


def _resume(schedules: PersonSchedules, turn: Turn, text: str) -> str:
    row, _rest = _row(schedules, text)
    if row.person_id != turn.person.pk or row.state != Schedule.State.STOPPED:
        raise LookupError(text)
    schedules.resume(row)
    return _("It runs again: %(line)s") % {"line": line_of(row, turn)}


def _quiet(schedules: PersonSchedules, turn: Turn, text: str) -> str:
    hours = simplified(text).lower().replace("：", ":").replace(" ", "").replace("–", "-")
    hours = quiet_hours.OFF if hours in (quiet_hours.OFF, "关", "关闭") else hours
    try:
        quiet_hours.check(hours)
    except ValidationError as error:
        return " ".join(error.messages)
    if hours:
        turn.staged.append(partial(_keep_quiet_hours, turn.person.pk, hours))
        turn.person.quiet_hours = hours
    shown = turn.person.quiet_hours or turn.bot.quiet_hours or quiet_hours.USUAL
    if shown == quiet_hours.OFF:
        return _("There are no quiet hours.")
    return _("Quiet hours: %(hours)s. What is late waits until they end; the times you choose count always.") % {
        "hours": shown
    }


def _keep_quiet_hours(person_id: int, hours: str) -> None:
    Person.objects.filter(pk=person_id).update(quiet_hours=hours)


def _help(schedules: PersonSchedules, turn: Turn, text: str) -> str:
    return _usage()


_ACTS: dict[str, Act] = {
    **dict.fromkeys(("cancel", "delete", "remove", "取消", "删除", "删"), _cancel),
    **dict.fromkeys(("snooze", "later", "稍后", "推迟", "延后", "过会"), _snooze),
    **dict.fromkeys(("change", "edit", "move", "修改", "更改", "改", "改成"), _change),
    **dict.fromkeys(("done", "完成", "好了"), _done),
    **dict.fromkeys(("resume", "restart", "恢复", "继续"), _resume),
    **dict.fromkeys(("quiet", "免打扰"), _quiet),
    **dict.fromkeys(("help", "帮助"), _help),
    **dict.fromkeys(("list", "列表"), lambda schedules, turn, text: _list(schedules, turn)),
}
