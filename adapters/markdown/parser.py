"""Configures the markdown parser: CommonMark, tables, strikethrough, bare addresses, and rules for chat.

These rules of CommonMark are off, because chats use the notation for something else: HTML and entities (shown as
typed), indented code (models indent for other reasons), headings by underlining (`---` below a line is a rule),
reference definitions (their lines would vanish, and the pieces of a split text would lack them).
"""

from __future__ import annotations

from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.token import Token

from adapters.markdown import block_rules, inline_rules

_OFF = ["code", "entity", "html_block", "html_inline", "lheading", "reference"]


class ChatMarkdown(MarkdownIt):
    """Keeps addresses as written. The renderers decide which of them may be links."""

    def validateLink(self, url: str) -> bool:
        """Accepts every address."""
        return True

    def normalizeLink(self, url: str) -> str:
        """Returns an address unchanged."""
        return url

    def normalizeLinkText(self, link: str) -> str:
        """Returns an address unchanged."""
        return link


def _configured() -> ChatMarkdown:
    parser = ChatMarkdown("commonmark")
    parser.inline = inline_rules.ChatInlineParser()
    parser.configure("commonmark", {"html": False, "breaks": True})
    parser.enable(["table", "strikethrough"]).disable(_OFF)
    inline, block = parser.inline.ruler, parser.block.ruler
    inline.before("newline", "bare_address", inline_rules.bare_address)
    inline.before("escape", "formula", inline_rules.formula)
    inline.before("escape", "windows_path", inline_rules.windows_path)
    inline.at("escape", inline_rules.escape)
    inline.at("autolink", inline_rules.autolink)
    block.at("table", block_rules.table_with_source, _ends("paragraph"))
    block.at("fence", block_rules.fence_to_its_end, _ends("paragraph", "blockquote", "list"))
    block.at("blockquote", block_rules.shallow_quote, _ends("paragraph", "blockquote", "list"))
    block.at("list", block_rules.list_with_content, _ends("paragraph", "blockquote"))
    block.at("paragraph", block_rules.paragraph)
    block.before("fence", "formula", block_rules.formula, _ends("paragraph", "blockquote"))
    block.before("fence", "hard_end", block_rules.hard_end, _ends("blockquote"))
    return parser


def _ends(*rules: str) -> RuleOptionsType:
    """Returns the options of a block that may follow blocks of these kinds without a blank line."""
    return {"alt": list(rules)}


PARSER = _configured()


def tokens(text: str) -> list[Token]:
    """Returns all tokens of a text, with inline tokens as children."""
    return PARSER.parse(text)


@lru_cache(maxsize=8)  # splitting and rendering parse the same texts
def block_tokens(text: str) -> tuple[Token, ...]:
    """Returns the block tokens of a text whose lines end with a line feed. Does not parse inline markup."""
    return tuple(PARSER.block.parse(text, PARSER, {}, []) or ())
