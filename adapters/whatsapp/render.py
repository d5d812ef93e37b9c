"""Renders neutral markdown and buttons as WhatsApp messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from adapters import markup_star
from adapters.markdown import plain_text

MAX_TEXT = 4096
MAX_BODY = 1024  # limit of a message with buttons; with a list it is MAX_TEXT
MAX_BUTTONS, MAX_BUTTON_TITLE = 3, 20
MAX_ROWS, MAX_ROW_TITLE, MAX_ROW_TEXT = 10, 24, 72
MAX_ID = 200
MAX_PARAMETER = 1024


def _link(label: str, href: str) -> str:
    bare = href.removeprefix("mailto:").removeprefix("tel:")
    return href if label in ("", href) else label if label == bare else f"{label} ({href})"


_STYLE = markup_star.Style(lambda text: text, _link)


def to_whatsapp(text: str) -> str:
    """Renders a text; as plain text when the fences of its tables would exceed the limit."""
    rendered = markup_star.render(text, _STYLE)
    return rendered if len(rendered) <= MAX_TEXT else plain_text(text)


def content(text: str, rows: Any) -> dict[str, Any]:
    """Returns a message's type and content: text, three buttons, one link, or a list of ten. The rest becomes text."""
    items = [item for row in rows or () for item in row]
    links = [item for item in items if item.get("url")]
    choices = [item for item in items if not item.get("url")]
    rendered = to_whatsapp(text)
    if len(links) == 1 and not choices and len(rendered) <= MAX_BODY:
        return _interactive("cta_url", rendered, {"name": "cta_url", "parameters": _link_parameters(links[0])})
    rendered += "".join(f"\n• {item.get('text', '')} {item['url']}" for item in links)
    if not choices or not rendered.strip():
        body = rendered[:MAX_TEXT]
        return {"type": "text", "text": {"body": body, "preview_url": not links and "http" in body}}
    if len(choices) <= MAX_BUTTONS and len(rendered) <= MAX_BODY:
        buttons = [_button(item) for item in choices]
        if all(len({button["reply"][key] for button in buttons}) == len(buttons) for key in ("id", "title")):
            return _interactive("button", rendered, {"buttons": buttons})
    found, rest = _list(choices)
    rendered += "".join(f"\n• {item.get('text', '')}" for item in rest if not item.get("listed"))
    return _interactive("list", rendered[:MAX_TEXT], {"button": "☰", "sections": [{"rows": found}]})


def _list(choices: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[Mapping[str, Any]]]:
    """Returns a list of ten rows and the choices left over. WhatsApp refuses a list with a repeated id."""
    found: dict[str, dict[str, Any]] = {}
    rest = []
    for item in choices:
        row = _row(item)
        if row["id"] in found or len(found) == MAX_ROWS:
            rest.append(item)
        else:
            found[row["id"]] = row
    return list(found.values()), rest


def _interactive(kind: str, body: str, action: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": body}, "action": action}}


def _link_parameters(item: Mapping[str, Any]) -> dict[str, str]:
    return {"display_text": _short(str(item.get("text", "")), MAX_BUTTON_TITLE), "url": str(item["url"])}


def _button(item: Mapping[str, Any]) -> dict[str, Any]:
    text = str(item.get("text", ""))
    reply = {"id": str(item.get("data", text))[:MAX_ID] or "…", "title": _short(text, MAX_BUTTON_TITLE)}
    return {"type": "reply", "reply": reply}


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    text = str(item.get("text", ""))
    row = {"id": str(item.get("data", text))[:MAX_ID] or "…", "title": _short(text, MAX_ROW_TITLE)}
    return row | ({"description": text[:MAX_ROW_TEXT]} if len(text) > MAX_ROW_TITLE else {})


def _short(text: str, limit: int) -> str:
    return (text if len(text) <= limit else f"{text[: limit - 1]}…") or "…"


def parameter(text: str) -> str:
    """Returns a text as the variable of a template, which allows neither line breaks nor runs of spaces."""
    return re.sub(r"\s+", " ", to_whatsapp(text)).strip()[:MAX_PARAMETER] or "…"
