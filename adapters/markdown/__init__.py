"""The neutral markdown of outgoing texts: a CommonMark subset as a small tree that every adapter renders.

Blocks: paragraphs, headings, lists, quotes, rules, fenced code, tables (kept as preformatted text). Inline: strong,
emphasis, strikethrough, code, links. Anything else is plain text; nothing is ever refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

InlineKind = Literal["text", "strong", "emphasis", "strike", "code", "link"]
BlockKind = Literal["paragraph", "heading", "item", "quote", "rule", "code", "table", "blank"]

_MAX_NESTING = 8


@dataclass(frozen=True, slots=True)
class Inline:
    """A run of text.

    Attributes:
        kind: What it is.
        text: Content of "text" and "code".
        children: Content of the other kinds.
        href: Target of a link.
    """

    kind: InlineKind
    text: str = ""
    children: tuple[Inline, ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A line or block.

    Attributes:
        kind: What it is.
        inlines: Content, except for "code" and "table".
        text: Content of "code" and "table"; the marker ("• ", "3. ") with indentation of an "item".
        info: Language of "code".
        level: Level of a heading.
    """

    kind: BlockKind
    inlines: tuple[Inline, ...] = ()
    text: str = ""
    info: str = ""
    level: int = 0


_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})\s*([^\s`]*)[^`\n]*$")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_BULLET = re.compile(r"([ \t]*)[-*+][ \t]+(.*)$")
_NUMBER = re.compile(r"([ \t]*\d{1,9}[.)])[ \t]+(.*)$")
_QUOTE = re.compile(r" {0,3}>[ \t]?(.*)$")
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$")
_MARKED = re.compile(r"[*_~`\[\]<\\]")


def parse(text: str) -> tuple[Block, ...]:
    """Parses a text into blocks, one for each line or larger unit."""
    return tuple(_blocks(text.replace("\r\n", "\n").split("\n")))


def _blocks(lines: list[str]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        line = lines[at]
        fence = _FENCE.match(line)
        if fence and at + 1 < len(lines):  # in the last line there is no code to it
            end = _fence_end(lines, at + 1, fence[1])
            yield Block("code", text="\n".join(lines[at + 1 : end]), info=fence[2])
            at = end + 1
        elif "|" in line and at + 1 < len(lines) and _TABLE_RULE.match(lines[at + 1]):
            end = next((n for n in range(at + 2, len(lines)) if "|" not in lines[n]), len(lines))
            yield Block("table", text="\n".join(lines[at:end]))
            at = end
        else:
            yield _line(line)
            at += 1


def _fence_end(lines: list[str], start: int, marker: str) -> int:
    for number in range(start, len(lines)):
        closing = lines[number].strip()
        if closing.startswith(marker) and not closing.strip(marker[0]):
            return number
    return len(lines)


def _line(line: str) -> Block:
    if not line.strip():
        return Block("blank")
    if match := _HEADING.match(line):
        return Block("heading", inlines(match[2]), level=len(match[1]))
    if _RULE.match(line):
        return Block("rule")
    if match := _QUOTE.match(line):
        return Block("quote", inlines(match[1]))
    if match := _BULLET.match(line):
        return Block("item", inlines(match[2]), text=f"{match[1]}• ")
    if match := _NUMBER.match(line):
        return Block("item", inlines(match[2]), text=f"{match[1]} ")
    return Block("paragraph", inlines(line))


# One alternative for each construct; which one matched is told by the group that did.
_TOKEN = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`+)(?P<code>(?!`).*?(?<!`))(?P=ticks)(?!`)"
    r"|!?\[(?P<label>[^\[\]]*)\]\((?P<href>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"]*\")?\)"
    r"|<(?P<auto>(?:https?|mailto|tg):[^\s<>]+)>"
    r"|\*\*\*(?P<both>(?![\s*])[^*]+?(?<!\s))\*\*\*(?!\*)"
    r"|\*\*(?P<strong>(?![\s*])(?:[^*\\]|\\.|\*(?:(?!\*)|(?=\*\*(?!\*))))*?(?<!\s))\*\*(?!\*)"
    r"|(?<![\w_])__(?P<strong2>(?![\s_])(?:[^_\\]|\\.|_(?!_))*?(?<![\s_]))__(?![\w_])"
    r"|~~(?P<strike>(?![\s~])[^~]+?(?<!\s))~~"
    r"|(?<![A-Za-z0-9])\*(?P<em>(?![\s*])(?:[^*\\]|\\.|\*\*[^*]*\*\*)+?(?<![\s*]))\*(?!\*)"
    r"|(?<![\w_])_(?P<em2>(?![\s_])(?:[^_\\]|\\.|__[^_]*__|(?<=[^\W_])_(?=[^\W_]))+?(?<![\s_]))_(?![\w_])"
)
_WRAPPERS: tuple[tuple[str, InlineKind], ...] = (
    ("strong", "strong"),
    ("strong2", "strong"),
    ("strike", "strike"),
    ("em", "emphasis"),
    ("em2", "emphasis"),
)


def inlines(text: str, depth: int = 0) -> tuple[Inline, ...]:
    """Parses the inline markup of one line."""
    if depth >= _MAX_NESTING or not _MARKED.search(text):
        return (Inline("text", text),) if text else ()
    out: list[Inline] = []
    at = 0
    plain = ""
    for match in _TOKEN.finditer(text):
        plain += text[at : match.start()]
        at = match.end()
        if match["escaped"] is not None:
            plain += match["escaped"]
            continue
        if plain:
            out.append(Inline("text", plain))
            plain = ""
        out.append(_token(match, depth))
    plain += text[at:]
    if plain:
        out.append(Inline("text", plain))
    return tuple(out)


def _token(match: re.Match[str], depth: int) -> Inline:
    if match["code"] is not None:
        code = match["code"]
        padded = len(code) > 2 and code[0] == code[-1] == " " and code.strip()
        return Inline("code", code[1:-1] if padded else code)
    if match["href"] is not None:
        label = inlines(match["label"], depth + 1) or (Inline("text", match["href"]),)
        return Inline("link", children=label, href=match["href"])
    if match["auto"] is not None:
        return Inline("link", children=(Inline("text", match["auto"]),), href=match["auto"])
    if match["both"] is not None:
        return Inline("strong", children=(Inline("emphasis", children=inlines(match["both"], depth + 2)),))
    for group, kind in _WRAPPERS:
        if match[group] is not None:
            return Inline(kind, children=inlines(match[group], depth + 1))
    return Inline("text", match[0])


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
    return (block.text if block.kind == "item" else "") + plain_inlines(block.inlines)


def plain_inlines(nodes: tuple[Inline, ...]) -> str:
    """The text of inline nodes without markup."""
    out = []
    for node in nodes:
        inner = node.text if node.kind in ("text", "code") else plain_inlines(node.children)
        out.append(f"{inner} ({node.href})" if node.kind == "link" and node.href not in ("", inner) else inner)
    return "".join(out)
