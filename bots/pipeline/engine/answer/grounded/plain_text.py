"""Brings what people type into one form for the patterns of questions: small letters, no lead-in, slips mended."""

from __future__ import annotations

import re
import unicodedata

from bots.pipeline.engine.answer.grounded import plain_text_patterns as patterns
from clawdbot.chinese import simplified

HAN = re.compile(r"[\u4e00-\u9fff]")
_EDGES = ' \t\n.,!?;:~…。，！？；：、～"“”‘’()（）-—*_'
_NOT_TEXT = re.compile(r"[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")


def plain(text: str) -> str:
    """Returns the text in small letters, half-width and simplified, on one line, without marks at its ends."""
    folded = simplified(unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")).lower()
    return " ".join(_NOT_TEXT.sub(" ", folded).split()).strip(_EDGES)


def question(text: str) -> str:
    """Returns the question in a text without what stands around it: "hey, do you know my name pls" gives "my name"."""
    words = plain(text)
    if is_chinese(words):
        return _chinese(words)
    words = " ".join(patterns.SLIPS.get(word, word) for word in re.findall(r"[^\s,]+|,", words)).replace(" ,", ",")
    return _stripped(words.replace(" us ", " me "), (patterns.LEAD_EN, patterns.ASKING_EN), patterns.TAIL_EN)


def _chinese(words: str) -> str:
    for wrong, right in patterns.SLIPS_ZH:
        words = words.replace(wrong, right)
    compact = re.sub(r"(?<=[\u4e00-\u9fff])\s+|\s+(?=[\u4e00-\u9fff])", "", words)
    left = _stripped(compact, (patterns.LEAD_ZH,), patterns.TAIL_ZH)
    return re.sub(r"(?<!什)[吗么]$", "", left) if patterns.ASKS_ZH.search(left) else left


def _stripped(words: str, leads: tuple[re.Pattern[str], ...], tail: re.Pattern[str]) -> str:
    before = ""
    while words != before:
        before = words
        for pattern in leads:
            left = pattern.sub("", words).strip(_EDGES)
            words = left or words
        words = tail.sub("", words).strip(_EDGES) or words
    return words


def is_chinese(text: str) -> bool:
    """Tells whether Han characters prevail over Latin words."""
    han = len(HAN.findall(text))
    return han > 0 and han >= len(re.findall(r"[A-Za-z]+", text))
