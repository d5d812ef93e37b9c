"""Neutral markdown to the markdown of Feishu's cards, and buttons to card elements.

A card is used for every message, because only cards can be changed while an answer grows, as often as needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.markdown import Block, Inline, parse, plain_text

_SPECIAL = re.compile(r"[*_~`<>\[\]]|&(?=[#\w])")
_LINE_START = re.compile(r"^(\s*)([#+-]|\d+[.)])(?=\s)")
_LINK = re.compile(r"https?://[^\s()]+", re.IGNORECASE)
_WRAPPERS = {"strong": "**", "emphasis": "*", "strike": "~~"}
_SUMMARY = 100  # characters shown in notifications and in the list of chats


def escape(text: str) -> str:
    """Makes plain text of whatever it is; also of "<at id=all></at>", which would call everybody."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text)


def to_markdown(text: str) -> str:
    """Renders a text."""
    return "\n".join(_block(block) for block in parse(text))


def _block(block: Block) -> str:
    if block.kind == "code":
        return f"```{block.info}\n{block.text}\n```"
    if block.kind == "table":
        return block.text.replace("<", "&#60;")
    if block.kind == "rule":
        return "---"
    inner = _inlines(block.inlines)
    if block.kind == "heading":
        return f"{'#' * block.level} {inner}"
    if block.kind == "quote":
        return f"> {inner}"
    if block.kind == "item":
        return block.text.replace("• ", "- ") + inner
    # What parsed as a paragraph may still look like a list or heading to Feishu.
    return _LINE_START.sub(lambda match: f"{match[1]}&#{ord(match[2][0])};{match[2][1:]}", inner)


def _inlines(nodes: Iterable[Inline]) -> str:
    return "".join(_inline(node) for node in nodes)


def _inline(node: Inline) -> str:
    if node.kind == "text":
        return escape(node.text)
    if node.kind == "code":
        return f"`{node.text}`" if "`" not in node.text and node.text.strip() else escape(node.text)
    inner = _inlines(node.children)
    if node.kind == "link":
        if _LINK.fullmatch(node.href):
            return f"[{inner}]({node.href})"
        return f"{inner} ({escape(node.href)})" if node.href else inner
    mark = _WRAPPERS[node.kind]
    return f"{mark}{inner}{mark}" if inner.strip() else inner


def card(text: str, rows: Any = ()) -> dict[str, Any]:
    """A card (JSON 2.0) with a text and rows of {"text", "data" or "url"}."""
    elements: list[dict[str, Any]] = [{"tag": "markdown", "content": to_markdown(text)}]
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
    """The text without markup, its buttons as lines, for when a card is refused."""
    lines = [f"- {item.get('text', '')} {item.get('url', '')}".rstrip() for row in rows or () for item in row]
    # In a text message only the tag calls people.
    return "\n".join((plain_text(text), *lines)).replace("<at", "< at")
