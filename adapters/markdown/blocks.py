"""Parses a text into a flat list of blocks: one for each line of prose, code block, table, rule and blank line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from markdown_it.token import Token

from adapters.markdown.inlines import Inline, inline_lines
from adapters.markdown.parser import block_tokens, tokens

BlockKind = Literal["paragraph", "heading", "rule", "code", "table", "blank"]

_INDENT = re.compile(r"\s*")
_QUOTED_INDENT = re.compile(r"(?:[^\S\n]*>[^\S\n]?)+(\s*)")
_LINE_ENDS = re.compile(r"\r\n?")
# Every code block, table, heading and rule contains one of these; a search is much cheaper than a parse.
_REGION_MARKS = re.compile(r"```|~~~|\||#(?:\s|\Z)|([-*_])(?:[ \t]*\1){2}")


@dataclass(frozen=True, slots=True)
class Block:
    """A line of prose or another block.

    Attributes:
        kind: Kind of the block.
        inlines: Content of "paragraph" (one line of it) and "heading".
        text: Content of "code"; source of "table".
        info: Language of "code".
        level: Level of a heading.
        lead: Indentation, and the marker ("• ", "3. ") of a list item that begins here.
        quoted: True inside a quote.
    """

    kind: BlockKind
    inlines: tuple[Inline, ...] = ()
    text: str = ""
    info: str = ""
    level: int = 0
    lead: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a text that is not plain prose, located by line numbers.

    Attributes:
        kind: Kind of the block.
        start: Number of the first line, from 0.
        end: Number of the line after the last one.
        text: Content of "code" and "heading"; source of "table".
        info: Language of "code".
        fence: Opening fence of "code".
        level: Level of a heading.
    """

    kind: BlockKind
    start: int
    end: int
    text: str = ""
    info: str = ""
    fence: str = ""
    level: int = 0


def source_lines(text: str) -> list[str]:
    """Returns the lines of a text, as `Region` counts them."""
    return _LINE_ENDS.sub("\n", text).split("\n")


def regions(text: str) -> Iterator[Region]:
    """Yields the code blocks, tables, rules and headings of a text in order, including those in quotes and lists."""
    if not _REGION_MARKS.search(text):
        return
    found = block_tokens(_LINE_ENDS.sub("\n", text))
    for at, token in enumerate(found):
        start, end = token.map or (0, 0)
        if token.type == "fence":
            yield Region("code", start, end, _code(token), _language(token), token.markup)
        elif token.type == "table_open":
            yield Region("table", start, end, token.content)
        elif token.type == "hr":
            yield Region("rule", start, end)
        elif token.type == "heading_open":
            yield Region("heading", start, end, found[at + 1].content, level=len(token.markup))


def parse(text: str) -> tuple[Block, ...]:
    """Parses a text into blocks. Blank lines between blocks are blocks too."""
    lines = source_lines(text)
    walk = _Walk(lines)
    for token in tokens("\n".join(lines)):
        walk.add(token)
    return walk.finish()


class _Walk:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._blocks: list[Block] = []
        self._at = 0  # next line
        self._quotes: list[int] = []  # end line of each open quote
        self._markers: list[str] = []  # markers of list items without content so far
        self._heading = 0
        self._in_table = False

    def finish(self) -> tuple[Block, ...]:
        self._blank_until(len(self._lines))
        return tuple(self._blocks)

    def add(self, token: Token) -> None:
        start, end = token.map or (self._at, self._at)
        if token.type == "inline":
            if not self._in_table:
                self._prose(token, start, end)
        elif token.type == "fence":
            self._leaf(Block("code", text=_code(token), info=_language(token), quoted=self._quoted), start, end)
        elif token.type == "hr":
            self._leaf(Block("rule", quoted=self._quoted), start, end)
        elif token.type in ("table_open", "table_close"):
            self._in_table = token.nesting > 0
            if self._in_table:
                self._leaf(Block("table", text=token.content, quoted=self._quoted), start, end)
        elif token.type == "heading_open":
            self._heading = len(token.markup)
        else:
            self._container(token, start, end)

    def _container(self, token: Token, start: int, end: int) -> None:
        if token.type == "blockquote_open":
            self._blank_until(start)
            self._quotes.append(end)
        elif token.type == "blockquote_close":
            self._flush_marker()
            self._blank_until(self._quotes[-1])
            self._quotes.pop()
        elif token.type == "list_item_open":
            self._blank_until(start)
            marker = f"{token.info}{token.markup} " if token.info else "• "
            self._markers.append(marker if self._markers else self._indent(start) + marker)
        elif token.type == "list_item_close":
            self._flush_marker()

    @property
    def _quoted(self) -> bool:
        return bool(self._quotes)

    def _blank_until(self, line: int) -> None:
        """Adds blank lines up to `line`, but none between the marker of a list item and its content."""
        if not self._markers:
            self._blocks += [Block("blank", quoted=self._quoted)] * (line - self._at)
        self._at = max(self._at, line)

    def _lead(self, line: int) -> str:
        lead = "".join(self._markers) or self._indent(line)
        self._markers = []
        return lead

    def _indent(self, line: int) -> str:
        source = self._lines[line] if line < len(self._lines) else ""
        match = (_QUOTED_INDENT if self._quoted else _INDENT).match(source)
        return match[match.re.groups] if match else ""

    def _flush_marker(self) -> None:
        if self._markers:
            self._blocks.append(Block("paragraph", lead=self._lead(self._at).rstrip(), quoted=self._quoted))
            self._at += 1

    def _leaf(self, block: Block, start: int, end: int) -> None:
        self._blank_until(start)
        if self._markers:
            self._blocks.append(Block("paragraph", lead=self._lead(start).rstrip(), quoted=self._quoted))
        self._blocks.append(block)
        self._at = end

    def _prose(self, token: Token, start: int, end: int) -> None:
        self._blank_until(start)
        kind: BlockKind = "heading" if self._heading else "paragraph"
        for number, line in enumerate(inline_lines(token.children or ())):
            lead = self._lead(start + number)
            self._blocks.append(Block(kind, line, level=self._heading, lead=lead, quoted=self._quoted))
        self._heading = 0
        self._at = end


def _code(token: Token) -> str:
    return token.content.removesuffix("\n")


def _language(token: Token) -> str:
    return (token.info.split() or [""])[0]
