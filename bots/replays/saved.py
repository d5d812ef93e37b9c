"""Asks a saved question: what was said before it, then the question itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bots.models import Bot, EvaluationCase
from bots.replays import past_turns, repeating
from bots.replays.repeating import Answer, Change
from memory.types import RecentTurn


def ask(case: EvaluationCase, bot: Bot, change: Change, stop: Callable[[], bool]) -> Answer:
    """Returns the answer to the question. The bot answers earlier messages of the person that have no answer.

    Raises:
        Stopped: `stop` returned True meanwhile.
    """
    said: list[RecentTurn] = []
    earlier = [one for one in case.earlier if isinstance(one, Mapping)]
    for place, one in enumerate(earlier):
        role, text = str(one.get("role")), str(one.get("text") or "")
        follows = earlier[place + 1] if place + 1 < len(earlier) else {}
        if role == "user" and follows.get("role") != "assistant":
            before = _asked(bot, text, said, change, stop)
            if before.error:
                return before
            said.append(_said(said, role, text))
            said.append(_said(said, "assistant", before.text))
        else:
            said.append(_said(said, role, text))
    return _asked(bot, case.question, said, change, stop)


def _asked(bot: Bot, text: str, said: list[RecentTurn], change: Change, stop: Callable[[], bool]) -> Answer:
    turn = past_turns.of_text(bot, text, tuple(said))
    if turn.past is not None:
        turn.past.live_readers = change.live_readers
    return repeating.answer(turn, change, stop)


def _said(before: list[RecentTurn], role: str, text: str) -> RecentTurn:
    return RecentTurn(-1 - len(before), 0, role, "", text)  # a negative id is that of no message
