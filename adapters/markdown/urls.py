"""Finds the end of a bare web address in running text."""

from __future__ import annotations

import re

_BODY = re.compile(r"(?:[^\s<>\"|\\^`，。；！？、：（）【】《》〈〉「」『』“”‘’…—]|\\[_*~&#-])+")
_ESCAPED = re.compile(r"\\([_*~&#-])")
_MARKS_BEFORE_CJK = re.compile(r"[*~]+(?=[^\x00-\x7f])")
_CLOSING = {"**": re.compile(r"(?<!/)\*\*|\*\*(?!/)"), "~~": re.compile("~~")}  # but not in `src/**/x`
_PAIRS = {")": "(", "]": "["}
_LOOK_BACK = 1000


def address_end(text: str, start: int, body: int, end: int) -> int:
    """Returns the end of the address at `start`, without punctuation and emphasis marks around it.

    Args:
        text: Text that contains the address.
        start: Start of the scheme.
        body: Start of the host.
        end: End of the text to search.

    Returns:
        The end; `body` when no host follows.
    """
    match = _BODY.match(text, body, end)
    if not match:
        return body
    end = _balanced_end(text, body, match.end())
    if marks := _MARKS_BEFORE_CJK.search(text, body, end):
        end = marks.start()
    before = text[max(0, start - _LOOK_BACK) : start]
    for mark, closing in _CLOSING.items():
        if before.count(mark) % 2 and (closed := closing.search(text, body, end)):
            end = closed.start()
    trailing = ".,;:!?'" + "".join(mark for mark in "*_~" if mark in before)
    while end > body and text[end - 1] in trailing:
        end -= 1
    return end


def _balanced_end(text: str, start: int, end: int) -> int:
    """Returns `end`, or the position of the first closing bracket without an opening one in the address."""
    opened = {"(": 0, "[": 0}
    for at in range(start, end):
        character = text[at]
        if character in opened:
            opened[character] += 1
        elif bracket := _PAIRS.get(character):
            if not opened[bracket]:
                return at
            opened[bracket] -= 1
    return end


def unescaped(address: str) -> str:
    """Returns the address without the backslashes that models put before marks such as `_` and `*`."""
    return _ESCAPED.sub(r"\1", address)
