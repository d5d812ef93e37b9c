"""Renders neutral markdown as the markdown of Feishu's cards, and buttons as card elements.

Every message is a card, because only cards can be edited without a limit on the number of edits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.markdown import Block, parse, plain_text
from adapters.markdown_dialect import Dialect
from adapters.mentions import linked

_SPECIAL = re.compile(r"[*_~`<>\[\]]|&(?=[#\w])")
_LINE_START = re.compile(r"^(\s*)([#+-]|\d+[.)])(?=\s)")
_SUMMARY = 100  # characters in notifications and in the list of chats


def escape(text: str) -> str:
    """Escapes markup, including "<at id=all></at>", which would mention everybody."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text)


def to_markdown(text: str) -> str:
    """Renders a text; never empty."""
    rendered = "\n".join(_block(block) for block in parse(text))
    return rendered if rendered.strip() else escape(text)


_DIALECT = Dialect({"strong": "**", "emphasis": "*", "strike": "~~"}, fenced=True, escape=escape)


def _block(block: Block) -> str:
    rendered = _DIALECT.block(block)
    if block.kind == "table":
        return rendered.replace("<", "&#60;")
    if block.kind == "paragraph" and not block.lead.strip():
        # Feishu may read a list or heading where the parser found a paragraph.
        return _LINE_START.sub(lambda match: f"{match[1]}&#{ord(match[2][0])};{match[2][1:]}", rendered)
    return rendered


def card(text: str, rows: Any = (), people: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Returns a card (JSON 2.0) with a text, rows of {"text", "data" or "url"} and mentions of people (ids by name)."""
    content = linked(to_markdown(text), people or {}, lambda person, _name: f"<at id={person}></at>", escape)
    elements: list[dict[str, Any]] = [{"tag": "markdown", "content": content}]
    for row in rows or ():
        columns = [{"tag": "column", "width": "auto", "elements": [_button(item)]} for item in row]
        elements.append({"tag": "column_set", "flex_mode": "flow", "columns": columns})
    summary = " ".join(plain_text(text[: 4 * _SUMMARY]).split())[:_SUMMARY]
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "summary": {"content": summary}},
        "body": {"elements": elements},
    }


def _button(item: Mapping[str, Any]) -> dict[str, Any]:
    text = str(item.get("text", ""))
    behavior: dict[str, Any] = {"type": "callback", "value": {"data": str(item.get("data", text))}}
    if item.get("url"):
        behavior = {"type": "open_url", "default_url": str(item["url"])}
    return {"tag": "button", "text": {"tag": "plain_text", "content": text}, "behaviors": [behavior]}


def plain(text: str, rows: Any = ()) -> str:
    """Returns the text without markup and its buttons as lines, for a refused card."""
    lines = [
        f"- {item.get('text', '')} {item.get('url', '')}".rstrip()
        for row in rows or ()
        for item in row
        if not item.get("listed")
    ]
    # In a text message only the tag mentions people.
    return "\n".join((plain_text(text), *lines)).replace("<at", "< at")
