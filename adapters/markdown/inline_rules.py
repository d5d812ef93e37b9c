"""Inline rules that deviate from CommonMark, because models and chats mean something else."""

from __future__ import annotations

import re
import unicodedata

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline import autolink as commonmark_autolink
from markdown_it.rules_inline import escape as commonmark_escape
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType

from adapters.markdown.urls import address_end, unescaped

_SCHEME = re.compile(r"(?<![A-Za-z0-9])https?$", re.IGNORECASE)
_AUTOLINK = re.compile(r"<(?:(?:https?|mailto|tg|tel):[^\s<>]+|[^\s<>@:]+@[^\s<>@:]+)>", re.IGNORECASE)
_MATH = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_DOLLAR_MATH = re.compile(r"\$(?![\s$])[^$\n]*(?<![\s\\])\$(?![0-9A-Za-z])")
_DRIVE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]:$")
_PATH = re.compile(r"\\[^\s*?\"<>|`，。；、）]*")
_SHARE = re.compile(r"(?<!\S)\\\\[A-Za-z0-9][^\s*?\"<>|`，。；、）]*")
_ALWAYS_ESCAPED = "*_~`"
_SOMETIMES_ESCAPED = "#+-.!<>|$"
_IN_PATHS = "%)}.\\:"


class ChatInlineState(StateInline):
    """Decides which runs of `*`, `_` and `~` may open and close emphasis."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        """Applies CommonMark's flanking rules, except that wide characters are neither letters nor punctuation."""
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = self.src[start - 1] if start > 0 else " "
        after = self.src[end] if end < self.posMax else " "
        wide = _wide(before) or _wide(after)
        left = not after.isspace() and (wide or not _punctuation(after) or before.isspace() or _punctuation(before))
        right = not before.isspace() and (wide or not _punctuation(before) or after.isspace() or _punctuation(after))
        opens = left and (canSplitWord or not right or _punctuation(before))
        closes = right and (canSplitWord or not left or _punctuation(after))
        following = self.src[end + 1 : min(end + 2, self.posMax)]
        if self.src[start] == "*":
            pattern = _in_pattern(end - start, before, after, following)
            opens = opens and not pattern and not _in_arithmetic(end - start, before, after)
            closes = closes and not pattern
        elif self.src[start] == "_":
            opens = opens and before not in "/\\"
            closes = closes and after not in "/\\" and not (after == "." and following.isalnum())
        return Scanned(opens, closes, end - start)


def _punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _wide(character: str) -> bool:
    return character > "\u1100" and unicodedata.east_asian_width(character) in "WFH"


def _in_arithmetic(count: int, before: str, after: str) -> bool:
    """Recognises `2*3*4` and `x**2`: one star after a letter or digit opens nothing, nor do two before a digit."""
    return before.isascii() and before.isalnum() and (count == 1 or after.isdigit())


def _in_pattern(count: int, before: str, after: str, following: str) -> bool:
    """Recognises the stars of file patterns and schedules: `*.py`, `src/**/x`, `*/5`."""
    if count == 1 and after == "." and following.isalnum():
        return True
    return count <= 2 and "/" in (before, after) and not (before.isalnum() or after.isalnum())


class ChatInlineParser(ParserInline):
    """Parses with `ChatInlineState`."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """Parses the inline markup of one block."""
        state = ChatInlineState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def bare_address(state: StateInline, silent: bool) -> bool:
    """Parses `https://…` in running text as one link, whatever marks it contains."""
    if not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.src[max(0, state.pos - 6) : state.pos])
    if not scheme:
        return False
    start, body = state.pos - len(scheme[0]), state.pos + 3
    end = address_end(state.src, start, body, state.posMax)
    if end == body:
        return False
    if not silent:
        _push_address(state, scheme[0], state.src[state.pos : end])
    state.pos = end
    return True


def _push_address(state: StateInline, scheme: str, rest: str) -> None:
    address = scheme + unescaped(rest)
    if state.linkLevel or not state.pending.endswith(scheme):
        state.append_pending(unescaped(rest))
        return
    state.pending = state.pending[: -len(scheme)]
    state.push("link_open", "a", 1).attrs = {"href": address}
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)


def autolink(state: StateInline, silent: bool) -> bool:
    """Parses `<https://…>` and `<ann@e.com>`, but not every `<word:word>`, such as `<std::string>`."""
    return bool(_AUTOLINK.match(state.src, state.pos, state.posMax)) and commonmark_autolink(state, silent)


def formula(state: StateInline, silent: bool) -> bool:
    r"""Keeps LaTeX in `\(…\)`, `\[…\]`, `$…$` and `$$…$$` unchanged."""
    closing = _MATH.get(state.src[state.pos : state.pos + 2])
    if closing is not None:
        if state.html_terminator_last(closing) < state.pos + 2:
            return False
        found = state.src.find(closing, state.pos + 2, state.posMax)
        end = found + 2 if found >= 0 else 0
    else:
        match = _DOLLAR_MATH.match(state.src, state.pos, state.posMax)
        end = match.end() if match else 0
    return bool(end) and _verbatim(state, end, silent)


def windows_path(state: StateInline, silent: bool) -> bool:
    r"""Keeps the backslashes and underscores of `C:\Users\_me_\.ssh` and `\\server\share`."""
    at = state.pos
    if state.src[at] != "\\":
        return False
    match = _SHARE.match(state.src, at, state.posMax)
    if not match and _DRIVE.search(state.src[max(0, at - 3) : at]):
        match = _PATH.match(state.src, at, state.posMax)
    return match is not None and _verbatim(state, match.end(), silent)


def escape(state: StateInline, silent: bool) -> bool:
    """Lets a backslash escape markup, and keeps it before anything else, as in LaTeX and paths."""
    at = state.pos
    if state.src[at] != "\\":
        return False
    after = state.src[at + 1 : min(at + 2, state.posMax)]
    if after == "\n" or (after and after in _ALWAYS_ESCAPED):
        return commonmark_escape(state, silent)
    if after and after in _SOMETIMES_ESCAPED and not _inside_word(state.src, at):
        return commonmark_escape(state, silent)
    return _verbatim(state, at + (2 if after == "\\" else 1), silent)


def _inside_word(text: str, at: int) -> bool:
    r"""Returns whether the backslash at `at` is inside a word: in `me\.ssh`, but not in `Done\.`."""
    before, beyond = text[at - 1 : at], text[at + 2 : at + 3]
    joins = before.isalpha() or (before != "" and before in _IN_PATHS)
    return joins and (beyond.isalnum() or (beyond != "" and beyond in _IN_PATHS))


def _verbatim(state: StateInline, end: int, silent: bool) -> bool:
    if not silent:
        first, *rest = state.src[state.pos : end].split("\n")
        state.append_pending(first)
        for line in rest:
            state.push("softbreak", "br", 0)
            state.append_pending(line)
    state.pos = end
    return True
