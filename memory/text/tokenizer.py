"""One tokenizer for what is stored and what is asked.

Latin (and any other alphabetic) words are lower-cased, ASCII words stemmed; runs of Han, kana and hangul become
single characters and pairs, because a run kept whole finds almost nothing (recall@10 .195 against .815). Traditional
Chinese is compared as simplified.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from datetime import datetime
from functools import lru_cache

from clawdbot.chinese import simplified
from memory.text.dates import event_terms, resolve

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff々〇"
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_WORD = re.compile(rf"(?P<cjk>[{_CJK}]+)|[^\W_{_CJK}]+(?:'[a-z]+)?")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'"})
_stemmer_lock = threading.Lock()


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    base = word.removesuffix("'s").replace("'", "")
    if len(base) < 4 or not base.isalpha():
        return base
    with _stemmer_lock:  # the stemmer keeps its word in itself
        return str(_stemmer().stemWord(base))


@lru_cache(maxsize=1)
def _stemmer():  # type: ignore[no-untyped-def]  # snowballstemmer ships no types
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def tokenize(text: str) -> list[str]:
    """The index terms of a text, in order, repeated as often as they occur; no term contains a space."""
    folded = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    if folded.isascii():
        return [_stem(word) for word in _ASCII_WORD.findall(folded)]
    terms: list[str] = []
    for match in _WORD.finditer(simplified(folded)):
        word = match.group()
        if match.lastgroup == "cjk":
            terms.extend(word)
            terms.extend(word[i : i + 2] for i in range(len(word) - 1))
        else:
            terms.append(_stem(word) if word.isascii() else word.replace("'", ""))
    return terms


def date_terms(at: datetime) -> list[str]:
    """Terms for the day, the month and the year of a moment, in its own zone.

    They hold a digit-letter mix no ordinary word has, so "May" in a text never matches the month it was said in.
    """
    return [f"d{at:%Y%m%d}", f"d{at:%m%d}", f"m{at:%Y%m}"]


# Some fifty pages; longer texts are kept whole and found by their beginning.
INDEXED_CHARACTERS = 100_000


def index_terms(text: str, speaker: str, at: datetime) -> list[str]:
    """What is indexed for one turn: who said it, what, when, and of which days it speaks.

    Of an enormous text only the beginning is indexed: the terms of Han take several times the room of the text, and a
    database takes no statement of any size.
    """
    words = tokenize(text[:INDEXED_CHARACTERS])
    return tokenize(speaker) + words + date_terms(at) + event_terms(resolve(text, at.date()))
