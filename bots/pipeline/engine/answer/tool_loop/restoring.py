"""Goes on with a loop from its journal: after a crash, after a wait for a model, and after a yes."""

from __future__ import annotations

from itertools import groupby

from bots.pipeline.engine.answer.tool_loop.calling import Caller
from bots.pipeline.engine.answer.tool_loop.limits import Budget
from bots.pipeline.engine.answer.tool_loop.rounds import Made, Round, Rounds
from skills import journal
from skills.models import ToolCall

# Round 0 of an event is what the dialog itself called: a skill by its words, a step of a flow.
FIRST = 1


def restore(begun_by: int, caller: Caller, rounds: Rounds, budget: Budget) -> int:
    """Fills the rounds of a loop that has begun before; makes calls that are allowed by now. Queries: 1 without any.

    Returns:
        The number of the next round.
    """
    rows = [row for row in journal.of_loop(begun_by) if row.round >= FIRST and row.state != ToolCall.State.CANCELLED]
    for _number, group in groupby(rows, key=lambda row: row.round):
        made = []
        for row in group:
            result = caller.repeat(row)
            granted = caller.tools.get(row.tool)
            label = granted.tool.label if granted else row.tool
            budget.note_call(row.tool, row.arguments_hash, result.text, ok=result.ok)
            if result.direct and result.ok:
                caller.direct = result
            made.append(Made(row.idempotency_key[:9], row.tool, label, row.arguments, result, row.source))
        rounds.all.append(Round("", tuple(made)))
        budget.used_rounds += 1
    return rows[-1].round + 1 if rows else FIRST
