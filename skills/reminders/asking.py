"""Settles the time of a reminder with the person: asks for what is missing, and reads the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from clawdbot import times
from clawdbot.skills import AskPerson, Context, SkillError
from clawdbot.skills.context import Scheduled
from clawdbot.times import Ask, Found, Instant, Recurrence, occurrences
from clawdbot.times.numerals import chinese, folded
from skills import time_words
from skills.reminders import requests, tasks

_HOURS = (9, 12, 18)
_CHOICE = re.compile(
    r"^(?:选|要|第)?\s*([1-9]|[一二三四])\s*(?:个|项|种|号)?[。.!！)]?$|^(?:the )?(first|second|third|fourth)(?: one)?[.!]?$"
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_HALVES = (
    (re.compile(r"^(?:早上|上午|早晨|凌晨|a\.?m\.?|(?:in the )?morning)[的。.]?$"), range(12)),
    (
        re.compile(r"^(?:下午|晚上|傍晚|p\.?m\.?|(?:in the )?(?:afternoon|evening)|at night|tonight)[的。.]?$"),
        range(12, 24),
    ),
)
_LENGTH = re.compile(
    r"\d+\s*(?:m|min|mins|minutes?|h|hours?|d|days?)\b|(?:半|\d+|[一二两三四五六七八九十]+)个?(?:小时|分钟|刻钟|天|钟头)"
)


@dataclass(frozen=True, slots=True)
class When:
    """A time without questions, and how long before it the reminder comes."""

    outcome: Instant | Recurrence
    lead: timedelta


def time_or_choice(text: str) -> str:
    """Checks an answer to "when?": a time, or the number of a choice.

    Raises:
        ValueError: It is neither.
    """
    plain = folded(text)[0].strip()
    if _CHOICE.match(plain) or any(half.match(plain) for half, _hours in _HALVES) or _find(text):
        return text
    raise ValueError(_("I see no time in that. For instance: tomorrow at 9, in 20 minutes."))


def _find(text: str) -> tuple[Found, ...]:
    return times.find_all(_as_time(text), now=datetime.now(UTC), zone="UTC")


def _as_time(text: str) -> str:
    """Returns an answer as a time: a bare length or number after "when?" is one."""
    return as_length(text) or (f"at {text.strip()}" if re.fullmatch(r"\s*\d{1,2}\s*", text) else text)


def as_length(text: str) -> str:
    """Returns a bare length of time as a distance from now: "10 min" is "in 10 min"; "" without one."""
    found = _LENGTH.search(folded(text)[0])
    if found is None or re.search(r"前|后|early|before|later|from now|\bin\b|每|every", folded(text)[0]):
        return ""
    return f"{found[0]}后" if re.search(r"[\u4e00-\u9fff]", found[0]) else f"in {found[0]}"


def begins_another(context: Context, given: dict[str, Any]) -> bool:
    """Returns whether the answer to "when?" is a request with a task of its own; then it replaces the open one."""
    answer = str(given.get("when") or "")
    asked = requests.read(answer) if given.get("said") and answer else None
    if asked is None or asked.action != requests.CREATE or not _task(context, answer).strip():
        return False
    given.update(request=answer, when="", said="", text="")
    return True


def plans(context: Context, given: dict[str, Any]) -> list[tasks.Planned]:
    """Returns the reminders that the words ask for, at least one.

    Raises:
        AskPerson: The words name no time.
    """
    answer, request, said = (str(given.get(name) or "") for name in ("when", "request", "said"))
    if said:
        return [
            tasks.Planned(_answered(context, said, answer, str(given.get("choices") or "")), _task(context, request))
        ]
    words = answer or request
    found = _all(context, _as_time(words) if answer else words)
    if not found:
        raise AskPerson("when", _("When should I remind you?"), said="-")
    if answer:
        return [tasks.Planned(found[0], _task(context, request))]
    chosen = times.find(words, now=context.now, zone=str(context.zone), language=context.language) or found[0]
    return tasks.plan(words, found, next(one for one in found if one.spans == chosen.spans))


def _task(context: Context, request: str) -> str:
    return tasks.task_of(request, _all(context, request)) if request else ""


def _all(context: Context, text: str) -> tuple[Found, ...]:
    return times.find_all(text, now=context.now, zone=str(context.zone), language=context.language)


def settled(context: Context, found: Found, given: dict[str, Any]) -> When:
    """Returns the time, or asks for what is missing or unclear.

    Raises:
        AskPerson: The person must say more.
    """
    outcome, lead = found.outcome, found.lead
    if isinstance(outcome, (Instant, Recurrence)):
        if outcome.has_time:
            return When(outcome, lead)
        choices = tuple(_at_hour(outcome, hour, context) for hour in _HOURS)
        said = time_words.describe(outcome, context.now, str(context.zone))
        question = _("At what time? %(when)s") % {"when": said}
        raise _ask(context, question, tuple(one for one in choices if one), found, given)
    raise _ask(context, _question(outcome), outcome.choices, found, given)


def _question(asked: Ask) -> str:
    match asked.code:
        case "past":
            return _("That time is over. When should I remind you?")
        case "vague":
            return _("When exactly should I remind you?")
        case "no_such_day":
            return _("There is no such day. When should I remind you?")
        case "too_often":
            return _("A reminder can come every five minutes at most. How often should it come?")
        case "lead_past":
            return _("There is not that much time left. When should I remind you?")
        case "lunar":
            return _("I cannot repeat a reminder by the lunar calendar. Shall I remind you once?")
        case "range":
            return _("On which day, and at what time?")
        case "series":
            return _("How often should I remind you? For instance: every two weeks on Monday at 9.")
        case "times_a_day":
            return _("At which times? For instance: every day at 9 and at 18.")
    return _("Which time do you mean?")


def _ask(
    context: Context,
    question: str,
    choices: Sequence[Instant | Recurrence],
    found: Found,
    given: dict[str, Any],
) -> AskPerson:
    lines = [
        f"{number}. {time_words.describe(choice, context.now, str(context.zone))}"
        for number, choice in enumerate(choices, 1)
    ]
    words = str(given.get("when") or given.get("request") or "")
    said = " ".join(words[begin:stop] for begin, stop in found.spans) or words
    labels = _labels(context, choices) or [""] * len(choices)
    kept = "\n".join(_kept(choice, found.lead, label) for choice, label in zip(choices, labels, strict=True))
    text = "\n".join([question, *lines])
    return AskPerson("when", text, buttons=labels, said=said or "-", choices=kept)


def _labels(context: Context, choices: Sequence[Instant | Recurrence]) -> list[str]:
    """Returns the texts of the buttons; none when two would be the same, or one no time to the validator."""
    labels = [time_words.brief(choice, context.now, str(context.zone)) for choice in choices]
    return labels if len(set(labels)) == len(labels) and all(map(_find, labels)) else []


def _kept(choice: Instant | Recurrence, lead: timedelta, label: str = "") -> str:
    rule = choice.rule if isinstance(choice, Recurrence) else ""
    seconds = str(int(lead.total_seconds()))
    return "|".join([choice.local.isoformat(), choice.zone, rule, str(int(choice.has_time)), seconds, label])


def _restored(text: str) -> list[Found]:
    made = []
    for kept in filter(None, text.split("\n")):
        local, zone, rule, has_time, lead = kept.split("|")[:5]
        at = datetime.fromisoformat(local)
        timed = has_time == "1"
        outcome = Recurrence(at, rule, zone, timed) if rule else Instant(at, zone, timed)
        made.append(Found(outcome, ((0, 1),), timedelta(seconds=int(lead))))
    return made


def _answered(context: Context, said: str, answer: str, kept: str) -> Found:
    """Reads the answer to a question: the number of a choice, what tells the choices apart, or a time."""
    choices = _restored(kept)
    plain = folded(answer)[0].strip()
    if (pressed := _pressed(answer, kept)) is not None:
        return choices[pressed]
    if (match := _CHOICE.match(plain)) and choices:
        number = _ORDINALS[match[2]] if match[2] else chinese(match[1])
        if number <= len(choices):
            return choices[number - 1]
    for half, hours in _HALVES:
        if half.match(plain):
            fitting = _of_half(choices, hours, context)
            if len(fitting) == 1:
                return fitting[0]
            if fitting:  # "pm" tells the half of the day, but not which of two days
                raise _ask(context, _question(Ask("ambiguous")), _outcomes(fitting), fitting[0], {"when": said})
    own = _all(context, _as_time(answer))
    if own and (fitting := [one for one in choices if _agrees(one, own[0])]) and len(fitting) == 1:
        return fitting[0]
    # With the words before it: "tomorrow" and then "at three".
    for words in (f"{said} {_as_time(answer)}", f"{_as_time(answer)} {said}"):
        joined = _all(context, words)
        if len(joined) == 1 and not isinstance(joined[0].outcome, Ask):
            return joined[0]
    if own:
        return own[0]
    raise AskPerson("when", _("When should I remind you?"), said=said, choices=kept)


def _pressed(answer: str, kept: str) -> int | None:
    """Returns the place of the choice whose button says the answer."""
    labels = [line.split("|")[5:] for line in kept.split("\n")]
    return labels.index([answer.strip()]) if answer.strip() and [answer.strip()] in labels else None


def _of_half(choices: Sequence[Found], hours: range, context: Context) -> list[Found]:
    """Returns the choices in this half of the day; when none is, those twelve hours away that are to come."""
    if fitting := [one for one in choices if _local(one).hour in hours]:
        return fitting
    moved = []
    for one in choices:
        outcome = one.outcome
        local = datetime.combine(_local(one).date(), time(_local(one).hour % 12 + hours[0], _local(one).minute))
        if isinstance(outcome, Instant) and occurrences.attach(local, outcome.zone) > context.now:
            moved.append(replace(one, outcome=replace(outcome, local=local)))
    return moved


def _outcomes(found: Sequence[Found]) -> list[Instant | Recurrence]:
    return [one.outcome for one in found if not isinstance(one.outcome, Ask)]


def _local(one: Found) -> datetime:
    assert not isinstance(one.outcome, Ask)  # noqa: S101 (made by `_restored`)
    return one.outcome.local


def _agrees(choice: Found, own: Found) -> bool:
    """Returns whether the answer names this choice: its day, or its moment."""
    if isinstance(own.outcome, Ask):
        return False
    same_day = own.outcome.local.date() == _local(choice).date()
    return same_day and (not own.outcome.has_time or own.outcome.local.time() == _local(choice).time())


def only_clear(found: Found) -> When | None:
    """Returns the time when nothing about it is open, else None."""
    outcome = found.outcome
    if isinstance(outcome, Ask) or not outcome.has_time:
        return None
    return When(outcome, found.lead)


def _at_hour(day: Instant | Recurrence, hour: int, context: Context) -> Instant | Recurrence | None:
    """Returns the time at an hour of its day; None when that is over."""
    local = datetime.combine(day.local.date(), time(hour))
    if isinstance(day, Instant):
        return Instant(local, day.zone) if occurrences.attach(local, day.zone) > context.now else None
    first = occurrences.after(local, day.rule, day.zone, context.now)
    return Recurrence(occurrences.wall(first, day.zone), day.rule, day.zone) if first else None


def default_task(context: Context, given: dict[str, Any], when: When) -> str:
    """Returns the text of a reminder whose words name no task.

    Raises:
        AskPerson: The words ask for a reminder of something.
    """
    words = folded(str(given.get("request") or ""))[0]
    if re.search(r"叫我|叫醒|喊我|闹钟|闹铃|倒计时|定时|\bwake\b|\balarm\b|\btimer\b", words):
        return _("It is time.")
    kept = _kept(when.outcome, when.lead)
    raise AskPerson("text", _("What should I remind you of?"), said="-", choices=kept, when="1")


def which_one(
    context: Context, found: Sequence[Scheduled], question: str, line: Callable[[Scheduled, Context], str]
) -> AskPerson:
    """Returns the question which of several reminders is meant."""
    return AskPerson("which", "\n".join([question, *(line(one, context) for one in found)]))


def moved(context: Context, one: Scheduled, words: str) -> Instant | Recurrence:
    """Returns the new time of a reminder; what the words do not name stays as it is.

    Raises:
        AskPerson: The words name no time, or several.
    """
    zone = str(context.zone)
    moment = one.next_at + one.before if one.next_at else occurrences.attach(one.local, one.zone)
    old = occurrences.wall(moment, zone)
    # An hour alone keeps the day: read beside the date it is one expression, and a day of its own is another.
    dated = _all(context, f"{old:%Y-%m-%d} {_as_time(words)}")
    alone = _all(context, _as_time(words))
    if not alone:
        raise AskPerson("when", _("To which time shall I move it?"))
    found = dated[0] if len(dated) == 1 and not isinstance(alone[0].outcome, Recurrence) else alone[0]
    outcome = found.outcome
    if isinstance(outcome, Ask):
        near = [choice for choice in outcome.choices if choice.has_time and choice.local.date() == old.date()]
        if len(near) != 1:
            said = [time_words.describe(choice, context.now, zone) for choice in outcome.choices]
            lines = [f"{number}. {one}" for number, one in enumerate(said, 1)]
            raise AskPerson("when", "\n".join([_question(outcome), *lines]), buttons=_labels(context, outcome.choices))
        return near[0]
    if not outcome.has_time:
        local = datetime.combine(outcome.local.date(), old.time())
        outcome = Instant(local, zone) if isinstance(outcome, Instant) else Recurrence(local, outcome.rule, zone)
    if occurrences.attach(outcome.local, outcome.zone) <= context.now:
        raise SkillError(_("That time is over."))
    return outcome
