"""Neutralises text that people wrote, so that a prompt can hold it as data."""

from __future__ import annotations

import re
import unicodedata

_WHITESPACE = re.compile(r"\s+")
# Anything that could be a tag of our fences or of a chat template, also with invisible characters inside.
_TAG = re.compile(
    r"[<\uff1c\ufe64](?=[<\uff1c\ufe64]*(?:\s*[/|\uff0f\uff5c]|[!?a-z]|\s*(?:memory|summary|quoted|forwarded|result)))",
    re.IGNORECASE,
)
_TAG_END = re.compile(r"(memory|summary|quoted|forwarded|result)(\s*)>", re.IGNORECASE)
_INSTRUCTION = re.compile(r"\[(\s*/?\s*(?:INST|SYS|SYSTEM)\s*)\]", re.IGNORECASE)
_CLOSING = re.compile(r"\|\s*>")
_INDENT = re.compile(r"( {0,40})(.*)")
# Emoji, Persian and Indic words need the joiners; other invisible characters can only hide something.
_JOINERS = "\u200c\u200d"


def neutral(text: str) -> str:
    """Returns one line that can neither close the fence around it nor open a turn of a chat template."""
    line = _WHITESPACE.sub(" ", text).strip()
    if line.isascii() and not any(mark in line for mark in "<[|\x1b\x7f\x00"):
        return line
    line = "".join(char for char in line if char in _JOINERS or unicodedata.category(char) not in ("Cf", "Cc", "Cs"))
    line = _TAG_END.sub("\\1\\2\u203a", _TAG.sub("\u2039", line))
    line = _INSTRUCTION.sub(r"(\1)", line)
    return _CLOSING.sub("| \u203a", line)


def neutral_lines(text: str) -> str:
    """Returns the text with its lines and their indentation, each line neutral."""
    lines = (_INDENT.match(line) for line in text.expandtabs(4).splitlines())
    return "\n".join(" " * len(found[1]) + neutral(found[2]) for found in lines if found).strip("\n")
