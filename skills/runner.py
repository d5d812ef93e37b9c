"""Finds the skill that a message calls and runs it with a time limit. Every outcome yields a text for the person."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils import translation

from clawdbot.chinese import simplified
from clawdbot.files import File
from clawdbot.redaction import redact
from clawdbot.skills import AskPerson, Context, Parameter, SkillError, answers
from clawdbot.skills.effects import needs_approval
from clawdbot.storable_text import storable
from skills import catalogue, execution, limits, parameters, registry, skill_tools, wording
from skills.catalogue import Entry
from skills.choosing import Match, match
from skills.journal import UNKNOWN_RESULT
from skills.models import ERROR_LENGTH, SkillRun
from skills.tool_types import ToolResult

__all__ = ["Match", "Needs", "SkillResult", "descriptions", "fits", "is_choice", "match", "restore", "run", "takes"]

logger = logging.getLogger(__name__)

CONFIRMED = "_confirmed"
"""Name of the answer to the question for a yes, among the values of a match."""
YES = frozenset(
    {"yes", "y", "ok", "sure", "yes please", "go ahead", "是", "是的", "好", "好的", "确认", "确定", "可以", "行"}
)


@dataclass(frozen=True, slots=True)
class Needs:
    """A missing value: the question to ask, and the state (JSON) to keep for `restore`."""

    slot: str
    question: str
    match: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a call would do.

    Attributes:
        values: The parameters that are known.
        question: What the person is asked first; "" when the skill runs at once.
        preview: What the call would do, in the skill's words.
    """

    values: Mapping[str, Any]
    question: str
    preview: str


@dataclass(frozen=True, slots=True)
class SkillResult:
    """Outcome of a run. `text` can be empty only if `needs` is set (ask its question) or `parts` are all files.

    Attributes:
        parts: Texts and files in order, if the skill answered with files.
        record: The run's row, unsaved, for the caller to store with the answer; None for a question.
        buttons: Texts of the buttons under the answer or question.
    """

    text: str
    ok: bool
    needs: Needs | None = None
    ms: float = 0.0
    parts: tuple[str | File, ...] = ()
    record: SkillRun | None = None
    buttons: tuple[str, ...] = ()


def restore(bot_id: int, kept: Mapping[str, Any], text: str) -> Match | None:
    """Continues the skill of a `Needs` with `text` as the answer; None when the bot no longer has the skill."""
    entry = next((entry for entry in catalogue.entries(bot_id) if entry.skill_id == kept.get("skill")), None)
    if entry is None:
        return None
    return Match(
        bot_id=bot_id,
        entry=entry,
        trigger=str(kept.get("trigger", "")),
        text=str(kept.get("text", "")),
        rest=str(kept.get("rest", "")),
        values={**kept.get("values", {}), str(kept.get("slot", "")): text.strip()},
        answer=str(kept.get("slot", "")),
    )


def is_choice(found: Match) -> bool:
    """Returns whether the answer to the question of a form is a choice, whatever else its words mean."""
    parameter = _asked_for(found)
    return parameter is not None and bool(parameter.choices) and _takes(parameter, found)


def fits(found: Match) -> bool:
    """Returns whether the answer to the question of a form is a valid value; True for an undeclared parameter."""
    parameter = _asked_for(found)
    return parameter is None or _takes(parameter, found)


def takes(found: Match, text: str) -> str | None:
    """Returns the latest parameter that has a value and would take the text; never the one that is asked for.

    A parameter without choices and validator would take any text, so it takes none.
    """
    try:
        declared = registry.declared(found.entry.module).parameters
    except registry.SkillUnavailable:
        return None
    for one in reversed(declared):
        known = one.name in found.values and one.name != found.answer and (one.choices or one.validator is not None)
        if known and _takes(one, replace(found, values={one.name: text}, answer=one.name)):
            return one.name
    return None


def _asked_for(found: Match) -> Parameter | None:
    try:
        declared = registry.declared(found.entry.module).parameters
    except registry.SkillUnavailable:
        return None
    return next((parameter for parameter in declared if parameter.name == found.answer), None)


