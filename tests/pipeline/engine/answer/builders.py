"""Inputs of prompts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bots.llm import ChatMessage
from bots.pipeline.engine.answer.prompt_inputs import Inputs
from memory.types import Hit

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


def make_hit(text: str, *, role: str = "user", days: int = 2, number: int = 1, **values: Any) -> Hit:
    return Hit(number, "", role, "", text, 1.0, NOW - timedelta(days=days), **values)  # type: ignore[arg-type]


def make_inputs(**values: Any) -> Inputs:
    given_values: dict[str, Any] = {
        "instructions": "You are Ada, a librarian.",
        "bot_name": "Ada",
        "person_name": "Mei",
        "now": NOW,
        "hits": (),
        "summary": "",
        "recent": (),
        "text": "Where does my sister live?",
    }
    return Inputs(**given_values | values)


def system(messages: list[ChatMessage]) -> str:
    return messages[0]["content"]
