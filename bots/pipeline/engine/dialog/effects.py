"""Makes the effect of a flow: runs a skill, or posts the values to a signed webhook. Once, whatever is killed when.

The journal of tool calls has a committed row before the effect and its result after it (`skills.journal`). A turn that
is repeated takes the result from there. A webhook that was cut short is posted again with the same `Idempotency-Key`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from bots.pipeline.engine.dialog import shown
from bots.pipeline.engine.dialog.flow_catalogue import Known
from bots.pipeline.engine.dialog.frames import Frame
from bots.pipeline.engine.ports import context
from bots.pipeline.engine.ports.journaled import call_of
from bots.pipeline.engine.turn import Turn
from clawdbot.files import File
from clawdbot.flows import Act
from clawdbot.skills.effects import READS_ONLY, Effect
from skills import catalogue, flow_webhooks, journal, registry, runner, webhook_signing
from skills.models import SkillRun
from skills.tool_types import ToolResult

_OUTSIDE = frozenset({Effect.OUTSIDE})


@dataclass(slots=True)
class Outcome:
    """What an effect gave.

    Attributes:
        ok: Whether it happened.
        said: What to say of it, in order.
        problem: Why it did not happen, for the person.
        again: Whether another try may help.
        skill: Values of the reply that tell of a skill that ran.
    """

    ok: bool
    said: list[str | File] = field(default_factory=list)
    problem: str = ""
    again: bool = False
    skill: dict[str, Any] = field(default_factory=dict)


def make(turn: Turn, frame: Frame, known: Known, step_id: str, step: Act) -> Outcome:
    """Makes the effect of a step with the values of the frame."""
    if turn.past is not None:
        return Outcome(True, [_("(not called in a replay)")])
    key = f"{frame.data.get('key', '')}-{step_id}"
    if step.do == "webhook":
        return _webhook(turn, frame, known, key, step)
    return _skill(turn, frame, known, key, step)


def _webhook(turn: Turn, frame: Frame, known: Known, key: str, step: Act) -> Outcome:
    values = {name: value for name, value in frame.slots.items() if value is not None}
    name, sent = f"{known.definition.name}-{key[-40:]}", {"url": step.url, "values": values}
    call = call_of(turn, "webhook", name, _OUTSIDE, sent)
    result = journal.once(call, partial(_post, turn, known, key, step.url, values), idempotent=True)
    if not result.ok:
        sorry = _("I am sorry, that could not be passed on just now. Nothing is lost: your answers are still here.")
        return Outcome(False, problem=sorry, again=True)
    own = shown.filled(step.text, known.definition, frame.slots, turn.language)
    return Outcome(True, [own or result.text or _("Done, I have passed that on.")])


def _post(turn: Turn, known: Known, key: str, url: str, values: Mapping[str, Any]) -> ToolResult:
    """Posts the values; the receiver's `{"text": ...}` is what the person reads."""
    content = {
        "flow": known.definition.name,
        "version": known.definition.version,
        "values": values,
        "bot": turn.bot.slug,
        "person": turn.person.key,
        "language": turn.language,
    }
    secret = known.secret or webhook_signing.secret_of(turn.bot.slug)
    return flow_webhooks.post(url, content, secret=secret, key=key, public_only=known.public_only)


def _skill(turn: Turn, frame: Frame, known: Known, key: str, step: Act) -> Outcome:
    entry = next((one for one in catalogue.entries(turn.bot.pk) if _is_meant(one, known, step)), None)
    if entry is None:
        sorry = _("I am sorry, what I need for that is switched off at the moment. I noted it for the operator.")
        return Outcome(False, problem=sorry)
    given = {name: value for name, value in frame.slots.items() if value is not None}
    if step.parameters:
        given = {name: _parameter(text, frame.slots) for name, text in step.parameters.items()}
    # the flow has asked for the yes already
    match = runner.Match(turn.bot.pk, entry, "", turn.text, "", {**given, runner.CONFIRMED: "yes"})
    records: list[SkillRun] = []
    run = partial(_run, turn, match, key, records)
    effects = _OUTSIDE if step.effect else READS_ONLY
    call = call_of(turn, "skill", entry.name, effects, given)
    result = journal.once(call, run, idempotent=_is_idempotent(entry), staged=lambda: len(turn.staged))
    if result == journal.UNKNOWN_RESULT:
        return Outcome(False, problem=_unknown())
    values: dict[str, Any] = {"meta": {"skill": entry.name, "ok": result.ok}}
    if records:
        values["skill_run"] = records[0]
    own = shown.filled(step.text, known.definition, frame.slots, turn.language)
    if not result.ok:
        return Outcome(False, problem=result.text, again=True, skill=values)
    said: list[str | File] = [own] if own else []
    said += result.parts or ([result.text] if not own else [])
    return Outcome(True, said, skill=values)


def _is_idempotent(entry: catalogue.Entry) -> bool:
    try:
        return bool(getattr(registry.load(entry.module), "idempotent", False))
    except registry.SkillUnavailable:
        return False


def _is_meant(entry: catalogue.Entry, known: Known, step: Act) -> bool:
    return entry.skill_id == known.skill_id if step.skill in ("self", "") else entry.name == step.skill


def _parameter(text: str, slots: Mapping[str, Any]) -> Any:
    """Returns the value of a parameter: that of a slot as it is, or a text with values in it."""
    if text.startswith("{") and text.endswith("}") and text[1:-1] in slots:
        return slots[text[1:-1]]
    for name, value in slots.items():
        text = text.replace(f"{{{name}}}", "" if value is None else str(value))
    return text


def _run(turn: Turn, match: runner.Match, key: str, records: list[SkillRun]) -> ToolResult:
    entry = match.entry
    result = runner.run(match, context.build(turn, key=key, skill_id=entry.skill_id, timeout_s=entry.timeout_s))
    if result.record is not None:
        records.append(result.record)
    if result.needs is not None:
        return ToolResult(_("I am sorry, that needs a value which this form does not ask for."), ok=False)
    return ToolResult(result.text, result.ok, result.parts)


def _unknown() -> str:
    return _(
        "I was interrupted in the middle of it and do not know whether it went through. "
        "Please check before you ask me again; I noted it for the operator."
    )
