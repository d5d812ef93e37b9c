"""Chooses the tools that a turn offers to the model."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

from bots import llm
from bots.llm import candidates, routing, token_estimate
from bots.llm.types import ToolSpec
from bots.pipeline.engine.answer.tool_loop import meanings
from bots.pipeline.engine.turn import Turn
from clawdbot.chinese import simplified
from memory.types import Vector
from skills import tools
from skills.tool_types import Tool
from skills.tools import Granted

MOST = 30
SHARE = 3  # of a context window: a third of it at most is tools
_LONGEST_DESCRIPTION = 1024
_MOST_KEPT = 1024
_WORD = re.compile(r"[a-z0-9]{2,}|[\u3400-\u9fff]")

# By id of the tool, which the entry keeps alive: its spec and the tokens of that. Tools live two seconds.
_offers: dict[int, tuple[Tool, ToolSpec, int]] = {}


def of_turn(turn: Turn) -> tuple[Granted, ...]:
    """Returns all tools that this person may use in this chat; none when no configured model takes tools.

    An ordinary turn pays no query: tools and their settings are read every two seconds.
    """
    if not turn.bot.tools_enabled or not any(map(llm.takes_tools, routing.of_bot(turn.bot.pk))):
        return ()
    return tools.granted(turn.bot.pk, turn.language, staff=turn.staff, group=turn.group is not None)


def nearest(found: Sequence[Granted], question: str, vector: Vector | None) -> tuple[Granted, ...]:
    """Returns the tools that a prompt has room for: at most `MOST`, and at most a share of the smallest context window.

    Those nearest to the question stay, by words and by meaning, in their usual order.
    """
    costs = {one.tool.name: _offer(one.tool)[2] for one in found}
    room = min((target.context_tokens for target in candidates.configured()), default=0) // SHARE
    if len(found) <= MOST and sum(costs.values()) <= room:
        return tuple(found)
    wanted = _words(question)
    meanings.learn([_described(one.tool) for one in found])
    scores = {
        one.tool.name: _overlap(wanted, one.tool) + 2.0 * meanings.likeness(_described(one.tool), vector)
        for one in found
    }
    kept: set[str] = set()
    for name in sorted(scores, key=lambda name: -scores[name])[:MOST]:
        if costs[name] <= room:
            kept.add(name)
            room -= costs[name]
    return tuple(one for one in found if one.tool.name in kept)


def offered(tools: Sequence[Granted]) -> tuple[list[ToolSpec], int]:
    """Returns the tools as a model sees them, and the tokens that they take in a prompt."""
    offers = [_offer(one.tool) for one in tools]
    return [spec for _tool, spec, _tokens in offers], sum(tokens for _tool, _spec, tokens in offers)


def clear_cache() -> None:
    """Forgets how long descriptions are."""
    _offers.clear()


def _offer(tool: Tool) -> tuple[Tool, ToolSpec, int]:
    kept = _offers.get(id(tool))
    if kept is None or kept[0] is not tool:
        spec = _spec(tool)
        kept = (tool, spec, token_estimate.estimate(json.dumps(spec.to_dict(), ensure_ascii=False)))
        if len(_offers) >= _MOST_KEPT:
            _offers.clear()
        _offers[id(tool)] = kept
    return kept


def _spec(tool: Tool) -> ToolSpec:
    # Some endpoints refuse an object without properties, and with it all tools.
    schema = {
        "type": "object",
        "properties": {},
        **{k: v for k, v in tool.schema.items() if not k.startswith("$schema")},
    }
    return ToolSpec(tool.name, tool.description[:_LONGEST_DESCRIPTION], schema)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(simplified(text.lower().replace("_", " "))))


def _overlap(wanted: frozenset[str], tool: Tool) -> float:
    said = _words(f"{tool.name} {tool.label} {tool.description}")
    return len(wanted & said) / math.sqrt(len(said) or 1)


def _described(tool: Tool) -> str:
    return f"{tool.name.replace('_', ' ')}: {tool.description[:300]}"
