"""Recognises texts that no person said: prompts, recalled text, tool output. Nothing is derived from them."""

from __future__ import annotations

import re

# Words of somebody else: forwarded ones stand as a block quote under a heading, and people type block quotes too.
_PASSED_ON = re.compile(
    r"^[ \t]*(?:(?:>|&gt;).*|\[Forwarded(?: from [^\]\n]*)?\]|【转发(?:自[^】\n]*)?】)[ \t]*$", re.MULTILINE
)
# What a person shared (a place, a contact, a poll, an order) is a line of its own; others may have written it.
_SHARED = re.compile(
    r"^(?:\[(?:Place|Contact|Poll|Order): [^\]\n]*\]|【(?:位置|联系人|投票|订单)：[^】\n]*】)$", re.MULTILINE
)
LONGEST = 4000  # characters; longer texts are pasted
_MARKS = re.compile(
    r"<\s*/?\s*(?:memory|summary|quoted|forwarded|system|tool_call|tool_response|function_calls?)\s*>|<\|\w+\|>|\[/?INST\]|<<SYS>>"
    r"|^(?:system|assistant|tool) ?(?:prompt)?:|Traceback \(most recent call last\)|^\s*at [\w.$]+\([\w.]+:\d+\)"
    r"|```|\bignore (?:all |any )?(?:previous|prior|above) (?:instructions|prompts)"
    r"|忽略(?:以上|之前|前面)的?(?:所有)?(?:指令|提示)",
    re.IGNORECASE | re.MULTILINE,
)
_NOTE = re.compile(r"^\s*-? ?\d{4}-\d{2}-\d{2} .{1,200}? said: ", re.MULTILINE)
_BLOB = re.compile(r"[A-Za-z0-9+/=_-]{80,}")


def is_junk(text: str) -> bool:
    """Tells whether a text is probably not something that a person said."""
    body = text.strip()
    if not body or len(body) > LONGEST or _MARKS.search(body) or _NOTE.search(body) or _BLOB.search(body):
        return True
    if body[0] in "{[" and body[-1] in "}]":
        return True
    telling = sum(character.isalnum() or character.isspace() for character in body)
    return len(body) > 40 and telling < 0.6 * len(body)


def passes_on(text: str) -> bool:
    """Tells whether a turn holds forwarded or quoted words of somebody else."""
    return _PASSED_ON.search(text) is not None


def own_words(text: str) -> str:
    """Returns the text of a turn without what the person only shared, forwarded or quoted."""
    return _SHARED.sub("", _PASSED_ON.sub("", text)).strip()
