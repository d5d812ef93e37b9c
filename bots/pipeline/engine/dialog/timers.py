"""Keeps the rows that time out open flows. The transaction that closes the turn writes them, so they fit its frames."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from functools import partial

from bots.models import DialogTimer
from bots.pipeline.engine.dialog import flow_catalogue, flow_words, frames
from bots.pipeline.engine.dialog.frames import Frame
from bots.pipeline.engine.turn import Turn
from clawdbot.chinese import simplified

State = DialogTimer.State
_RUNNING = (State.REMIND, State.PARK)


def follow(turn: Turn) -> None:
    """Lets the closing of the turn write the timer that fits the frames of then; call it after any change of a flow."""
    if not any(isinstance(write, partial) and write.func is _write for write in turn.staged):
        turn.staged.append(partial(_write, turn))


def park(turn: Turn, frame: Frame) -> int:
    """Sets a flow aside when the turn is closed. Returns for how many days the person can go on with it."""
    known = flow_catalogue.get(turn.bot.pk, frame.flow)
    days = known.definition.timeouts.keep_days if known is not None else 0
    if days:
        row = DialogTimer(
            conversation=turn.conversation,
            state=State.PARKED,
            due_at=turn.now + timedelta(days=days),
            keep_days=days,
            frame=asdict(frame),
        )
        turn.staged.append(row.save)
    return days


def take_parked(turn: Turn) -> Frame | None:
    """Returns a flow that was set aside, the latest first, if the message asks to go on; its row goes with the turn.

    Costs a query only when the message asks for that.
    """
    what = flow_words.goes_on(turn.text)
    if what is None:
        return None
    rows = DialogTimer.objects.filter(conversation=turn.conversation, state=State.PARKED).order_by("-id")
    for row in rows[: frames.DEEPEST * 2]:
        frame = frames.read(row.frame)
        if frame is not None and frame.by in (0, turn.person.pk) and _is_called(turn, frame, what):
            turn.staged.append(row.delete)  # type: ignore[arg-type]  # its result is not used
            return frame
    return None


def forget(turn: Turn) -> None:
    """Drops everything that is open or set aside in this conversation when the turn is closed."""
    turn.staged.append(partial(_forget, turn.conversation.pk))


def _forget(conversation_id: int) -> None:
    DialogTimer.objects.filter(conversation_id=conversation_id).delete()


def _write(turn: Turn) -> None:
    """Writes the timer of the flow on top; deletes it when there is none."""
    rows = DialogTimer.objects.filter(conversation=turn.conversation, state__in=_RUNNING)
    flow = next((frame for frame in reversed(frames.of(turn.conversation)) if frame.kind == "flow"), None)
    known = flow_catalogue.get(turn.bot.pk, flow.flow) if flow is not None else None
    if flow is None or known is None:
        rows.delete()
        return
    times = known.definition.timeouts
    reminds = times.remind_minutes > 0 and turn.group is None
    park_at = turn.now + timedelta(minutes=times.park_minutes)
    values = {
        "state": State.REMIND if reminds else State.PARK,
        "asked_in": flow.asked_in,
        "due_at": turn.now + timedelta(minutes=times.remind_minutes) if reminds else park_at,
        "park_at": park_at,
        "keep_days": times.keep_days,
    }
    if not rows.update(**values):
        DialogTimer.objects.create(conversation=turn.conversation, **values)


def _is_called(turn: Turn, frame: Frame, what: str) -> bool:
    known = flow_catalogue.get(turn.bot.pk, frame.flow)
    if known is None:
        return False
    names = (known.definition.name, *known.definition.title.values(), *known.triggers)
    return not what or any(what in simplified(name).lower() or simplified(name).lower() in what for name in names)
