"""Tokenizes both memories and questions.

Alphabetic words are lower-cased, and ASCII words are stemmed. Runs of Han, kana and hangul become single characters
and pairs, because whole runs match almost nothing (recall@10 .195 against .815). Traditional Chinese is converted to
simplified.
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
    with _stemmer_lock:  # the stemmer is stateful
        return str(_stemmer().stemWord(base))


@lru_cache(maxsize=1)
def _stemmer():  # type: ignore[no-untyped-def]  # snowballstemmer ships no types
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def tokenize(text: str) -> list[str]:
    """Returns the index terms of a text, in order and with repetitions; no term contains a space."""
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
    """Returns index terms for the day (with and without the year) and the month of a datetime, in its own zone.

    They mix letters and digits as no ordinary word does, so "May" in a text never matches the month it was said in.
    """
    return [f"d{at:%Y%m%d}", f"d{at:%m%d}", f"m{at:%Y%m}"]


# About fifty pages; longer texts are stored whole but only their beginning is indexed.
INDEXED_CHARACTERS = 100_000


def index_terms(text: str, speaker: str, at: datetime) -> list[str]:
    """Returns the index terms of a turn: its speaker, words, day, and the dates in its text.

    Only the beginning of a very long text is indexed, because terms of Han take several times the space of the text
    and databases limit the size of a statement.
    """
    words = tokenize(text[:INDEXED_CHARACTERS])
    return tokenize(speaker) + words + date_terms(at) + event_terms(resolve(text, at.date()))
