"""Neutral markdown to plain text, and neutral buttons to quick replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.markdown import plain_text

MAX_ITEMS = 13
MAX_LABEL = 20
MAX_DATA = 300
MAX_URI = 1000
MAX_MESSAGES = 5


def messages(text: str, rows: Any) -> list[dict[str, Any]]:
    """One text message; LINE shows no markup. Buttons that do not fit are written out under the text."""
    items, rest = _quick_replies(rows)
    shown = plain_text(text) + "".join(f"\n• {line}" for line in rest)
    message: dict[str, Any] = {"type": "text", "text": shown}
    if items:
        message["quickReply"] = {"items": items}
    return [message]


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
    if len(data) > MAX_DATA:
        return None
    return {"type": "postback", "label": label, "data": data, "displayText": text[:MAX_DATA]}
