"""Renders neutral markdown as plain text, and neutral buttons as quick replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.markdown import plain_text
from adapters.splitter import split_text, utf16_units

MAX_TEXT = 5000
MAX_ITEMS = 13
MAX_LABEL = 20
MAX_DATA = 300
MAX_URI = 1000
MAX_MESSAGES = 5


def messages(text: str, rows: Any) -> list[dict[str, Any]]:
    """Returns text messages, mostly one, without markup. Buttons that do not fit are written out under the text."""
    items, rest = _quick_replies(rows)
    shown, lines = plain_text(text), "\n".join(f"• {line}" for line in rest)
    whole = f"{shown}\n{lines}" if lines else shown
    texts = [whole] if utf16_units(whole) <= MAX_TEXT else [shown, *split_text(lines, MAX_TEXT, utf16_units)]
    found: list[dict[str, Any]] = [{"type": "text", "text": part} for part in texts[:MAX_MESSAGES]]
    if items:
        found[-1]["quickReply"] = {"items": items}  # LINE shows quick replies under the last message only
    return found


def _quick_replies(rows: Any) -> tuple[list[dict[str, Any]], list[str]]:
    items: list[dict[str, Any]] = []
    rest: list[str] = []
    for button in (item for row in rows or () for item in row):
        action = _action(button)
        if action is None or len(items) == MAX_ITEMS:
            url = button.get("url")
            rest.append(f"{button.get('text', '')} {url}".strip() if url else str(button.get("text", "")))
        else:
            items.append({"type": "action", "action": action})
    return items, rest


def _action(button: Mapping[str, Any]) -> dict[str, Any] | None:
    text = str(button.get("text", "")) or "…"
    label = text if len(text) <= MAX_LABEL else f"{text[: MAX_LABEL - 1]}…"
    if button.get("url"):
        uri = str(button["url"])
        return {"type": "uri", "label": label, "uri": uri} if len(uri) <= MAX_URI else None
    data = str(button.get("data", text))
    if utf16_units(data) > MAX_DATA:
        return None
    return {"type": "postback", "label": label, "data": data, "displayText": text[:MAX_DATA]}
