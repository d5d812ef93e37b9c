"""Asks the person for a yes before a tool call that reaches beyond this chat, and reads the answer.

The yes is bound to one call with exactly these arguments: the row in the journal. It counts for 15 minutes, only from
the person who was asked, and only as the whole message.
"""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext as _

from bots.pipeline.engine.answer.tool_loop.calling import Question
from bots.pipeline.engine.dialog import frames
from bots.pipeline.engine.dialog.frames import Frame, Kind
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.chinese import simplified
from skills import journal
from skills.models import ToolCall

KIND = "approve"
_MARKS = " \t\n.,!?~。，！？～"
_YES = frozenset(
    {"yes", "y", "ok", "okay", "sure", "yes please", "do it", "go ahead", "allow", "是", "是的", "好", "好的", "可以"}
    | {"确认", "确定", "行", "对", "同意", "允许", "嗯", "没问题", "👍", "✅"}
)
_NO = frozenset(
    {"no", "n", "nope", "no thanks", "don't", "do not", "cancel", "stop", "不", "不要", "不用", "不行", "不可以", "否"}
    | {"别", "取消", "算了", "拒绝", "不同意", "不允许", "no thank you", "👎", "❌"}
)


def ask(turn: Turn, question: Question, text: str) -> None:
    """Opens the question; its call is stored together with it."""
    turn.staged.append(partial(journal.insert, question.row))
    frame = Frame(KIND, data={"key": question.row.idempotency_key, "text": text})
    if not frames.push(turn, frame):
        frames.leave(turn)
        frames.push(turn, frame)


def said_yes(text: str) -> bool | None:
    """Returns whether a message says yes or no to a question; None when it says something else."""
    word = simplified(text.strip().strip(_MARKS).lower().replace("’", "'"))
    return True if word in _YES else False if word in _NO else None


def _take(turn: Turn, frame: Frame) -> Reply | None:
    frames.pop(turn)
    row = ToolCall.objects.filter(idempotency_key=frame.data.get("key"), conversation=turn.conversation).first()
    answer = said_yes(turn.text) if not turn.passed_on else None
    if row is None or row.asked_person != turn.person.pk:
        return None
    if answer is None:
        turn.staged.append(partial(journal.drop, row.pk))
        return None
    # A repeated turn finds its own decision.
    if row.state == ToolCall.State.WAITING and not journal.decide(
        row, allowed=answer, by=journal.PERSON, now=turn.now, inbound_id=turn.inbound_id
    ):
        journal.expire(row)
    turn.goes_on = row.begun_by
    return None


def _question(turn: Turn, frame: Frame) -> str:
    return str(frame.data.get("text", ""))


def _choices(turn: Turn, frame: Frame) -> tuple[str, ...]:
    return (_("Yes"), _("No"))


frames.register(KIND, Kind(take=_take, question=_question, choices=_choices))
