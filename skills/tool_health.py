"""Switches a tool off for a bot, for a while, when it fails again and again."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from datetime import timedelta

from django.utils import timezone

from skills.models import BotTool

IN_A_ROW = 5
PAUSE = timedelta(minutes=10)

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_failures: Counter[tuple[int, str]] = Counter()


def note(bot_id: int, tool: str, *, ok: bool) -> None:
    """Notes how a call ended. Thread-safe; writes nothing."""
    with _lock:
        if ok:
            _failures.pop((bot_id, tool), None)
        else:
            _failures[bot_id, tool] += 1


def failing(bot_id: int) -> list[str]:
    """Returns the tools of the bot that failed too often since their last success. Each is returned once."""
    with _lock:
        found = [tool for (bot, tool), times in _failures.items() if bot == bot_id and times >= IN_A_ROW]
        for tool in found:
            del _failures[bot_id, tool]
    return found


def pause(bot_id: int, tool: str, why: str) -> None:
    """Offers the tool to nobody for a while; the admin shows it as switched off."""
    until = timezone.now() + PAUSE
    BotTool.objects.update_or_create(
        bot_id=bot_id, tool=tool[:64], defaults={"paused_until": until, "last_error": why[:300]}
    )
    logger.error("tool %s of bot %s failed %s times in a row and is off until %s", tool, bot_id, IN_A_ROW, until)


def clear_cache() -> None:
    """Forgets all failures."""
    with _lock:
        _failures.clear()
