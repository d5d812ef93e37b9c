"""Renders neutral buttons as Telegram's inline keyboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from clawdbot.reasons import Reason

MAX_CALLBACK_BYTES = 64


def inline_keyboard(rows: Any) -> dict[str, Any] | None:
    """Converts rows of {"text", "data" or "url"} to a reply_markup; None when there are no buttons.

    Raises:
        SendError: Permanent, when the data of a button exceeds 64 UTF-8 bytes.
    """
    if not rows:
        return None
    return {"inline_keyboard": [[_button(item) for item in row] for row in rows]}


def _button(item: Mapping[str, Any]) -> dict[str, Any]:
    text = str(item.get("text", "")) or "…"
    if item.get("url"):
        return {"text": text, "url": str(item["url"])}
    data = str(item.get("data", text))
    if len(data.encode("utf-8")) > MAX_CALLBACK_BYTES:
        raise SendError(
            Reason("button_data_too_large", count=MAX_CALLBACK_BYTES), permanent=True, mark="button_too_long"
        )
    return {"text": text, "callback_data": data}
