"""Frames of skills: a skill lacks a parameter, and the next message answers its question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from bots.pipeline.engine.dialog import buttons, flow_words, frames, leaving
from bots.pipeline.engine.dialog.flow_answers import LISTED_FROM
from bots.pipeline.engine.dialog.frames import Frame, Kind
from bots.pipeline.engine.past import NOT_CALLED, Past
from bots.pipeline.engine.ports import context
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.flows import corrections
from clawdbot.skills.context import Context
from clawdbot.skills.effects import READS_ONLY
from skills import runner, skill_tools
from skills.parameters import is_sentence
from skills.tool_types import ToolResult

MAX_QUESTIONS = 3  # per skill; then the frame is dropped
BEFORE = "before"  # key of a frame's data: the values with which each of its questions was asked
PLAIN = (str, int, float, bool, type(None))
LONGEST_UNFIT = (5, 8)  # words, Chinese characters; a longer text that does not fit is no try to answer


def start_skill(turn: Turn, match: runner.Match) -> Reply:
    """Runs the skill, or asks for its missing parameters."""
    return _run(turn, match, None)


def _take(turn: Turn, frame: Frame) -> Reply | None:
    """Answers the question of a skill with the message."""
    match = runner.restore(turn.bot.pk, frame.data.get("match") or {}, turn.text)
    if match is None or (turn.passed_on and not turn.text):  # words of somebody else are no answer to a question
        frames.pop(turn)
        return None
    if not runner.is_choice(match):
        if (back := _back(turn, match, frame)) is not None:
            return back
        if leaving.cancels(turn.text):
            frames.pop(turn)
            return Reply(_dropped(match), remember=True, remember_answer=False)
        fits = runner.fits(match)
        if not fits and (corrected := _corrected(turn, match, frame)) is not None:
            return corrected
        unfit = is_sentence(turn.text, *LONGEST_UNFIT) and not fits
        if unfit or leaving.changes_subject(turn.text):
            frames.pop(turn)
            return None
    return _run(turn, match, frame)


def _back(turn: Turn, match: runner.Match, frame: Frame) -> Reply | None:
    """Answers the wish to go to the question before, or to the first one; None for any other message.

    `BEFORE` of the frame holds the values with which each question so far was asked, the open one last.
    """
    anew = flow_words.starts_over(turn.text)
    if not anew and not flow_words.goes_back(turn.text):
        return None
    asked = list(frame.data.get(BEFORE) or ())
    if len(asked) < 2:
        lead, to = _("This is the first question."), 1
    elif anew:
        lead, to = _("All right, from the beginning."), 1
    else:
        lead, to = _("All right, one question back."), len(asked) - 1
    # A question of a version that kept no values is asked with those that are known.
    values = (
        dict(asked[to - 1]) if asked else {key: known for key, known in match.values.items() if key != match.answer}
    )
    frame.data[BEFORE], frame.tries = asked[: to - 1], 0
    reply = _run(turn, replace(match, values=values, answer=""), frame)
    return replace(reply, text=f"{lead}\n\n{reply.text}", parts=(lead, *reply.parts) if reply.parts else ())


def _dropped(match: runner.Match) -> str:
    known = {name: value for name, value in match.values.items() if name != match.answer and not name.startswith("_")}
    told = _("All right, I dropped it.")
    if len(known) < LISTED_FROM:
        return told
    lines = [_("- %(name)s: %(value)s") % {"name": name, "value": value} for name, value in known.items()]
    return "\n".join([told, _("You had told me:"), *lines])


def _corrected(turn: Turn, match: runner.Match, frame: Frame) -> Reply | None:
    """Returns the answer to "no, twelve": another parameter gets the value. None: the message is no correction."""
    value = corrections.announced(turn.text)
    name = runner.takes(match, value) if value is not None else None
    if name is None:
        return None
    values = {key: known for key, known in match.values.items() if key != match.answer} | {name: value}
    reply = _run(turn, replace(match, values=values, answer=""), frame)
    changed = _("Changed – %(name)s: %(value)s.") % {"name": name, "value": value}
    return replace(reply, text=f"{changed}\n\n{reply.text}", parts=(changed, *reply.parts) if reply.parts else ())


def _run(turn: Turn, match: runner.Match, frame: Frame | None) -> Reply:
    entry = match.entry
    key = context.key_of(turn, f"skill:{entry.skill_id}")
    lent = context.build(turn, key=key, skill_id=entry.skill_id, timeout_s=entry.timeout_s, journaled=True)
    if turn.past is not None and (withheld := _of_past(turn.past, match, lent)) is not None:
        return withheld
    result = runner.run(match, lent)
    # The next parameter has its own tries.
    asked = frame.tries if frame is not None and result.needs is not None and result.needs.slot == match.answer else 0
    if result.needs is not None and asked < MAX_QUESTIONS:
        data = {
            "match": result.needs.match,
            "buttons": list(result.buttons),
            BEFORE: _asked_so_far(match, result, frame),
        }
        made = Frame(
            f"skill:{entry.skill_id}",
            step=result.needs.slot,
            slots=dict(result.needs.match.get("values") or {}),
            tries=asked + 1,
            data=data,
        )
        if frame is not None:
            frames.ask(turn, made)
        elif not frames.push(turn, made):
            return full(turn)
        return Reply(result.needs.question, remember=True, remember_answer=False, meta={"skill": match.name})
    if frame is not None:
        frames.pop(turn)
    text = result.text if result.needs is None else _("I could not make that out, so I dropped it.")
    return Reply(
        text,
        parts=result.parts,
        remember=True,
        remember_answer=False,
        skill_run=result.record,
        meta={"skill": match.name, "ok": result.ok, "ms": round(result.ms), **buttons.meta(result.buttons)},
    )


def _asked_so_far(match: runner.Match, result: runner.SkillResult, frame: Frame | None) -> list[dict[str, Any]]:
    """Returns the values with which each question was asked; the same question once more adds none."""
    before = list(frame.data.get(BEFORE) or ()) if frame is not None else []
    needs = result.needs
    if (
        frame is not None
        and needs is not None
        and before
        and _question_of(needs.match) == _question_of(frame.data["match"])
    ):
        return before
    plain = {name: value for name, value in match.values.items() if isinstance(value, PLAIN)}
    return [*before, plain]


def _question_of(kept: Mapping[str, Any]) -> tuple[Any, Any]:
    return kept.get("slot"), kept.get("values")


def _of_past(past: Past, match: runner.Match, lent: Context) -> Reply | None:
    """Returns what a skill answers in a repeated turn, without a run; None when it only reads and is to be run."""
    meta = {"skill": match.name}
    if question := runner.plan(match, lent).question:
        return Reply(question, meta=meta)
    effects = skill_tools.effects_of_entry(match.entry)
    key = match.entry.name
    if past.skill == key:
        recorded: ToolResult | None = ToolResult(past.skill_text)
    else:
        recorded = past.result_of(key, key, "", effects)
    past.note(key, key, {}, ok=True)
    if recorded is None and effects == READS_ONLY:
        return None
    text = recorded.text if recorded is not None and recorded is not NOT_CALLED else _("(not called in a replay)")
    return Reply(text, meta=meta)


def full(turn: Turn) -> Reply:
    """Returns the answer to a request that would open one thing too many."""
    return Reply(
        _("We have several things open already. Let us finish one of them first; “cancel” drops it."),
        remember=True,
        remember_answer=False,
    )


def _choices(turn: Turn, frame: Frame) -> tuple[str, ...]:
    return tuple(map(str, frame.data.get("buttons") or ()))


frames.register("skill", Kind(_take, choices=_choices))
