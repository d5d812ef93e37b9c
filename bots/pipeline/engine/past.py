"""A past turn that is answered again, to compare answers (`bots.replays`): what it has in place of a present turn.

A repetition writes nothing and has no effect. No tool with an effect is called, and the journal gets no row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clawdbot.skills.effects import READS_ONLY, Effects
from memory.types import RecentTurn
from skills.tool_types import ToolResult

NOT_CALLED = ToolResult(
    "Not called in a replay: this past message is answered again to compare answers, so nothing was looked up and "
    "nothing was done. There is no result. Answer as far as you can without it."
)
RECORDED, LIVE, WITHHELD = "recorded", "live", "not called"


@dataclass(slots=True)
class Past:
    """What a repetition of a turn has in place of the present state.

    Attributes:
        recent: The messages of the conversation before the turn, oldest first.
        hidden: Ids of messages whose memories the turn cannot have had: its own and all later ones.
        recorded: Results of that turn's tool calls, by tool and hash of the arguments, in their order.
        skill: The name of the skill that answered the turn without a model; "" when none did.
        skill_text: Its answer.
        live_readers: Tools that only read are called when there is no recorded result.
        calls: The calls that the repetition made so far: tool, arguments, and where the result came from.
    """

    recent: tuple[RecentTurn, ...] = ()
    hidden: tuple[int, ...] = ()
    recorded: Mapping[tuple[str, str], Sequence[ToolResult]] = field(default_factory=dict)
    skill: str = ""
    skill_text: str = ""
    live_readers: bool = False
    calls: list[dict[str, Any]] = field(default_factory=list)
    _used: dict[tuple[str, str], int] = field(default_factory=dict)
    _sources: dict[str, str] = field(default_factory=dict)

    def result_of(self, key: str, tool: str, arguments_hash: str, effects: Effects) -> ToolResult | None:
        """Returns the result of a call: the recorded one, else that it was not made. None: a reader to be called.

        The same call made twice gets both recorded results, then the last one again.
        """
        same = (tool, arguments_hash)
        if found := self.recorded.get(same):
            place = self._used.get(same, 0)
            self._used[same] = place + 1
            self._sources[key] = RECORDED
            return found[min(place, len(found) - 1)]
        if self.live_readers and effects == READS_ONLY:
            self._sources[key] = LIVE
            return None
        self._sources[key] = WITHHELD
        return NOT_CALLED

    def note(self, key: str, tool: str, arguments: Mapping[str, Any], *, ok: bool) -> None:
        """Keeps a call for the comparison."""
        source = self._sources.get(key, "")
        self.calls.append({"tool": tool, "arguments": dict(arguments), "ok": ok, "result": source})
