"""Renders neutral markdown as *bold* _italic_ ~strike~, the markup of Slack and WhatsApp, which differ in links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from adapters.markdown import Block, Inline, parse

_MARKS = {"strong": "*", "emphasis": "_", "strike": "~"}
_LINK = "link"
_ZERO_WIDTH = "\u200b"


@dataclass(frozen=True, slots=True)
class Style:
    """Differences between the dialects.

    Attributes:
        escape: Escapes special characters.
        link: Renders (label, target). The label is already escaped, the target is not.
        loosen: Inserts a zero-width space between a mark and an adjacent letter, for dialects whose marks count only
            at word boundaries. Without it bold words in Chinese sentences show as stars.
    """

    escape: Callable[[str], str]
    link: Callable[[str, str], str]
    loosen: bool = False


def render(text: str, style: Style) -> str:
    """Renders any text. The result is never empty, because no platform accepts an empty text."""
    rendered = "\n".join(_block(block, style) for block in parse(text))
    return rendered if rendered.strip() else style.escape(text)


def _block(block: Block, style: Style) -> str:
    if block.kind in ("code", "table"):
        code = style.escape(block.text).replace("```", f"``{_ZERO_WIDTH}`")  # it would end the block
        return f"```\n{code}\n```" if code.strip() else ""
    if block.kind == "rule":
        return "———"
    lead = ("> " if block.quoted else "") + block.lead
    if block.kind == "heading":
        inner = _inlines(block.inlines, style, frozenset("*"))
        return f"{lead}*{inner}*" if inner.strip() else lead.rstrip()
    return lead + _inlines(block.inlines, style)


def _inlines(nodes: Iterable[Inline], style: Style, inside: frozenset[str] = frozenset()) -> str:
    out = ""
    marked = False
    for node in nodes:
        piece = _inline(node, style, inside)
        mark = node.kind in _MARKS or node.kind == "code"
        if style.loosen and piece and out and (mark or marked) and _letter(piece[0] if marked else out[-1]):
            out += _ZERO_WIDTH
        out, marked = out + piece, mark
    return out


def _letter(character: str) -> bool:
    return character.isalnum()


def _inline(node: Inline, style: Style, inside: frozenset[str]) -> str:
    if node.kind == "text":
        return style.escape(node.text)
    if node.kind == "code":
        return style.escape(node.text if "`" in node.text or not node.text.strip() else f"`{node.text}`")
    if node.kind == "link":
        label = _inlines(node.children, style, inside | {_LINK})
        return style.link(label, node.href) if node.href and _LINK not in inside else label
    mark = _MARKS[node.kind]
    inner = _inlines(node.children, style, inside | {mark})
    return inner if mark in inside or not inner.strip() else f"{mark}{inner}{mark}"
