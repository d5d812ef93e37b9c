"""Brings what people type into one form for the patterns of questions: small letters, no lead-in, slips mended."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bots.pipeline.engine.answer.grounded import plain_text_patterns as patterns
from bots.pipeline.engine.answer.questions import is_question
from clawdbot.chinese import simplified

HAN = re.compile(r"[\u4e00-\u9fff]")
_EDGES = ' \t\n.,!?;:~…。，！？；：、～"“”‘’()（）-—*_'
_NOT_TEXT = re.compile(r"[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")


def plain(text: str) -> str:
    """Returns the text in small letters, half-width and simplified, on one line, without marks at its ends."""
    half = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
    return " ".join(_NOT_TEXT.sub(" ", simplified(half).lower()).split()).strip(_EDGES)


def folded(text: str) -> str:
    """Returns the text in small letters and simplified, with each character in its place."""
    small = simplified(text.replace("’", "'").replace("‘", "'")).lower()
    return small if len(small) == len(text) else text


@lru_cache(maxsize=4096)
def asks(text: str) -> bool:
    """Tells whether a message or a clause asks, also in a sloppy way: "wheres my bike", "so you do now, how tall am i".

    A message asks when its last clause does.
    """
    bare = _NOT_TEXT.sub(" ", text).strip()
    if _asks(bare):
        return True
    words = plain(text)
    if HAN.search(words):
        return patterns.ASKS_BY_SOUND_ZH.search(words) is not None
    if "?" in bare and not patterns.STATES.search(words.rsplit("?", 1)[-1]):  # "in cm? 8.25 inches to cm"
        return True
    last = patterns.LAST_CLAUSE.split(words)[-1]
    return last != words and not patterns.EXCLAIMS.match(last) and _asks(last)


def _asks(text: str) -> bool:
    if is_question(text):
        return True
    words = plain(text)
    if patterns.ASKS_ALSO_ZH.search(words):
        return True
    if patterns.BEGINS_ASKING.match(words):
        return not re.search(r"^remember (?:my|the|our) .* (?:is|are)\b", words)
    asked = question(text)
    if patterns.TELLS_NOT.match(words):
        return False
    return is_question(asked) or (not HAN.search(words) and patterns.ASKS_LATE.search(asked) is not None)


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
