"""Converts the inline tokens of a block into lines of small trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from markdown_it.token import Token

InlineKind = Literal["text", "strong", "emphasis", "strike", "code", "link"]


@dataclass(frozen=True, slots=True)
class Inline:
    """A run of text in one line. No kind contains itself, so a tree is at most five levels deep.

    Attributes:
        kind: Kind of the run.
        text: Content of "text" and "code".
        children: Content of the other kinds.
        href: Target of a link, as written.
    """

    kind: InlineKind
    text: str = ""
    children: tuple[Inline, ...] = ()
    href: str = ""


_OPENING: dict[str, InlineKind] = {
    "strong_open": "strong",
    "em_open": "emphasis",
    "s_open": "strike",
    "link_open": "link",
}
_BREAKS = ("softbreak", "hardbreak")


@dataclass(slots=True)
class _Open:
    kind: InlineKind
    href: str = ""
    children: list[Inline] = field(default_factory=list)


class _Builder:
    """Builds the trees. Closes open marks at the end of a line and reopens them in the next one."""

    def __init__(self) -> None:
        self.lines: list[tuple[Inline, ...]] = []
        self._line: list[Inline] = []
        self._stack: list[_Open] = []
        self._counted: list[bool] = []  # for each open token: whether it opened a node

    def add(self, token: Token) -> None:
        if kind := _OPENING.get(token.type):
            self._open(kind, str(token.attrs.get("href", "")))
        elif token.nesting < 0:
            if self._counted.pop():
                self._close()
        elif token.type in _BREAKS:
            self._break()
        elif token.type == "image":
            self._image(token)
        elif token.content:
            self._append(Inline("code" if token.type == "code_inline" else "text", token.content))

    def finish(self) -> list[tuple[Inline, ...]]:
        return [*self.lines, tuple(self._line)]

    def _open(self, kind: InlineKind, href: str = "") -> None:
        new = all(outer.kind != kind for outer in self._stack)
        self._counted.append(new)
        if new:
            self._stack.append(_Open(kind, href))

    def _close(self) -> None:
        if node := _finished(self._stack.pop()):
            self._append(node)

    def _append(self, node: Inline) -> None:
        (self._stack[-1].children if self._stack else self._line).append(node)

    def _image(self, token: Token) -> None:
        self._open("link", str(token.attrs.get("src", "")))
        for child in token.children or ():
            self.add(child)
        if self._counted.pop():
            self._close()

    def _break(self) -> None:
        if any(node.kind == "link" for node in self._stack):
            self._append(Inline("text", " "))
            return
        reopened = [_Open(node.kind) for node in self._stack]
        while self._stack:
            self._close()
        self.lines.append(tuple(self._line))
        self._line, self._stack = [], reopened


def _finished(node: _Open) -> Inline | None:
    children = tuple(node.children)
    if node.kind == "link" and not label(children).strip():
        children = (Inline("text", node.href),) if node.href else children
    if not children:
        return None
    if node.kind == "emphasis" and len(children) == 1 and children[0].kind == "strong":
        return Inline("strong", children=(Inline("emphasis", children=children[0].children),))
    return Inline(node.kind, children=children, href=node.href)


def inline_lines(tokens: Iterable[Token]) -> list[tuple[Inline, ...]]:
    """Returns the inline nodes of one block, line by line."""
    builder = _Builder()
    for token in tokens:
        builder.add(token)
    return builder.finish()


def label(nodes: Iterable[Inline]) -> str:
    """Returns the text of inline nodes without markup and link targets."""
    return "".join(_words(nodes))


def _words(nodes: Iterable[Inline]) -> Iterator[str]:
    for node in nodes:
        yield node.text
        yield from _words(node.children)


def is_written_out(node: Inline) -> bool:
    """Returns whether the label of a link is its address."""
    return label(node.children) in (node.href, node.href.removeprefix("mailto:").removeprefix("tel:"))


def plain_inlines(nodes: Iterable[Inline]) -> str:
    """Returns the text of inline nodes without markup. The target of a link follows its label in brackets."""
    out = []
    for node in nodes:
        inner = node.text or plain_inlines(node.children)
        told = node.kind == "link" and node.href and not is_written_out(node)
        out.append(f"{inner} ({node.href})" if told else inner)
    return "".join(out)
