"""Frames of flows: begins them, takes answers, asks again, and goes on with those that were set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from bots.models import Conversation, sql
from bots.pipeline.engine.dialog import (
    buttons,
    flow_answers,
    flow_catalogue,
    flow_run,
    forms,
    frames,
    restating,
    timers,
)
from bots.pipeline.engine.dialog.flow_catalogue import Called
from bots.pipeline.engine.dialog.flow_run import Run
from bots.pipeline.engine.dialog.frames import Frame, Kind
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.flows import Collect, Confirm
from clawdbot.flows.walk import refit
from clawdbot.skills import SkillError


def begin(turn: Turn, called: Called) -> Reply:
    """Starts a flow, or goes on with it if it is open already."""
    if (frame := frames.raise_to_top(turn, called.known.key)) is not None:
        frames.ask(turn, frame)
        run = Run(turn, frame, called.known)
        return flow_run.reply(run, restating.back_to(run.label(), flow_run.question(run)))
    run = flow_run.fresh(turn, called.known)
    if not frames.push(turn, run.frame):
        return forms.full(turn)
    flow_answers.prefill(run, called.rest)
    return flow_run.go_on(run)


def begin_by_model(turn: Turn, key: str, given: Mapping[str, Any]) -> Reply:
    """Starts a flow with the values that a model has read from the talk, or goes on with it if it is open already.

    Raises:
        SkillError: The bot no longer has the flow.
    """
    known = flow_catalogue.get(turn.bot.pk, key)
    if known is None:
        raise SkillError(_("This is not available any more."))
    if (frame := frames.raise_to_top(turn, key)) is not None:
        run = _of_this_version(Run(turn, frame, known))
    elif not frames.push(turn, (run := flow_run.fresh(turn, known)).frame):
        return forms.full(turn)
    flow_answers.prefill_by_model(run, given)
    reply = flow_run.go_on(run)
    if reply.skill_run is not None:
        turn.staged.append(partial(sql.insert, reply.skill_run))
    return reply


def go_on_with_parked(turn: Turn) -> Reply | None:
    """Goes on with what was set aside, if the message asks for it and there is something."""
    frame = timers.take_parked(turn)
    known = flow_catalogue.get(turn.bot.pk, frame.flow) if frame is not None else None
    if frame is None or known is None or not frames.push(turn, frame):
        return None
    run = _of_this_version(Run(turn, frame, known))
    run.frame.tries = 0
    run.said.append(_("Let us go on with %(what)s.") % {"what": run.label()})
    return flow_run.go_on(run)


@dataclass(frozen=True, slots=True)
class Open:
    """The open question of a flow; `meta` holds its buttons, as a message has them."""

    title: str
    question: str
    meta: dict[str, Any]


def open_question(conversation: Conversation, language: str) -> Open | None:
    """Returns the question of the flow on top, in the language, which must be active; None without one."""
    frame = next((one for one in reversed(frames.of(conversation)) if one.kind == "flow"), None)
    known = flow_catalogue.get(conversation.bot_id, frame.flow) if frame is not None else None
    if frame is None or known is None:
        return None
    question = flow_run.question_of(known.definition, frame, language)
    choices = flow_run.choices_of(known.definition, frame, language)
    return Open(
        known.definition.called(language), question, buttons.meta(choices, buttons.question_id(frame, question))
    )


def _take(turn: Turn, frame: Frame) -> Reply | None:
    if not turn.text.strip():  # files, or words of somebody else: no answer, and the question stays open
        return None
    known = flow_catalogue.get(turn.bot.pk, frame.flow)
    if known is None:
        frames.pop(turn)
        timers.follow(turn)
        return Reply(
            _("I am sorry, I can no longer go on with that: it has been taken out of service meanwhile."),
            remember=True,
            remember_answer=False,
        )
    run = _of_this_version(Run(turn, frame, known))
    step = run.step()
    if isinstance(step, Collect) and step.slot not in run.slots:
        return flow_answers.collected(run, step)
    if isinstance(step, Confirm):
        return flow_answers.confirmed(run, step)
    if step is None or isinstance(step, Collect):  # a new version no longer asks that
        return flow_run.go_on(run)
    return flow_answers.retried(run)


def _of_this_version(run: Run) -> Run:
    if run.frame.version != run.flow.version:
        kept = refit(run.flow, run.slots, run.around)
        ids = {run.flow.id_of(index) for index in range(len(run.flow.steps))}
        run.frame.slots, run.frame.version = kept, run.flow.version
        run.frame.data["done"] = [name for name in run.done if name in ids]
    return run


def _question(turn: Turn, frame: Frame) -> str:
    known = flow_catalogue.get(turn.bot.pk, frame.flow)
    if known is None:
        return ""
    timers.follow(turn)
    return flow_run.question(_of_this_version(Run(turn, frame, known)))


def _title(turn: Turn, frame: Frame) -> str:
    known = flow_catalogue.get(turn.bot.pk, frame.flow)
    return known.definition.called(turn.language) if known is not None else ""


def _choices(turn: Turn, frame: Frame) -> tuple[str, ...]:
    known = flow_catalogue.get(turn.bot.pk, frame.flow)
    return flow_run.choices_of(known.definition, frame, turn.language) if known is not None else ()


frames.register("flow", Kind(_take, _question, _title, _choices, stays=True))
