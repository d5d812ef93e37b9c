"""Asks the open question again, at the end of an answer to something else."""

from __future__ import annotations

import re
from dataclasses import replace

from django.utils.translation import gettext as _

from bots.pipeline.engine.dialog import buttons, frames
from bots.pipeline.engine.dialog.frames import Frame, Kind
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.flows.values import yes_or_no

MOST_QUESTIONS = 3
"""Questions of an answer to something else that are waited for, one after the other, before the own one comes again."""
_ASKS = re.compile(r"[?？][\s*_)）”\"」]*$")


def finish(turn: Turn, reply: Reply) -> Reply:
    """Returns the reply with the open question, if the turn was about something else, and with its buttons.

    An answer that itself ends with a question is left alone: the person's yes belongs to that question.
    """
    return buttons.offer(turn, _restated(turn, reply))


def _restated(turn: Turn, reply: Reply) -> Reply:
    frame = frames.top(turn)
    if frame is None or frame.asked_in == turn.inbound_id or reply.silent or reply.failure or reply.new_conversation:
        return reply
    if _asks(reply) and _waits(turn, frame):
        return reply
    if frame.kind == "talk":
        frames.pop(turn)
        if (frame := frames.top(turn)) is None:
            return reply
    kind = frames.kind_of(frame)
    if not (question := kind.question(turn, frame)):
        return reply
    frames.ask(turn, frame)
    return with_more(reply, back_to(kind.title(turn, frame), question))


def _waits(turn: Turn, frame: Frame) -> bool:
    """Lets the next message answer the question at the end of the reply. Returns False after several in a row."""
    if frame.kind != "talk":
        return frames.push(turn, Frame("talk", tries=1))
    if frame.tries >= MOST_QUESTIONS:
        return False
    frame.tries += 1
    frames.ask(turn, frame)
    return True


def back_to(title: str, question: str) -> str:
    """Returns the sentence that leads back, with the question as it was asked."""
    lead = _("Back to %(what)s:") % {"what": title} if title else _("Back to my question:")
    return f"{lead}\n{question}"


def with_more(reply: Reply, more: str) -> Reply:
    """Returns the reply with a paragraph at its end."""
    if (act := reply.act) is not None:  # its text is known only when it is done
        return replace(reply, act=lambda: f"{act()}\n\n{more}")
    text = "\n\n".join(filter(None, (reply.text, more)))
    return replace(reply, text=text, parts=(*reply.parts, more) if reply.parts else ())


def _asks(reply: Reply) -> bool:
    """Returns whether a model or a skill answered, and its answer ends with a question."""
    return (reply.completion is not None or reply.skill_run is not None) and _ASKS.search(reply.text) is not None


def _take(turn: Turn, frame: Frame) -> Reply | None:
    """Decides whose answer the message is: a bare yes or no is one to the question of the reply before.

    Anything else may answer the flow below, which decides that itself.
    """
    if yes_or_no(turn.text) is not None:
        return None
    frames.pop(turn)
    return frames.take(turn)


frames.register("talk", Kind(_take))
