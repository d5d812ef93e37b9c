"""Shows the values of flows to people: dates in words, the labels of choices, yes and no."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django.utils.dateformat import format as formatted
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from bots.i18n import failure_texts
from clawdbot.flows import Collect, Flow, Text, Unfit, in_language
from clawdbot.reasons import Reason, why

_PLACE = re.compile(r"\{([A-Za-z][A-Za-z0-9_-]*)\}")
_LONGEST_LINE = 300


def value(step: Collect, content: Any, language: str) -> str:
    """Returns a stored value as people read it in the active language."""
    if content is None:
        return _("none given")
    if step.type == "yes_no":
        return _("yes") if content else _("no")
    if step.type == "choice":
        return next((choice.shown(language) for choice in step.choices if choice.value == content), str(content))
    if step.type == "date":
        return _day(date.fromisoformat(content))
    if step.type == "time":
        return time_format(time.fromisoformat(content), "H:i")
    if step.type == "datetime":
        moment = datetime.fromisoformat(content)
        return _("%(day)s, %(time)s") % {"day": _day(moment.date()), "time": time_format(moment.time(), "H:i")}
    if isinstance(content, float) and content.is_integer():
        return str(int(content))
    return str(content)


def _day(day: date) -> str:
    return _("%(weekday)s, %(day)s") % {"weekday": formatted(day, "l"), "day": date_format(day, "DATE_FORMAT")}


def lines(flow: Flow, slots: Mapping[str, Any], language: str) -> list[str]:
    """Returns one line per value that the person gave, in the order of the questions."""
    made = []
    for step in flow.collects():
        if (content := slots.get(step.slot)) is not None:
            said = " ".join(value(step, content, language).split())
            said = said if len(said) <= _LONGEST_LINE else f"{said[: _LONGEST_LINE - 1]}…"
            made.append(_("- %(name)s: %(value)s") % {"name": step.name(language), "value": said})
    return made


def filled(text: Text, flow: Flow, slots: Mapping[str, Any], language: str) -> str:
    """Returns the text in the language, with the values in the place of {slot}."""

    def content(match: re.Match[str]) -> str:
        step = flow.collect(match[1])
        return match[0] if step is None else value(step, slots.get(step.slot), language)

    return _PLACE.sub(content, in_language(text, language))


def question(step: Collect, flow: Flow, slots: Mapping[str, Any], language: str, *, choices: bool = True) -> str:
    """Returns the question of a slot, followed by its numbered choices."""
    asked = filled(step.question, flow, slots, language)
    if not step.choices or not choices:
        return asked
    listed = [f"{at}. {choice.shown(language)}" for at, choice in enumerate(step.choices, 1)]
    return "\n".join([asked, *listed])


def reason(unfit: Unfit, step: Collect, language: str) -> str:
    """Returns why an answer does not fit, as a sentence in the active language."""
    told = why(unfit)
    if isinstance(told, Reason) and told.code.startswith(("slot_at_", "slot_not_before", "slot_not_after")):
        params = {name: value(step, bound, language) for name, bound in told.params.items()}
        return failure_texts.describe(told.with_params(**params))
    return failure_texts.describe(told)
