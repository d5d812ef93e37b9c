"""Markdown of a bot's answer as HTML that is safe to insert into a page.

Two layers, each sufficient alone: the parser never lets HTML through, and an allow-list cleans what it made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}
_SCHEMES = {"http", "https", "mailto"}
_LANGUAGE_CLASS = re.compile(r"language-[\w+#.-]{1,40}")
_BARE_LINK = re.compile(r"https?://[^\s<>\"'`,。，；！？、）】》]+[^\s<>\"'`.,;:!?)\]。，；！？、）】》]")
_ALIGN = re.compile(r"text-align:(left|right|center)")
MAX_CHARACTERS = 100_000


def render_markdown(text: str) -> str:
    """CommonMark with tables and strikethrough to sanitised HTML.

    Raw HTML is shown as text, images become links (nothing is loaded from elsewhere), links open in a new tab without
    a referrer. A text over 100 000 characters is shown as plain paragraphs.
    """
    return _render(text) if len(text) <= MAX_CHARACTERS else f"<p>{nh3.clean_text(text)}</p>"


@lru_cache(maxsize=512)
def _render(text: str) -> str:
    return nh3.clean(
        _PARSER.render(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel="noopener nofollow noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(),
    )


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "code" and name == "class":
        return value if _LANGUAGE_CLASS.fullmatch(value) else None
    return value


def _link_bare_addresses(state: StateCore) -> None:
    """Makes `https://…` in running text a link, as people expect in a chat."""
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = list(_with_links(token.children))


def _with_links(children: list[Token]) -> Iterator[Token]:
    inside = 0
    for child in children:
        inside += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type != "text" or inside or "://" not in child.content:
            yield child
            continue
        end = 0
        for match in _BARE_LINK.finditer(child.content):
            yield _text(child.content[end : match.start()])
            yield Token("link_open", "a", 1, attrs={"href": match.group()})
            yield _text(match.group())
            yield Token("link_close", "a", -1)
            end = match.end()
        yield _text(child.content[end:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _align_by_attribute(state: StateCore) -> None:
    """A strict content security policy drops style attributes, so table cells carry `align`."""
    for token in state.tokens:
        found = _ALIGN.search(str(token.attrs.pop("style", "")))
        if found:
            token.attrs["align"] = found.group(1)


def _images_as_links(state: StateCore) -> None:
    for token in state.tokens:
        if token.children:
            token.children = [part for child in token.children for part in _image_link(child)]


def _image_link(child: Token) -> list[Token]:
    if child.type != "image":
        return [child]
    address = str(child.attrs.get("src", ""))
    opening = Token("link_open", "a", 1, attrs={"href": address})
    return [opening, _text(child.content or address), Token("link_close", "a", -1)]


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.core.ruler.push("images_as_links", _images_as_links)
    parser.core.ruler.push("bare_links", _link_bare_addresses)
    parser.core.ruler.push("align", _align_by_attribute)
    return parser


_PARSER = _parser()
