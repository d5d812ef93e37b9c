"""Prompts in which person and assistant take turns: the templates of many models refuse all else."""

from __future__ import annotations

from typing import Any

from bots.llm.types import ChatMessage, Messages

SILENT = "…"
"""Stands for a person to whom the bot or the team wrote first."""


def alternating(messages: Messages) -> list[ChatMessage]:
    """The same messages: what one side says in a row is one message, and the person begins."""
    found: list[ChatMessage] = []
    for message in messages:
        role = message["role"]
        if role == "tool" or "tool_calls" in message:  # each result belongs to one call
            found.append(message)
            continue
        if found and found[-1]["role"] == role and "tool_calls" not in found[-1]:
            found[-1] = {"role": role, "content": _joined(found[-1]["content"], message["content"])}
            continue
        if role == "assistant" and (not found or found[-1]["role"] == "system"):
            found.append({"role": "user", "content": SILENT})
        found.append(message)
    return found


def _joined(first: Any, second: Any) -> Any:
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    return [*_parts(first), *_parts(second)]


def _parts(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
