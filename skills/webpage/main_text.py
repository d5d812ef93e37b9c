"""Takes the readable text out of HTML in one pass, whose time grows with the size of the page only.

A page comes from anywhere, and parsers that build a tree can be kept busy for minutes by one that is made for it
(`<p<p<p…`, 300,000 nested <div>). So this reads tags one by one and leaves out what readers skip: scripts, navigation,
footers, banners, and runs of links.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

# No "<" inside and a bounded length: a tag that never ends costs nothing.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})((?:[^<>\"']|\"[^\"<]{0,2000}\"|'[^'<]{0,2000}'){0,200})>")
_RAW = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "select", "textarea", "title", "math"})
_SKIPPED = frozenset({"nav", "footer", "aside", "button", "dialog", "menu"})
_MAIN = frozenset({"article", "main"})
_CONTAINERS = frozenset({"div", "section", "ul", "ol", "header", "table", "span", "p", "form"})
_BOILERPLATE = re.compile(
    r"(?:class|id|role)\s*=\s*[\"']?[^\"'>]{0,200}?\b(?:nav(?:bar|igation)?|menu|footer|cookie|sidebar|breadcrumbs?|banner|share|social"
    r"|advert\w*|ads?|popup|modal|newsletter|subscribe|related|copyright|toolbar|skip-link)(?![a-z])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"(?:^|\s)hidden(?=[\s=/]|$)|aria-hidden\s*=\s*[\"']?true|display\s*:\s*none", re.IGNORECASE)
_VOID = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr"}
)
_BREAKS = frozenset(
    {"p", "div", "br", "hr", "li", "tr", "ul", "ol", "dl", "dt", "dd", "table", "section", "article", "main", "header"}
    | {
        "footer",
        "nav",
        "aside",
        "blockquote",
        "pre",
        "figure",
        "figcaption",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    }
)
_LINK_SHARE = 0.8
_LINK_RUN = 3  # lines; so many lines of links are navigation
_LEAST_MAIN = 140  # characters; a shorter <main> or <article> is a part of the page only
_DEEPEST = 2000  # nested elements; deeper ones are read, but not told apart


@dataclass(slots=True)
class _Line:
    parts: list[str] = field(default_factory=list)
    linked: int = 0
    main: bool = False

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())


class _Reader:
    """Keeps which elements are open, and collects lines."""

    def __init__(self) -> None:
        self.lines: list[_Line] = [_Line()]
        self._open: list[tuple[str, bool]] = []
        self._count: Counter[str] = Counter()
        self._skipping = 0

    def start(self, name: str, attributes: str) -> None:
        self._break(name)
        if name in _VOID or len(self._open) >= _DEEPEST or attributes.endswith("/"):
            return
        skipped = name in _SKIPPED or _HIDDEN.search(attributes) is not None
        if name in _CONTAINERS and not self._in_main:
            skipped = skipped or _BOILERPLATE.search(attributes) is not None
        self._open.append((name, skipped))
        self._count[name] += 1
        self._skipping += skipped

    def end(self, name: str) -> None:
        self._break(name)
        if not self._count[name]:
            return
        while self._open:
            last, skipped = self._open.pop()
            self._count[last] -= 1
            self._skipping -= skipped
            if last == name:
                return

    def text(self, said: str) -> None:
        if self._skipping:
            return
        line = self.lines[-1]
        line.parts.append(said)
        line.main = self._in_main
        if self._count["a"]:
            line.linked += len(said.strip())

    @property
    def _in_main(self) -> bool:
        return any(self._count[name] for name in _MAIN)

    def _break(self, name: str) -> None:
        if name in _BREAKS:
            if self.lines[-1].parts:
                self.lines.append(_Line())
        elif name in ("td", "th"):
            self.lines[-1].parts.append(" ")


def main_text(source: str) -> str:
    """Returns the text of a page in lines, without what stands around the content."""
    reader = _Reader()
    for name, ends, content in _pieces(source):
        if not name:
            reader.text(html.unescape(content))
        elif ends:
            reader.end(name)
        else:
            reader.start(name, content)
    lines = [line for line in reader.lines if line.text]
    inside = [line for line in lines if line.main]
    if sum(len(line.text) for line in inside) >= _LEAST_MAIN:
        lines = inside
    return "\n".join(line.text for line in _without_links(lines))


def _pieces(source: str) -> Iterator[tuple[str, bool, str]]:
    """Yields (element, whether it ends, attributes) for tags and ("", False, text) for text between them."""
    at = 0
    while (begin := source.find("<", at)) >= 0:
        if begin > at:
            yield "", False, source[at:begin]
        if source.startswith("<!--", begin):
            at = _after(source, "-->", begin)
        elif (found := _TAG.match(source, begin)) is not None:
            name, ends, at = found[2].lower(), bool(found[1]), found.end()
            yield name, ends, found[3]
            if name in _RAW and not ends:
                closing = re.compile(rf"</{name}\b", re.IGNORECASE).search(source, at)
                at = closing.start() if closing else len(source)
        elif source[begin + 1 : begin + 2] in ("!", "?"):
            at = _after(source, ">", begin)
        else:
            at = begin + 1
            if source[at : at + 1] in (" ", "=", "3") or source[at : at + 1].isdigit():  # a < b
                yield "", False, "<"
    if at < len(source):
        yield "", False, source[at:]


def _after(source: str, mark: str, begin: int) -> int:
    found = source.find(mark, begin)
    return len(source) if found < 0 else found + len(mark)


def _without_links(lines: list[_Line]) -> list[_Line]:
    kept: list[_Line] = []
    run: list[_Line] = []
    for line in [*lines, _Line()]:
        if line.text and line.linked >= _LINK_SHARE * len(line.text):
            run.append(line)
            continue
        kept += run if len(run) < _LINK_RUN else []
        run = []
        kept.append(line)
    return kept[:-1]
