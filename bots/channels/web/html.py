"""Renders the markdown of an answer as HTML that is safe to insert into a page.

Two layers protect the page, each sufficient alone: the parser passes no HTML and no dangerous address, and an
allow-list sanitises its output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import nh3
from markdown_it.token import Token

from adapters.markdown.parser import PARSER, tokens

_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}
_SCHEMES = {"http", "https", "mailto"}
_LANGUAGE_CLASS = re.compile(r"language-[\w+#.-]{1,40}")
_ALIGN = re.compile(r"text-align:(left|right|center)")
MAX_CHARACTERS = 100_000


def render_markdown(text: str) -> str:
    """Renders CommonMark with tables and strikethrough as sanitised HTML.

    Raw HTML is shown as text. Images become links, so that the page loads nothing from other sites. Links open in a new
    tab without a referrer. A text of more than `MAX_CHARACTERS` becomes one plain paragraph.
    """
    return _render(text) if len(text) <= MAX_CHARACTERS else f"<p>{nh3.clean_text(text)}</p>"


@lru_cache(maxsize=512)
def _render(text: str) -> str:
    return nh3.clean(
        PARSER.renderer.render([_shown(token) for token in tokens(text)], PARSER.options, {}),
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


def _shown(token: Token) -> Token:
    """Returns the token as the page shows it."""
    if found := _ALIGN.search(str(token.attrs.pop("style", ""))):
        token.attrs["align"] = found[1]  # a strict content security policy drops style attributes
    if token.children:
        token.children = list(_inlines(token.children))
    return token


def _inlines(children: Iterable[Token]) -> Iterator[Token]:
    """Turns images into links, and links with forbidden schemes into text."""
    dropped: list[str] = []
    for token in children:
        if token.type == "image":
            yield from _inlines(_image_link(token))
        elif token.type == "link_open" and not _may_open(str(token.attrs["href"])):
            dropped.append(str(token.attrs["href"]))
        elif token.type == "link_close" and dropped:
            yield _text(f" ({dropped.pop()})")
        else:
            yield token


def _may_open(address: str) -> bool:
    return address.partition(":")[0].lower() in _SCHEMES


def _image_link(image: Token) -> list[Token]:
    address = str(image.attrs.get("src", ""))
    opening = Token("link_open", "a", 1, attrs={"href": address})
    return [opening, _text(image.content or address), Token("link_close", "a", -1)]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
