"""Reads "she", "it" and 她 as the relation that was named last: "my wife is Anna", "she is 34"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bots.pipeline.engine.answer.grounded import relations
from bots.pipeline.engine.answer.grounded.plain_text import is_chinese, question

_EN = re.compile(r"\b(?:(?P<own>his|her|its|their)(?= [a-z])|(?P<one>he|she|it|they|him|her|them))\b")
_ZH = re.compile(r"[他她它](?:们)?(?:的)?")
_BEGINS_EN = re.compile(r"(?:and |but |also )?(?:he|she|it|his|her|its)(?: |'s)", re.IGNORECASE)
_BEGINS_ZH = re.compile(r"(?:然后|而且|还有|但)?[他她它](?!们)")
_ANY = re.compile(r"\b(?:he|she|it|his|her|its)\b|[他她它]", re.IGNORECASE)
_PARTS = re.compile(r"[^.!?。！？；;，,]+[.!?。！？；;，,]*|[.!?。！？；;，,]+")
_NAMES = re.compile(r"叫(?:什么|啥)|名字|what.*name|called")
_ONLY_NAME = re.compile(
    r"(?:(?<=过[，,])|(?<=过的[，,])|(?<=过你[，,])|^)(?:就)?叫(?!我|你|什么|啥)[\u4e00-\u9fff]{1,6}$"
)
"""A name alone, behind a question for one."""
LONGEST = 300  # characters
_RELATION_EN = re.compile(
    rf"\b(?:my|our|an?|two|three|four|five) (?:(?P<adj>{relations.ADJECTIVE})[ -])?(?P<r>{relations.EN})\b"
)
_RELATION_ZH = re.compile(
    rf"我(?:家|们)?(?:有|养了?|[和跟])?(?:双胞胎)?(?:一)?(?:个|只|条)?(?:的)?(?P<r>{relations.ZH})"
)


def resolved(words: str, earlier: Iterable[str]) -> str:
    """Returns a text with the last relation of the earlier messages in place of its pronoun; "" without one.

    Args:
        words: The text, as `plain_text.question` gives it.
        earlier: The person's messages before it, latest first.
    """
    chinese = is_chinese(words)
    if not (_ZH if chinese else _EN).search(words):
        return ""
    for text in earlier:
        found = list((_RELATION_ZH if chinese else _RELATION_EN).finditer(question(text)))
        if found and chinese:
            return _ZH.sub(f"我{found[-1]['r']}", words, count=1)
        if found:
            return _in_place(" ".join(filter(None, ("my", found[-1]["adj"], found[-1]["r"]))), words)
    return ""


def _in_place(who: str, words: str) -> str:
    return _EN.sub(lambda match: f"{who}'s" if match["own"] else who, words, count=1)


def statement(text: str, earlier: Iterable[str]) -> str:
    """Returns a message whose parts that begin with a pronoun have the relation in its place: "he is a chef"."""
    if len(text) > LONGEST or not (_ANY.search(text) or _ONLY_NAME.search(text)):
        return text
    before = list(earlier)
    if before and _NAMES.search(before[0]) and (only := _ONLY_NAME.search(text)) is not None:
        text = f"{text[: only.start()]}他{only[0]}"
    parts = []
    for part in _PARTS.findall(text):
        parts.append(_part(part, before))
        before.insert(0, part)
    return "".join(parts)


def _part(text: str, earlier: Iterable[str]) -> str:
    said = text.lstrip()
    begins = (_BEGINS_ZH if is_chinese(said) else _BEGINS_EN).match(said)
    if begins is None or "?" in said or "？" in said:
        return text
    written = re.sub(r"^(?:and|but|also) |^(?:然后|而且|还有|但)", "", said, flags=re.IGNORECASE)
    first = re.match(r"[A-Za-z]+", written)
    lowered = written[: first.end()].lower() + written[first.end() :] if first else written
    lowered = lowered.replace("'s ", " is ", 1) if re.match(r"(?:he|she|it)'s ", lowered) else lowered
    meant = resolved(lowered, earlier)
    return text[: len(text) - len(said)] + meant if meant else text