def _takes(parameter: Parameter, found: Match) -> bool:
    try:
        parameter.check(str(found.values[found.answer]))
    except Exception:  # a validator is third-party code; `run` records what it raises
        return False
    return True


def descriptions(bot_id: int, language: str = "en") -> list[str]:
    """Returns one line per skill of the bot: what it does and examples of its trigger words."""
    with translation.override(language):
        return [
            wording.described(entry.help_in(language), entry.triggers, language)
            for entry in catalogue.entries(bot_id)
            if entry.triggers
        ]


def run(found: Match, context: Mapping[str, Any]) -> SkillResult:
    """Runs the skill and writes no row. Never raises: the record holds an error, and the text is an apology.

    Args:
        found: A result of `match` or `restore`.
        context: Uses "language" and "conversation_id". The skill gets all of it, plus "parameters", "config", "trigger"
            and "text" (the whole first message).
    """
    language = str(context.get("language", "en"))
    with translation.override(language):
        return _run(found, context, language)


def _run(found: Match, context: Mapping[str, Any], language: str) -> SkillResult:
    started = time.perf_counter()
    error: Exception | None = None
    parts: tuple[str | File, ...] = ()
    buttons: tuple[str, ...] = ()
    try:
        given = _complete(found)
        if (unsure := _confirmation(found, given, context, started)) is not None:
            return unsure
        text, parts, buttons = _called(found, given, context)
    except parameters.Missing as missing:
        return _needs(found, missing, language, started)
    except _Unfit as unfit:
        return _asked_again(found, unfit, language, started)
    except AskPerson as asks:
        kept = replace(found, values={**found.values, **asks.keep})
        return replace(_question(kept, Parameter(asks.name), str(asks), started), buttons=asks.buttons)
    except SkillError as told:
        error, text = told, storable(str(told)) or wording.failed(found.name)
    except limits.TooSlow as slow:
        error, text = slow, wording.too_slow(found.name)
    except registry.SkillUnavailable as gone:
        error, text = gone, wording.unavailable(found.name)
    except Exception as raised:  # no exception of third-party code may leave the person without an answer
        logger.warning("skill %s failed", found.name, exc_info=raised)
        error, text = raised, wording.failed(found.name)
    ms = (time.perf_counter() - started) * 1000
    record = _record(found, context.get("conversation_id"), error, ms)
    return SkillResult(text, error is None, None, ms, parts, record, buttons)


def _called(found: Match, given: Mapping[str, Any], context: Mapping[str, Any]) -> answers.Read:
    """Makes the call; one that cannot be taken back is written down before and after it. Raises what it raises."""

    def make() -> answers.Read:
        return execution.call(found.entry, given, context, trigger=found.trigger, text=found.text)

    once = context.services.once if isinstance(context, Context) else None
    effects = skill_tools.effects_of_entry(found.entry)
    if once is None or not needs_approval(effects):
        return make()
    raised: list[Exception] = []

    def run() -> ToolResult:
        try:
            read = make()
        except Exception as error:  # it has happened or not; the row must not stay open
            raised.append(error)
            return ToolResult(type(error).__name__, ok=False)
        return ToolResult(read.text, parts=read.parts or (read.text,))

    arguments = {name: value if _is_plain(value) else str(value) for name, value in given.items()}
    idempotent = bool(getattr(registry.load(found.entry.module), "idempotent", False))
    result = once(found.name, effects, arguments, run, idempotent=idempotent)
    if raised:
        raise raised[0]
    if not result.ok:
        raise SkillError(wording.unsure(found.name) if result == UNKNOWN_RESULT else wording.failed(found.name))
    return answers.Read(result.text, tuple(result.parts) if any(isinstance(one, File) for one in result.parts) else ())


def plan(found: Match, context: Mapping[str, Any]) -> Plan:
    """Returns what `run` would do, without doing it. Never raises."""
    language = str(context.get("language", "en"))
    with translation.override(language):
        try:
            given = _complete(found)
            preview = execution.preview(found.entry, given, context)
            asks = _yes_question(found.entry, given, preview) if _confirms(found.entry) else ""
            return Plan(dict(given), asks, preview)
        except parameters.Missing as missing:
            asked = _needs(found, missing, language, 0.0)
        except _Unfit as unfit:
            asked = _asked_again(found, unfit, language, 0.0)
        except registry.SkillUnavailable:
            return Plan({}, "", wording.unavailable(found.name))
    return Plan(dict(found.values), asked.needs.question if asked.needs is not None else "", "")


