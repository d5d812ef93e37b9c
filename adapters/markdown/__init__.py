"""Parses the neutral markdown of outgoing texts into a flat list of blocks, which every adapter renders.

Blocks: paragraphs, headings, lists, quotes, rules, fenced code, tables (kept as preformatted text). Inline: strong,
emphasis, strikethrough, code, links, images (as links) and bare addresses. Anything else is plain text; no text is
refused. `parser` lists the deviations from CommonMark.
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
    """Returns the text without markup. The target of a link follows its label in brackets.

    A text that is nothing but markup stays unchanged, because no platform accepts an empty text.
    """
    plain = "\n".join(_plain_block(block) for block in parse(text))
    return plain if plain.strip() else text


def _plain_block(block: Block) -> str:
    if block.kind in ("code", "table"):
        return block.text
    if block.kind == "rule":
        return "———"
    return block.lead + plain_inlines(block.inlines)
