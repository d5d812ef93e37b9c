"""The reminders of a person in their own words: new ones, the list, an end, another time, once more later."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clawdbot import times
from clawdbot.skills import BaseSkill, Context, Effect, NotMeant, Parameter, SkillError
from clawdbot.skills.context import Scheduled
from clawdbot.times import Instant, Recurrence, occurrences
from skills import time_words
from skills.reminders import asking, requests, tasks, which
from skills.reminders.asking import When

_SNOOZE = timedelta(minutes=10)
_LISTED = 20


class RemindersSkill(BaseSkill):
    """Creates, lists, changes, cancels and puts off reminders. The parser of `clawdbot.times` decides every time."""

    name = "reminders"
    description = "Reminders and alarms, once or in a series"
    help: ClassVar[dict[str, str]] = {"en": "Reminds you, once or again and again", "zh": "提醒你，一次或重复"}
    triggers = (
        *("提醒", "叫我", "叫醒", "喊我", "通知我", "闹钟", "闹铃", "倒计时", "定时", "改到", "改成", "推迟", "延后", "再睡"),
        *("remind", "reminder", "reminders", "reminding", "alarm", "timer", "wake me", "wake us", "snooze"),
        *("move it", "move that", "change it", "reschedule it", "postpone it", "make it"),
    )  # fmt: skip
    # Texts by language instead of gettext, as any skill author writes them.
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "action",
            required=False,
            choices=requests.ACTIONS,
            default=requests.CREATE,
            description="What to do with the person's reminders.",
        ),
        Parameter(
            "text",
            {"en": "What should I remind you of?", "zh": "要提醒你什么？"},
            required=False,
            description="What to remind the person of, in the person's words, without the time.",
        ),
        Parameter(
            "when",
            {"en": "When should I remind you?", "zh": "什么时候提醒你？"},
            required=False,
            validator=asking.time_or_choice,
            description=(
                "The time in the person's own words, unchanged, e.g. 'tomorrow at 3pm', '每个工作日早上9点', 'in 20 minutes', "
                "or ISO local time. Do not compute it. A lead belongs to it: 'tomorrow 3pm, 10 minutes early'."
            ),
        ),
        Parameter(
            "which",
            {"en": "Which reminder?", "zh": "哪一个提醒？"},
            required=False,
            description="For change, cancel and snooze: the number of the reminder, or words or the time that name it.",
        ),
    )
    effects = frozenset({Effect.READS, Effect.WRITES})
    idempotent = True  # what it stages is committed with the answer, or not at all

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        request = requests.read(text)
        if request is None:
            raise NotMeant
        return {"action": request.action, "request": text, "new": request.new}

    @classmethod
    def only_reads(cls, parameters: Mapping[str, Any]) -> bool:
        return parameters.get("action") == requests.LIST

    def execute(self, context: Context) -> str:
        given = dict(context.parameters)
        given.setdefault("request", "")
        acts: dict[str, Callable[[Context, dict[str, Any]], str]] = {
            requests.CREATE: _create,
            requests.LIST: _list,
            requests.CANCEL: _cancel,
            requests.CHANGE: _change,
            requests.SNOOZE: _snooze,
        }
        return acts[str(given.get("action") or requests.CREATE)](context, given)


def _create(context: Context, given: dict[str, Any]) -> str:
    replaced = asking.begins_another(context, given)
    plans = asking.plans(context, given)
    if len(plans) > 1:
        return _several(context, plans)
    planned = plans[0]
    when = asking.settled(context, planned.found, given)
    task = str(given.get("text") or planned.task).strip() or asking.default_task(context, given, when)
    added = _added(context, when, task)
    return (
        f"{added}\n{_('The reminder before it is not set, because it has no clear time yet.')}" if replaced else added
    )


def _several(context: Context, plans: list[tasks.Planned]) -> str:
    settled = [(asking.only_clear(one.found), one.task) for one in plans]
    if any(when is None for when, _task in settled):
        raise SkillError(
            _("I have set no reminder, because not every time is clear. Please say each with its day and hour.")
        )
    fallback = _("It is time.")
    return "\n".join(_added(context, when, task or fallback) for when, task in settled if when is not None)


def _added(context: Context, when: When, task: str) -> str:
    rule = when.outcome.rule if isinstance(when.outcome, Recurrence) else ""
    made = context.schedules.add(task, when.outcome.local, when.outcome.zone, rule, when.lead)
    said = time_words.describe(when.outcome, context.now, str(context.zone))
    values = {"when": said, "text": made.text}
    if when.lead:
        text = _("I will remind you %(lead)s before %(when)s: %(text)s") % {
            **values,
            "lead": time_words.length(when.lead),
        }
    elif rule:
        text = pgettext("a series", "I will remind you %(when)s: %(text)s") % values
    else:
        text = pgettext("once", "I will remind you %(when)s: %(text)s") % values
    return text + _zone_note(context)


def _zone_note(context: Context) -> str:
    """Says which zone is meant while the person's own is not known."""
    if context.get("time_zone_known", True):
        return ""
    return _(" (Times are in the zone %(zone)s.)") % {"zone": str(context.zone)}


