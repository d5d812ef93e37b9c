"""Plays a flow without effects, for the editor: what the bot asks and says for the answers that were typed.

Questions, checks of the answers and the way through the steps are those of the running flow; corrections, digressions
and time-outs are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clawdbot.flows import Act, Collect, Confirm, Flow, HandOver, Say, Text, in_language
from clawdbot.flows.values import Surroundings, Unfit, read, yes_or_no
from clawdbot.flows.walk import path

MOST_ANSWERS = 60
_LEAVES = re.compile(r"\W*(?:cancel|stop|never ?mind|取消|算了|停止|不用了)\W*", re.IGNORECASE)
_SKIPS = re.compile(r"\W*(?:skip|none|nothing|no|-|跳过|没有|无|不用)\W*", re.IGNORECASE)
_SLOT = re.compile(r"\{([A-Za-z][\w-]*)\}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the trial. `who`: "bot", "person", or "note" for what would happen."""

    who: str
    text: str


@dataclass(slots=True)
class Trial:
    """A flow that is being played.

    Attributes:
        lines: What was said, in order.
        slots: The values so far.
        over: The flow has ended.
    """

    lines: list[Line] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)
    over: bool = False


def play(
    flow: Flow, answers: Sequence[str], *, now: datetime, language: str, told: Callable[[Exception], str] = str
) -> Trial:
    """Plays a flow with these answers.

    Args:
        flow: The flow.
        answers: What the person typed, in order.
        now: Aware; in the zone of the person.
        language: For instance "zh-hans".
        told: Says in the person's language why an answer does not fit.
    """
    trial, done = Trial(), set[str]()
    given = iter(list(answers)[:MOST_ANSWERS])
    around = Surroundings(now, language)
    while not trial.over:
        here = path(flow, trial.slots, done)[-1]
        if here >= len(flow.steps):
            trial.over = True
        elif isinstance(step := flow.steps[here], (Collect, Confirm)):
            if not _ask(flow, step, flow.id_of(here), trial, done, given, around, told):
                break
        else:
            _make(step, trial, language)
            done.add(flow.id_of(here))
    return trial


def _ask(
    flow: Flow,
    step: Collect | Confirm,
    name: str,
    trial: Trial,
    done: set[str],
    given: Iterator[str],
    around: Surroundings,
    told: Callable[[Exception], str],
) -> bool:
    """Asks one question and takes one answer. Returns False when there is none left."""
    trial.lines.append(Line("bot", _question(flow, step, trial, around.language)))
    if (text := next(given, None)) is None:
        return False
    trial.lines.append(Line("person", text))
    if _LEAVES.fullmatch(text):
        trial.lines.append(Line("note", _("The person left the flow; nothing happens.")))
        trial.over = True
    elif isinstance(step, Confirm):
        _confirmed(step, name, yes_or_no(text), trial, done)
    elif not step.required and _SKIPS.fullmatch(text):
        trial.slots[step.slot] = None
    else:
        try:
            trial.slots[step.slot] = read(step, text, around, trial.slots)
        except Unfit as unfit:
            trial.lines.append(Line("note", told(unfit)))
    return True


def _confirmed(step: Confirm, name: str, said: bool | None, trial: Trial, done: set[str]) -> None:
    if said:
        done.add(name)
    elif said is False:
        trial.lines.append(Line("note", _("The person said no; nothing happens.")))
        trial.over = True


def _question(flow: Flow, step: Collect | Confirm, trial: Trial, language: str) -> str:
    if isinstance(step, Collect):
        asked = in_language(step.question, language)
        choices = " / ".join(choice.shown(language) for choice in step.choices)
        return f"{asked} ({choices})" if choices else asked
    values = [
        f"- {one.name(language)}: {_shown(one, trial.slots[one.slot], language)}"
        for one in flow.collects()
        if trial.slots.get(one.slot) is not None
    ]
    return "\n".join([in_language(step.question, language) or _("Is that right?"), *values])


def _shown(step: Collect, value: Any, language: str) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return next((choice.shown(language) for choice in step.choices if choice.value == value), str(value))


def _make(step: Any, trial: Trial, language: str) -> None:
    if isinstance(step, Say):
        trial.lines.append(Line("bot", _filled(step.text, trial, language)))
        return
    if isinstance(step, Act) and step.do == "webhook":
        values = json.dumps({k: v for k, v in trial.slots.items() if v is not None}, ensure_ascii=False)
        note = _("Would post to %(url)s: %(values)s") % {"url": step.url, "values": values}
    elif isinstance(step, Act) and step.do == "skill":
        note = _("Would call the skill %(name)s.") % {"name": step.skill}
    elif isinstance(step, HandOver) or step.do == "hand_over":
        note = _("Would hand the conversation to a person of the team.")
    else:
        note = ""
    if note:
        trial.lines.append(Line("note", note))
    if step.text and (said := _filled(step.text, trial, language)):
        trial.lines.append(Line("bot", said))


def _filled(text: Text, trial: Trial, language: str) -> str:
    def value(found: re.Match[str]) -> str:
        known = trial.slots.get(found[1])
        return "" if known is None else str(known)

    return _SLOT.sub(value, in_language(text, language))
