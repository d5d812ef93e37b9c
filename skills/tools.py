"""The tools of a bot: joins what all providers offer, and applies what the operator decided about each tool.

An ordinary turn reads no row here: tools and settings are at most two seconds old.
"""

from __future__ import annotations

import importlib
import logging
import re
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from clawdbot.cached_value import CachedValue
from clawdbot.skills.effects import needs_approval
from skills import catalogue
from skills.journal import OPERATOR, PERSON
from skills.models import BotTool
from skills.tool_types import Tool

# Each module has `of_bot(bot_id, language) -> tuple[Tool, ...]`.
PROVIDERS = (
    "skills.skill_tools",
    "skills.mcp.tools",
    "skills.instructions.tools",
    "bots.pipeline.engine.dialog.flow_tools",
)
_MAX_AGE_S = 2.0
_UNFIT = re.compile(r"[^a-zA-Z0-9_-]+")
_LONGEST = 64

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_joined: dict[tuple[int, str], tuple[float, tuple[Tool, ...]]] = {}


@dataclass(frozen=True, slots=True)
class Granted:
    """A tool that this person may use now.

    Attributes:
        asked: Who must say yes before each call: "person", "operator", or "" for nobody.
        never: The operator has decided that nobody is asked, whatever the model has read before.
    """

    tool: Tool
    asked: str = ""
    never: bool = False


def of_bot(bot_id: int, language: str) -> tuple[Tool, ...]:
    """Returns all tools of the bot, with unique names, in the order of the providers. Reads rows every two seconds."""
    if catalogue.is_trying():
        return _named(_all_of(bot_id, language))
    held = _joined.get((bot_id, language))
    if held is not None and time.monotonic() - held[0] <= _MAX_AGE_S:
        return held[1]
    tools = _named(_all_of(bot_id, language))
    with _lock:
        _joined[bot_id, language] = (time.monotonic(), tools)
    return tools


def granted(bot_id: int, language: str, *, staff: bool, group: bool) -> tuple[Granted, ...]:
    """Returns the tools that the bot grants, the person's role allows and that do not fail at the moment.

    Args:
        bot_id: The bot.
        language: Language of labels.
        staff: The person is of the team.
        group: The message was written in a group.
    """
    tools = of_bot(bot_id, language)
    if not tools:
        return ()
    rules, now = _rules.get().get(bot_id, {}), timezone.now()
    return tuple(
        Granted(tool, _asked(tool, rules.get(tool.name)), _never_asks(rules.get(tool.name)))
        for tool in tools
        if _may(tool, rules.get(tool.name), staff, group, now)
    )


def clear_cache() -> None:
    """Makes the next call read tools and settings again."""
    with _lock:
        _joined.clear()
    _rules.clear()


def _may(tool: Tool, rule: BotTool | None, staff: bool, group: bool, now: datetime) -> bool:
    audience = rule.audience if rule is not None else BotTool.Audience.USUAL
    if rule is not None and (not rule.enabled or (rule.paused_until is not None and rule.paused_until > now)):
        return False
    if audience == BotTool.Audience.STAFF:
        return staff
    if audience == BotTool.Audience.PRIVATE:
        return not group
    # In a group everybody reads the question and its answer.
    return audience == BotTool.Audience.EVERYONE or not group or not needs_approval(tool.effects)


def _never_asks(rule: BotTool | None) -> bool:
    return rule is not None and rule.approval == BotTool.Approval.NEVER


def _asked(tool: Tool, rule: BotTool | None) -> str:
    choice = rule.approval if rule is not None else BotTool.Approval.USUAL
    if choice == BotTool.Approval.NEVER:
        return ""
    if choice == BotTool.Approval.OPERATOR:
        return OPERATOR
    return PERSON if choice == BotTool.Approval.PERSON or tool.approval else ""


def _all_of(bot_id: int, language: str) -> Iterable[Tool]:
    for name in PROVIDERS:
        try:
            provider: Any = importlib.import_module(name)
            yield from provider.of_bot(bot_id, language)
        except Exception:  # a provider that fails costs the bot its tools and nothing else
            logger.exception("tools of %s cannot be listed", name)


def _named(tools: Iterable[Tool]) -> tuple[Tool, ...]:
    """Returns the tools with names that every provider of models takes, each once."""
    found: dict[str, Tool] = {}
    for tool in tools:
        plain = _UNFIT.sub("_", tool.name).strip("_")[:_LONGEST] or f"tool_{tool.source_id}"
        name, number = plain, 1
        while name in found:
            number += 1
            name = f"{plain[: _LONGEST - 4]}_{number}"
        found[name] = tool if name == tool.name else replace(tool, name=name)
    return tuple(found.values())


def _read_rules() -> Mapping[int, Mapping[str, BotTool]]:
    by_bot: dict[int, dict[str, BotTool]] = {}
    for rule in BotTool.objects.all():
        by_bot.setdefault(rule.bot_id, {})[rule.tool] = rule
    return by_bot


_rules = CachedValue(_read_rules, _MAX_AGE_S)
