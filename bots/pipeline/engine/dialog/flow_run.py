"""A flow in the middle of a turn, and how it goes on: step by step, until the person is asked or the flow ends."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from bots.models import Conversation
from bots.pipeline.engine.dialog import effects, frames, shown, timers
from bots.pipeline.engine.dialog.flow_catalogue import Known
from bots.pipeline.engine.dialog.frames import Frame
from bots.pipeline.engine.ports import dialog as port
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.files import File
from clawdbot.flows import Act, Collect, Confirm, Flow, HandOver, Say
from clawdbot.flows.values import Surroundings
from clawdbot.flows.walk import path


@dataclass(slots=True)
class Run:
    """A flow and what this turn says for it.

    Attributes:
        said: Texts and files of the answer so far, in order.
        skill: Values of the reply that tell of a skill that ran.
    """

    turn: Turn
    frame: Frame
    known: Known
    said: list[str | File] = field(default_factory=list)
    skill: dict[str, Any] = field(default_factory=dict)

    @property
    def flow(self) -> Flow:
        return self.known.definition

    @property
    def slots(self) -> dict[str, Any]:
        return self.frame.slots

    @property
    def done(self) -> list[str]:
        """Ids of the steps without a value that are done."""
        done: list[str] = self.frame.data.setdefault("done", [])
        return done

    @property
    def around(self) -> Surroundings:
        return Surroundings(self.turn.now.astimezone(self.turn.zone), self.turn.language)

    def step(self) -> Any:
        """Returns the step that waits for the person; None when the flow no longer has it."""
        return _step(self.flow, self.frame)

    def label(self) -> str:
        return self.flow.called(self.turn.language)


def fresh(turn: Turn, known: Known) -> Run:
    """Returns a flow that begins with this turn."""
    # The key of its effects: the same in every repetition of the turn, another for every other run of the flow.
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"clawdbot:flow:{turn.inbound_id}:{known.key}").hex
    frame = Frame(known.key, known.definition.version, data={"done": [], "key": key})
    return Run(turn, frame, known)


def go_on(run: Run) -> Reply:
    """Does the steps up to the next question, and asks it. The frame must be on top."""
    while (index := path(run.flow, run.slots, set(run.done))[-1]) < len(run.flow.steps):
        step = run.flow.steps[index]
        name = run.flow.id_of(index)
        if isinstance(step, (Collect, Confirm)):
            return ask(run, name)
        if isinstance(step, HandOver) or (isinstance(step, Act) and step.do == "hand_over"):
            return _hand_over(run, step)
        if isinstance(step, Act) and step.do in ("skill", "webhook"):
            outcome = effects.make(run.turn, run.frame, run.known, name, step)
            run.skill = outcome.skill
            if not outcome.ok:
                return _failed(run, name, outcome)
            run.said += outcome.said
            if run.turn.conversation.state == Conversation.State.HUMAN:  # the skill has handed it over
                return reply(run)
            run.frame.data["locked"] = sorted(run.slots)
        elif isinstance(step, (Say, Act)):
            run.said.append(shown.filled(step.text, run.flow, run.slots, run.turn.language))
        run.done.append(name)
    return _ended(run)


def ask(run: Run, name: str) -> Reply:
    """Asks the question of a step."""
    if run.frame.step != name:
        run.frame.step, run.frame.tries = name, 0
    frames.ask(run.turn, run.frame)
    timers.follow(run.turn)
    return reply(run, question(run))


def question(run: Run) -> str:
    """Returns the open question, the same each time it is asked."""
    return question_of(run.flow, run.frame, run.turn.language)


def question_of(flow: Flow, frame: Frame, language: str) -> str:
    """Returns the open question of a frame in the language, which must be active."""
    step = _step(flow, frame)
    if isinstance(step, Collect):
        return shown.question(step, flow, frame.slots, language)
    if isinstance(step, Confirm):
        lead = shown.filled(step.question, flow, frame.slots, language) or _("Please check that this is right:")
        # a value on a path that was left again is not part of it
        kept = {slot: content for slot, content in frame.slots.items() if slot in _on_path(flow, frame)}
        # after an empty line: else the question would belong to the last value in markdown
        return "\n".join([lead, *shown.lines(flow, kept, language), "", _("Shall I go ahead? (yes / no)")])
    return _("Shall I try again? (yes / no)")


def choices_of(flow: Flow, frame: Frame, language: str) -> tuple[str, ...]:
    """Returns the texts of the buttons that answer the open question in the language, which must be active."""
    step = _step(flow, frame)
    yes_no = (_("Yes"), _("No"))
    if not isinstance(step, Collect):
        return () if isinstance(step, Confirm) and frame.tries else yes_no  # after a no it asks what is wrong
    found = tuple(choice.shown(language) for choice in step.choices) or (yes_no if step.type == "yes_no" else ())
    return found if step.required else (*found, _("Skip"))


def reply(run: Run, *more: str) -> Reply:
    """Returns the answer of the turn: what the steps said, and then `more`."""
    parts = [part for part in (*run.said, *more) if part]
    text = "\n\n".join(part.caption if isinstance(part, File) else part for part in parts)
    has_files = any(isinstance(part, File) for part in parts)
    values = {"meta": {}, **run.skill}
    meta = {"flow": run.flow.name, "step": run.frame.step, **values.pop("meta")}
    return Reply(
        text, parts=tuple(parts) if has_files else (), remember=True, remember_answer=False, meta=meta, **values
    )


def _step(flow: Flow, frame: Frame) -> Any:
    ids = {flow.id_of(index): step for index, step in enumerate(flow.steps)}
    return ids.get(frame.step)


def _on_path(flow: Flow, frame: Frame) -> set[str]:
    way = path(flow, frame.slots, set(frame.data.get("done", ())))
    steps = (flow.steps[index] for index in way if index < len(flow.steps))
    return {step.slot for step in steps if isinstance(step, Collect)}


def _failed(run: Run, name: str, outcome: effects.Outcome) -> Reply:
    if not outcome.again:
        frames.pop(run.turn)
        timers.follow(run.turn)
        return reply(run, outcome.problem)
    run.said.append(outcome.problem)
    return ask(run, name)


def _hand_over(run: Run, step: HandOver | Act) -> Reply:
    return hand_over(run, step.reason, shown.filled(step.text, run.flow, run.slots, run.turn.language))


def hand_over(run: Run, reason: str, text: str = "") -> Reply:
    """Hands the conversation to a person of the team. Everything that is open ends with it."""
    values = shown.lines(run.flow, run.slots, run.turn.language)
    port.hand_over(run.turn, "\n".join([reason or run.label(), *values]))
    timers.follow(run.turn)
    told = text or _(
        "I am handing you over to a person of our team. They see what you told me and will write to you here."
    )
    return reply(run, told)


def _ended(run: Run) -> Reply:
    frames.pop(run.turn)
    timers.follow(run.turn)
    return reply(run) if run.said else reply(run, _("Done, thank you."))
