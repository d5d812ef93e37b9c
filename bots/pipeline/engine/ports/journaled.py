"""Makes the call of a skill that reaches the outside world once, whatever is killed when.

The journal of tool calls has a committed row before the call and its result after it, so a turn that is repeated takes
the result from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bots.pipeline.engine.turn import Turn
from clawdbot.skills.effects import Effects
from skills import journal
from skills.tool_types import ToolResult


class Once:
    """Makes calls of one turn; `skills.runner` uses it for skills with effects that cannot be taken back."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def __call__(
        self,
        name: str,
        effects: Effects,
        arguments: Mapping[str, Any],
        run: Callable[[], ToolResult],
        *,
        idempotent: bool,
    ) -> ToolResult:
        call = call_of(self._turn, "skill", name, effects, arguments)
        return journal.once(call, run, idempotent=idempotent, staged=lambda: len(self._turn.staged))


def call_of(turn: Turn, source: str, tool: str, effects: Effects, arguments: Mapping[str, Any]) -> journal.Call:
    """Returns the row of a call that the product makes, not a model."""
    return journal.Call(
        bot_id=turn.bot.pk,
        conversation_id=turn.conversation.pk,
        inbound_id=turn.inbound_id,
        begun_by=turn.inbound_id,
        round=0,
        place=0,
        tool=tool,
        source=source,
        effects=effects,
        arguments=arguments,
    )
