"""Renders neutral markdown as the subset that WeCom shows, and buttons as a template card.

Applications show headings, bold, links, inline code and quotes. Smart robots show more, but the subset reads well there
too. Other marks are omitted and never escaped, because WeCom's renderer has no escapes.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from adapters.events import OutgoingMessage
from adapters.markdown import parse, plain_text
from adapters.markdown_dialect import Dialect
from adapters.mentions import linked
from adapters.splitter import utf8_bytes
from clawdbot.reasons import Reason

_MARKUP = re.compile(r"[*_`\[#>~|]")
_DIALECT = Dialect({"strong": "**"})
_TASK_ID = re.compile(r"[^0-9A-Za-z_@-]")
MAX_BUTTONS = 6
_MAX_BUTTON_TEXT = 10
_MAX_KEY = 1024
_MAX_TITLE = 36
_MAX_SUBTITLE = 160


def has_markup(text: str) -> bool:
    """Returns whether the text has marks that markdown would show differently."""
    return bool(_MARKUP.search(text))


def to_markdown(text: str, limit: int) -> str:
    """Renders a text. Returns the source when the result would be empty or exceed `limit`, where WeCom cuts."""
    return _within("\n".join(_DIALECT.block(block) for block in parse(text)), text, limit)


def to_plain(text: str, limit: int) -> str:
    """Returns the text without markup, with the same limit."""
    return _within(plain_text(text), text, limit)


def with_mentions(rendered: str, people: Mapping[str, str], limit: int) -> str:
    """Writes the mentions of these people (ids by name) into a rendered text, within the limit."""
    named = linked(rendered, people, lambda person, _name: f"<@{person}>")
    return named if utf8_bytes(named) <= limit else rendered


def _within(rendered: str, source: str, limit: int) -> str:
    return rendered if rendered.strip() and utf8_bytes(rendered) <= limit else source


def app_body(message: OutgoingMessage, limit: int, *, cards: bool, plain: bool) -> dict[str, Any]:
    """Returns the body for an application: a card for buttons if `cards` is set, else markdown or `plain` text."""
    rows = message.data.get("buttons") or ()
    card = button_card(message.text, rows, message.idempotency_key) if cards else None
    if card:
        return {"msgtype": "template_card", "template_card": card}
    text = with_choices(message.text, rows)
    kind, content = "text", to_plain(text, limit)
    if has_markup(text) and not plain:
        kind, content = "markdown", to_markdown(text, limit)
    return {"msgtype": kind, kind: {"content": content}, "safe": int(bool(message.data.get("safe")))}


def button_card(text: str, rows: Any, key: str) -> dict[str, Any] | None:
    """Returns text and buttons as a template card; None when they do not fit, or two buttons have the same data.

    A label that WeCom would cut does not fit: people could not tell two of them apart.

    Args:
        text: Neutral markdown.
        rows: Rows of {"text", "data" or "url"}.
        key: Source of the card's task id, which WeCom accepts only once.

    Raises:
        SendError: Permanent, when the data of a button exceeds 1024 bytes.
    """
    buttons = [item for row in rows for item in row]
    plain = plain_text(text).strip()
    title, _, rest = plain.partition("\n")
    if len(title) > _MAX_TITLE:
        title, rest = "", plain
    if not plain or not 0 < len(buttons) <= MAX_BUTTONS or len(rest) > _MAX_SUBTITLE:
        return None
    if any(len(str(item.get("text", ""))) > _MAX_BUTTON_TEXT for item in buttons):
        return None
    found = [_button(item) for item in buttons]
    keys = [item["key"] for item in found if "key" in item]
    if len(set(keys)) < len(keys):
        return None
    return {
        "card_type": "button_interaction",
        "main_title": {"title": title},
        "sub_title_text": rest.strip(),
        "task_id": _TASK_ID.sub("-", key)[:128] or uuid.uuid4().hex,
        "button_list": found,
    }


def _button(item: Mapping[str, Any]) -> dict[str, Any]:
    text = str(item.get("text", ""))
    if item.get("url"):
        return {"text": text, "type": 1, "url": str(item["url"])}
    key = str(item.get("data", text))
    if utf8_bytes(key) > _MAX_KEY:
        raise SendError(Reason("button_data_too_large", count=_MAX_KEY), permanent=True, mark="button_too_long")
    return {"text": text, "key": key}


def with_choices(text: str, rows: Any) -> str:
    """Returns the text with its buttons as lines, where no card fits."""
    lines = [
        f"- [{item.get('text', '')}]({item['url']})" if item.get("url") else f"- {item.get('text', '')}"
        for row in rows
        for item in row
        if not item.get("listed")
    ]
    return "\n".join((text, "", *lines)) if lines else text
