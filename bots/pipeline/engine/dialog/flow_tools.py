"""The flows of a bot as tools: the model starts one with the values that the person has said. A provider of tools.

A flow is a tool when it has a description. A call reaches nobody and changes nothing but the conversation: what the
flow does at its end has its own confirmation. Its first open question is the whole answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from bots.pipeline.engine.dialog import flow_catalogue
from bots.pipeline.engine.dialog.flow_catalogue import Known
from clawdbot.flows import Collect, in_language
from clawdbot.skills.context import Context
from clawdbot.skills.effects import Effect
from skills.tool_types import Tool, ToolResult

_WHEN = (
    " Begins a dialog that asks the person for each value that is missing. Give only values that the person has said."
)
_TYPES: Mapping[str, Mapping[str, str]] = {
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "yes_no": {"type": "boolean"},
    "date": {"type": "string", "description": "YYYY-MM-DD"},
    "time": {"type": "string", "description": "HH:MM"},
    "datetime": {"type": "string", "description": "YYYY-MM-DD HH:MM"},
}


def of_bot(bot_id: int, language: str) -> tuple[Tool, ...]:
    """Returns a tool for each flow of the bot that has a description."""
    return tuple(_tool(known, language) for known in flow_catalogue.of_bot(bot_id) if known.description)


def _tool(known: Known, language: str) -> Tool:
    flow = known.definition
    return Tool(
        name=flow.name,
        description=known.description.rstrip() + _WHEN,
        schema={
            "type": "object",
            "properties": {step.slot: _schema(step) for step in flow.collects()},
            "additionalProperties": False,
        },
        effects=frozenset({Effect.WRITES}),
        source="flow",
        source_id=known.number,
        label=flow.called(language),
        approval=False,
        idempotent=True,  # its writes go with the turn
        timeout_s=30.0,
        call=partial(_call, known.key),
    )


def _schema(step: Collect) -> dict[str, Any]:
    found: dict[str, Any] = dict(_TYPES.get(step.type, {"type": "string"}))
    if step.choices:
        found["enum"] = [choice.value for choice in step.choices]
    told = (in_language(step.question, "en"), found.get("description", ""))
    return found | {"description": " ".join(filter(None, told))}


def _call(key: str, arguments: Mapping[str, Any], context: Context) -> ToolResult:
    dialog: Any = context.services.dialog  # of a turn; skills see less of it
    begun = dialog.begin_flow(key, arguments)
    return ToolResult(begun.text, parts=begun.parts, direct=True)
