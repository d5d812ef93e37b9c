"""Renders neutral markdown as plain text, and neutral buttons as quick replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.markdown import plain_text
from adapters.mentions import linked
from adapters.splitter import split_text, utf16_units

MAX_TEXT = 5000
MAX_ITEMS = 13
MAX_LABEL = 20
MAX_DATA = 300
MAX_URI = 1000
MAX_MESSAGES = 5
MAX_MENTIONS = 20


def messages(text: str, rows: Any, people: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Returns text messages, mostly one, without markup. Buttons that do not fit are written out under the text.

    Args:
        text: Neutral markdown.
        rows: Rows of buttons.
        people: Ids by name of people whom the text mentions by "@Name".
    """
    items, rest = _quick_replies(rows)
    shown, lines = plain_text(text), "\n".join(f"• {line}" for line in rest)
    whole = f"{shown}\n{lines}" if lines else shown
    texts = [whole] if utf16_units(whole) <= MAX_TEXT else [shown, *split_text(lines, MAX_TEXT, utf16_units)]
    found = [_message(part, people or {}) for part in texts[:MAX_MESSAGES]]
    if items:
        found[-1]["quickReply"] = {"items": items}  # LINE shows quick replies under the last message only
    return found


def _message(text: str, people: Mapping[str, str]) -> dict[str, Any]:
    """Returns a text, or a text of the second version where it mentions people."""
    named: dict[str, str] = {}

    def place(person: str, name: str) -> str:
        if len(named) == MAX_MENTIONS and person not in named:
            return name
        return "{%s}" % named.setdefault(person, f"person{len(named)}")  # noqa: UP031  braces would need doubling

    # In a text of the second version a brace is written twice.
    written = linked(text.replace("{", "{{").replace("}", "}}"), people, place)
    if not named or utf16_units(written) > MAX_TEXT:
        return {"type": "text", "text": text}
    told = {key: {"type": "mention", "mentionee": {"type": "user", "userId": person}} for person, key in named.items()}
    return {"type": "textV2", "text": written, "substitution": told}


def _quick_replies(rows: Any) -> tuple[list[dict[str, Any]], list[str]]:
    items: list[dict[str, Any]] = []
    rest: list[str] = []
    for button in (item for row in rows or () for item in row):
        action = _action(button)
        if action is None or len(items) == MAX_ITEMS:
            url = button.get("url")
            if url or not button.get("listed"):
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
