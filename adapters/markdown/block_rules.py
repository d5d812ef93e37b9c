"""Block rules that deviate from CommonMark, because models and chats mean something else."""

from __future__ import annotations

import re
from bisect import bisect_left

from markdown_it.rules_block import StateBlock, blockquote, fence, list_block, table

MAX_LEVEL = 16  # nesting of quotes and lists; deeper ones are text
_BARE_MARKER = re.compile(r"[ \t]*(?:\d{1,9}[.)]|[-+*])[ \t]*$")
_MATH = {"\\[": "\\]", "$$": "$$"}


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def hard_end(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Ends a quote at the first line without `>`, and a table at the first line without `|`."""
    if not silent:
        return False
    return state.parentType == "blockquote" or (state.parentType == "table" and "|" not in _line(state, startLine))


def shallow_quote(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Parses a quote, unless it is nested too deeply: markdown-it would drop its text."""
    return state.level < MAX_LEVEL and blockquote(state, startLine, endLine, silent)


def list_with_content(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Parses a list, unless it is a bare marker: an answer of `42.` is a number."""
    if state.level >= MAX_LEVEL:
        return False
    if _BARE_MARKER.match(_line(state, startLine)):
        following = startLine + 1
        if following >= endLine or state.isEmpty(following) or state.sCount[following] <= state.sCount[startLine]:
            return False
    return list_block(state, startLine, endLine, silent)


def fence_to_its_end(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Parses a code block up to its closing fence, even when its lines are indented less than the list around it."""
    indent, state.blkIndent = state.blkIndent, 0
    try:
        return fence(state, startLine, endLine, silent)
    finally:
        state.blkIndent = indent


def table_with_source(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Parses a table. Its opening token carries the source, for platforms that show the table as typed."""
    at = len(state.tokens)
    if not table(state, startLine, endLine, silent):
        return False
    if not silent:
        state.tokens[at].content = state.getLines(startLine, state.line, state.blkIndent, False)
    return True


def formula(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    r"""Parses LaTeX from `\[` or `$$` to its end as a paragraph, so that no line of it becomes a list or heading."""
    opening = _line(state, startLine).strip()
    closing = _MATH.get(opening[:2])
    if closing is None or closing in opening[2:]:
        return False
    found = state.src.find(closing, state.eMarks[startLine])
    end = bisect_left(state.eMarks, found)  # number of the line with the closing mark
    if found < 0 or end >= endLine or state.src[found + 2 : state.eMarks[end]].strip():
        return False
    if not silent:
        _push_paragraph(state, startLine, end + 1)
    return True


def paragraph(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Parses a paragraph, which any block may end, however far the block is indented."""
    rules = state.md.block.ruler.getRules("paragraph")
    parent, state.parentType = state.parentType, "paragraph"
    end = startLine + 1
    while end < state.lineMax and not state.isEmpty(end):
        if any(rule(state, end, state.lineMax, True) for rule in rules):
            break
        end += 1
    _push_paragraph(state, startLine, end)
    state.parentType = parent
    return True


def _push_paragraph(state: StateBlock, start: int, end: int) -> None:
    state.line = end
    opening = state.push("paragraph_open", "p", 1)
    inline = state.push("inline", "", 0)
    opening.map = inline.map = [start, end]
    inline.content = state.getLines(start, end, state.blkIndent, False).strip()
    inline.children = []
    state.push("paragraph_close", "p", -1)
