"""The neutral markdown of outgoing texts, parsed once for all: a flat list of blocks that every adapter renders.

Blocks: paragraphs, headings, lists, quotes, rules, fenced code, tables (kept as preformatted text). Inline: strong,
emphasis, strikethrough, code, links, images (as links) and bare addresses. Anything else is plain text; nothing is ever
refused. `parser` says where chat parts from CommonMark.
"""

from __future__ import annotations

from adapters.markdown.blocks import Block, Region, parse, regions, source_lines
from adapters.markdown.inlines import Inline, is_written_out, plain_inlines

__all__ = [
    "Block",
    "Inline",
    "Region",
    "is_written_out",
    "parse",
    "plain_inlines",
    "plain_text",
    "regions",
    "source_lines",
]


def plain_text(text: str) -> str:
    """The text without markup, for platforms that show none. Link targets follow their label in brackets.

    A text of nothing but markup stays as it is: no platform takes an empty one.
    """
    plain = "\n".join(_plain_block(block) for block in parse(text))
    return plain if plain.strip() else text


def _plain_block(block: Block) -> str:
    if block.kind in ("code", "table"):
        return block.text
    if block.kind == "rule":
        return "———"
    return block.lead + plain_inlines(block.inlines)