def _list(context: Context, given: dict[str, Any]) -> str:
    known = context.schedules.all()
    if not known:
        return _("You have no reminders.")
    lines = [line(one, context) for one in known[:_LISTED]]
    if len(known) > _LISTED:
        lines.append(_("… and %(count)s more.") % {"count": len(known) - _LISTED})
    return "\n".join([_("Your reminders:"), *lines])


def line(one: Scheduled, context: Context) -> str:
    """Returns a reminder as one line of a list."""
    zone = str(context.zone)
    if one.next_at is None:
        when = "–"
    elif one.rule:
        local = occurrences.wall(one.next_at + one.before, one.zone)
        when = time_words.describe(Recurrence(local, one.rule, one.zone), context.now, zone)
    else:
        when = time_words.describe(Instant(occurrences.wall(one.next_at + one.before, zone), zone), context.now, zone)
    if one.before:
        when = _("%(lead)s before %(when)s") % {"lead": time_words.length(one.before), "when": when}
    return _("%(number)s. %(when)s: %(text)s") % {"number": one.number, "when": when, "text": one.text}


def _cancel(context: Context, given: dict[str, Any]) -> str:
    words = str(given.get("which") or given.get("request") or given.get("when") or given.get("text") or "")
    found = _named(context, words)
    if len(found) > 1 and not which.means_all(words):
        raise asking.which_one(context, found, _("Which one shall I cancel? Say its number, or “all”."), line)
    for one in found:
        context.schedules.cancel(one.number)
    return "\n".join(_("Cancelled: %(text)s") % {"text": one.text} for one in found)


def _named(context: Context, words: str) -> list[Scheduled]:
    known = context.schedules.all()
    if not known:
        raise SkillError(_("You have no reminders."))
    found = which.named(words, known, context.now, str(context.zone), context.language)
    if not found:
        raise SkillError(_("I find no such reminder.") + "\n" + _list(context, {}))
    return found


def _change(context: Context, given: dict[str, Any]) -> str:
    request, new = str(given.get("request") or ""), str(given.get("new") or "")
    old_words = str(given.get("which") or "") or ("" if new else _before_new(request))
    found = _named(context, old_words)
    if len(found) > 1:
        raise asking.which_one(context, found, _("Which one shall I change? Say its number."), line)
    one = found[0]
    words = str(given.get("when") or new or _after_new(request))
    if not words and given.get("text"):
        changed = context.schedules.change(one.number, text=str(given["text"]))
        return _("Changed: %(line)s") % {"line": line(changed, context)}
    outcome = asking.moved(context, one, words)
    rule = outcome.rule if isinstance(outcome, Recurrence) else None
    text = str(given["text"]) if given.get("text") else None
    zone = str(context.zone)
    local = occurrences.wall(occurrences.attach(outcome.local, outcome.zone), zone)
    context.schedules.change(one.number, text=text, local=local, rule=rule)
    said = time_words.describe(
        Recurrence(local, rule or one.rule, zone) if rule or one.rule else Instant(local, zone), context.now, zone
    )
    return _("Changed: %(text)s – %(when)s") % {"text": text or one.text, "when": said} + _zone_note(context)


_TO = re.compile(r"(?:改|推迟|延后|提前|挪|换|移|调)(?:到|成|为|至)|\b(?:to|until|till|for)\b", re.IGNORECASE)


def _before_new(request: str) -> str:
    found = _TO.search(request)
    return request[: found.start()] if found else request


def _after_new(request: str) -> str:
    found = _TO.search(request)
    return request[found.end() :] if found else ""


def _snooze(context: Context, given: dict[str, Any]) -> str:
    number = _number_of(context, given)
    words = str(given.get("when") or given.get("request") or "")
    until = _until(context, words)
    context.schedules.snooze(number, until)
    at = Instant(occurrences.wall(until, str(context.zone)), str(context.zone))
    return _("I will remind you again %(when)s.") % {"when": time_words.describe(at, context.now, str(context.zone))}


def _number_of(context: Context, given: dict[str, Any]) -> int:
    if named := str(given.get("which") or ""):
        if named.isdigit():
            return int(named)
        return _named(context, named)[0].number
    try:
        return context.schedules.latest().number
    except LookupError:
        raise SkillError(_("No reminder came lately that I could repeat.")) from None


def _until(context: Context, words: str) -> datetime:
    for text in (words, asking.as_length(words)):
        found = times.find(text, now=context.now, zone=str(context.zone), language=context.language) if text else None
        if found is not None and isinstance(found.outcome, Instant) and found.outcome.has_time:
            return occurrences.attach(found.outcome.local, found.outcome.zone)
    return context.now + _SNOOZE
