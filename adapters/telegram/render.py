"""Renders neutral markdown as the HTML of Telegram's parse_mode=HTML.

HTML needs escapes only for `&`, `<`, `>` and quotes; MarkdownV2 refuses a text with any of 18 unescaped characters. The
visible text is never longer than the source, so a text within the limit still fits after rendering.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping

from adapters.markdown import Block, Inline, is_written_out, parse
from adapters.mentions import linked

_TAGS = {"strong": "b", "emphasis": "i", "strike": "s"}
_LINKS = re.compile(r"(?:https?://|mailto:|tg://|tel:)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,32}")
_MARKUP = re.compile(r"[*_~`\[<>\\#|+-]|\d[.)]")


def to_html(text: str) -> str:
    """Renders any text as well-formed HTML. The result is never empty, because Telegram refuses an empty text."""
    if not _MARKUP.search(text):
        return html.escape(text, quote=False)
    out: list[str] = []
    quoted: list[str] = []
    for block in parse(text):
        if block.quoted and block.kind not in ("code", "table"):  # Telegram allows neither inside a quote
            quoted.append(_block(block))
            continue
        if quoted:
            out.append(_quote(quoted))
            quoted = []
        out.append(_block(block))
    if quoted:
        out.append(_quote(quoted))
    rendered = "\n".join(out)
    return rendered if rendered.strip() else html.escape(text, quote=False)


def _quote(lines: list[str]) -> str:
    text = "\n".join(lines)
    return f"<blockquote>{text}</blockquote>" if text.strip() else text


def _block(block: Block) -> str:
    if block.kind in ("code", "table"):
        return _preformatted(block)
    if block.kind == "rule":
        return "———"
    if block.kind == "heading" and block.inlines:
        return f"{block.lead}<b>{_inlines(block.inlines, inside=frozenset({'b'}))}</b>"
    return block.lead + _inlines(block.inlines)


def _preformatted(block: Block) -> str:
    code = html.escape(block.text, quote=False)
    if not code.strip():
        return code  # Telegram refuses a message of empty tags
    if _LANGUAGE.fullmatch(block.info):
        return f'<pre><code class="language-{block.info}">{code}</code></pre>'
    return f"<pre>{code}</pre>"


def _inlines(nodes: Iterable[Inline], inside: frozenset[str] = frozenset()) -> str:
    return "".join(_inline(node, inside) for node in nodes)


def _inline(node: Inline, inside: frozenset[str]) -> str:
    if node.kind == "text":
        return html.escape(node.text, quote=False)
    if node.kind == "code":
        return f"<code>{html.escape(node.text, quote=False)}</code>" if node.text.strip() else html.escape(node.text)
    if node.kind == "link":
        inner = _inlines(node.children, inside | {"a"})
        if "a" in inside or not inner.strip():
            return inner
        if not _LINKS.match(node.href):
            # Telegram silently drops other targets; written out, they can be copied.
            told = node.href and not is_written_out(node)
            return f"{inner} ({html.escape(node.href, quote=False)})" if told else inner
        return f'<a href="{html.escape(node.href)}">{inner}</a>'
    tag = _TAGS[node.kind]
    inner = _inlines(node.children, inside | {tag})
    return inner if tag in inside else f"<{tag}>{inner}</{tag}>"


def with_mentions(rendered: str, people: Mapping[str, str]) -> str:
    """Writes the mentions of these people (ids by name) into a rendered text; also of people without a username."""
    ids = {name: person for name, person in people.items() if person.isdecimal()}
    return linked(rendered, ids, lambda person, name: f'<a href="tg://user?id={person}">{name}</a>', _escaped)


def _escaped(name: str) -> str:
    return html.escape(name, quote=False)
