"""The skills of a bot as tools of the language model."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from clawdbot.flows import Flow
from clawdbot.redaction import redact
from clawdbot.skills import SkillError
from clawdbot.skills.buttons import numbered
from clawdbot.skills.context import Context
from clawdbot.skills.declared import Declared
from clawdbot.skills.effects import READS_ONLY, UNKNOWN, Effect, Effects
from clawdbot.storable_text import storable
from skills import catalogue, execution, limits, registry
from skills.catalogue import Entry
from skills.models import ERROR_LENGTH
from skills.tool_types import Tool, ToolResult, asks_first

logger = logging.getLogger(__name__)


def of_bot(bot_id: int, language: str) -> tuple[Tool, ...]:
    """Returns a tool for each enabled skill of the bot that declares parameters, or says `as_tool = True`."""
    return tuple(made for entry in catalogue.entries(bot_id) if (made := of_entry(entry, language)) is not None)


def of_entry(entry: Entry, language: str = "en") -> Tool | None:
    """Returns the tool of a skill; None for one that is no tool, cannot be loaded, or is called by its own flow."""
    try:
        found, declared = registry.load(entry.module), registry.declared(entry.module)
    except registry.SkillUnavailable:
        return None
    as_tool = getattr(found, "as_tool", None)
    if isinstance(getattr(found, "flow", None), Flow):
        return None
    if not (bool(declared.parameters) if as_tool is None else as_tool):
        return None
    effects = effects_of(found)
    return Tool(
        name=_name(entry),
        description=entry.description or f"The skill “{entry.name}”.",
        schema=declared.schema,
        effects=effects,
        source="skill",
        source_id=entry.skill_id,
        label=entry.name,
        approval=asks_first(effects, confirm=bool(getattr(found, "confirm", False))),
        idempotent=bool(getattr(found, "idempotent", False)) or effects == READS_ONLY,
        timeout_s=entry.timeout_s,
        call=partial(_call, entry, declared),
        only_reads=partial(_only_reads, entry),
        outside_words=bool(getattr(found, "outside_words", False)),
        preview=partial(_preview, entry, declared),
    )


def effects_of(skill: type[Any]) -> Effects:
    """Returns the effects that a class declares; those of an unknown tool when it declares nonsense."""
    try:
        return frozenset(Effect(one) for one in getattr(skill, "effects", ()) or (Effect.WRITES,))
    except (TypeError, ValueError):
        return UNKNOWN


def effects_of_entry(entry: Entry) -> Effects:
    """Returns the effects of a skill; those of an unknown tool when it cannot be loaded."""
    try:
        return effects_of(registry.load(entry.module))
    except registry.SkillUnavailable:
        return UNKNOWN


def _name(entry: Entry) -> str:
    """Returns the name for the model: the skill's name, or the name of its class when that has no Latin letters."""
    for name in (entry.name, entry.module.rpartition(".")[2]):
        if plain := re.sub(r"[^a-zA-Z0-9_-]+", "_", name).strip("_-")[:64]:
            return plain
    return f"skill_{entry.skill_id}"


def _call(entry: Entry, declared: Declared, arguments: Mapping[str, Any], context: Context) -> ToolResult:
    try:
        values = declared.from_json(arguments)
    except ValueError as error:
        return ToolResult(f"Invalid arguments: {error}", ok=False)
    try:
        text, parts, buttons = execution.call(entry, values, context, trigger="", text=context.text)
    except SkillError:
        raise
    except limits.TooSlow as slow:
        return ToolResult(f"The tool did not answer: {slow}.", ok=False)
    except registry.SkillUnavailable:
        return ToolResult("The tool cannot be loaded.", ok=False)
    except Exception as raised:  # third-party code; the model gets the class of the error, the log the rest
        logger.warning("skill %s failed as a tool", entry.name, exc_info=raised)
        told = redact(storable(str(raised)))[:ERROR_LENGTH]
        return ToolResult(f"The tool failed: {type(raised).__name__}: {told}", ok=False)
    return ToolResult("\n".join(filter(None, (text, numbered(buttons)))), parts=parts)


def _only_reads(entry: Entry, arguments: Mapping[str, Any]) -> bool:
    try:
        return registry.load(entry.module).only_reads(arguments) is True
    except Exception:  # third-party code, or a class without it: then the person is asked
        return False


def _preview(entry: Entry, declared: Declared, arguments: Mapping[str, Any], context: Context) -> str:
    try:
        return execution.preview(entry, declared.from_json(arguments), context)
    except ValueError:
        return ""
