"""Small language rules: is this a question, and "my sister" told to the one who said it is "your sister"."""

from __future__ import annotations

import re

_QUESTION_MARK = re.compile(r"[??]\s*$")
_ENGLISH_QUESTION = re.compile(
    r"^\W*(and |so |but |please |ok(ay)?,? )?"
    r"(who|whom|whose|what|what's|when|where|which|why|how|do|does|did|is|are|was|were|am|can|could|will|would|should|has|"
    r"have|had|tell me|remind me|do you (know|remember))\b",
    re.IGNORECASE,
)
_CHINESE_QUESTION = re.compile(
    r"[吗呢么]\W*$|什么|哪|谁|几[个岁点号月天]|多少|多大|多久|多长|怎么|怎样|为什么|为何|何时|是不是|有没有|能不能|记得.{0,12}[吗么]"
)

_SWAPS = (
    (re.compile(r"\bI am\b|\bI['’]m\b", re.IGNORECASE), "you are"),
    (re.compile(r"\bam I\b", re.IGNORECASE), "are you"),
    (re.compile(r"\bI was\b", re.IGNORECASE), "you were"),
    (re.compile(r"\bwas I\b", re.IGNORECASE), "were you"),
    (re.compile(r"\bI['’]ve\b", re.IGNORECASE), "you have"),
    (re.compile(r"\bI['’]ll\b", re.IGNORECASE), "you will"),
    (re.compile(r"\bI['’]d\b", re.IGNORECASE), "you would"),
    (re.compile(r"\bI\b"), "you"),
    (re.compile(r"\b(my|our)\b", re.IGNORECASE), "your"),
    (re.compile(r"\b(mine|ours)\b", re.IGNORECASE), "yours"),
    (re.compile(r"\bmyself\b", re.IGNORECASE), "yourself"),
    (re.compile(r"\b(me|us|we)\b"), "you"),
    (re.compile(r"\bWe\b"), "you"),
)


def is_question(text: str) -> bool:
    """Whether the message asks something, with or without a question mark; English and Chinese."""
    return bool(_QUESTION_MARK.search(text) or _ENGLISH_QUESTION.match(text) or _CHINESE_QUESTION.search(text))


def to_second_person(text: str) -> str:
    """What "I" said, as one tells it to them: "My sister lives here" becomes "Your sister lives here"."""
    for pattern, replacement in _SWAPS:
        text = pattern.sub(replacement, text)
    return text[:1].upper() + text[1:]