def _complete(found: Match) -> dict[str, Any]:
    """Returns the checked parameters. Raises `parameters.Missing`, `_Unfit`, `SkillUnavailable`."""
    declared = registry.declared(found.entry.module).parameters
    values = _checked(declared, found)
    if not declared:
        return parameters.Given(_undeclared(found))
    return parameters.complete(declared, values)


def _confirms(entry: Entry) -> bool:
    return bool(getattr(registry.load(entry.module), "confirm", False))


def _confirmation(
    found: Match, given: Mapping[str, Any], context: Mapping[str, Any], started: float
) -> SkillResult | None:
    """Returns the question for a yes, or the answer to a no; None when the skill may run."""
    if not _confirms(found.entry):
        return None
    if CONFIRMED not in found.values:
        preview = execution.preview(found.entry, given, context)
        asked = _question(found, Parameter(CONFIRMED), _yes_question(found.entry, given, preview), started)
        return replace(asked, buttons=(wording.yes(), wording.no()))
    if simplified(str(found.values[CONFIRMED])).strip(parameters.EDGE).lower() in YES:
        return None
    return SkillResult(wording.not_done(), True, ms=(time.perf_counter() - started) * 1000)


def _yes_question(entry: Entry, given: Mapping[str, Any], preview: str) -> str:
    told = preview or wording.would_run(entry.name, {name: value for name, value in given.items() if _is_plain(value)})
    return f"{told}\n{wording.confirm()}"


class _Unfit(Exception):
    """The person's answer is no valid value of the parameter."""

    def __init__(self, parameter: Parameter, reason: str) -> None:
        super().__init__(reason)
        self.parameter, self.reason = parameter, reason


def _checked(declared: tuple[Parameter, ...], found: Match) -> dict[str, Any]:
    values = {name: value for name, value in found.values.items() if name != CONFIRMED}
    for parameter in declared:
        if isinstance(value := values.get(parameter.name), str):
            try:
                values[parameter.name] = parameter.check(value)
            except ValueError as error:
                if parameter.name == found.answer:
                    raise _Unfit(parameter, wording.unfit(error)) from None
                del values[parameter.name]
    return values


def _undeclared(found: Match) -> dict[str, Any]:
    values = {name: value for name, value in found.values.items() if name != CONFIRMED}
    return {"text": found.rest, "message": found.text, **values}


def _needs(found: Match, missing: parameters.Missing, language: str, started: float) -> SkillResult:
    declared = registry.declared(found.entry.module).parameters
    parameter = next((one for one in declared if one.name == missing.name), None)
    if parameter is None:
        question = wording.which(missing.name)
        return _question(found, Parameter(missing.name), question, started)
    asked = _question(found, parameter, parameter.question(language), started)
    return replace(asked, buttons=parameter.choices)


def _asked_again(found: Match, unfit: _Unfit, language: str, started: float) -> SkillResult:
    return _question(found, unfit.parameter, f"{unfit.reason}\n{unfit.parameter.question(language)}", started)


def _question(found: Match, parameter: Parameter, question: str, started: float) -> SkillResult:
    known = {name: value for name, value in found.values.items() if name != parameter.name and _is_plain(value)}
    kept = {
        "skill": found.entry.skill_id,
        "trigger": found.trigger,
        "text": found.text,
        "rest": found.rest,
        "values": known,
        "slot": parameter.name,
    }
    return SkillResult("", True, Needs(parameter.name, question, kept), (time.perf_counter() - started) * 1000)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))


def _record(found: Match, conversation_id: Any, error: Exception | None, ms: float) -> SkillRun:
    return SkillRun(
        skill_id=found.entry.skill_id,
        bot_id=found.bot_id,
        conversation_id=conversation_id,
        ok=error is None,
        error=type(error).__name__[:100] if error else "",
        detail=redact(storable(str(error)))[:ERROR_LENGTH] if error else "",
        ms=round(ms),
    )
