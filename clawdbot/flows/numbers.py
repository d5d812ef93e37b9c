"""Reads one number from the words of a person, in digits or in words, in Chinese and English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from clawdbot.chinese import simplified

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
_ENGLISH = {word: at for at, word in enumerate(f"{_ONES} eighteen nineteen twenty".split())} | {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "dozen": 12,
    "a couple": 2,
    "half": 0.5,
}
_DIGITS = {character: at for at, character in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "俩": 2, "仨": 3}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_DIGIT_NUMBER = r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\d.]*\d)(?![ex]\d)"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_WORDS = re.compile(
    rf"(?P<digits>{_DIGIT_NUMBER})\s?(?P<unit>[百千万]|k\b)?(?![月号日点时])"
    rf"|\b(?P<tens>{_TENS})[- ](?P<ones>one|two|three|four|five|six|seven|eight|nine)\b"
    rf"|\b(?P<word>{'|'.join(sorted(_ENGLISH, key=len, reverse=True))})\b"
    rf"|(?<![周期拜第])(?P<chinese>[{''.join(_DIGITS)}十百千万]+)(?![月号日点时])(?P<half>半|个半)?|(?P<alone>半)",
    re.IGNORECASE,
)
_SMALL = "a|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_TO_99 = (
    rf"(?:{_TENS})(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|{'|'.join(_ONES.split())}|eighteen|nineteen"
)
_HUNDREDS = re.compile(rf"\b(?:(?P<count>{_SMALL}) )?hundred\b(?:(?: and)? (?P<rest>{_TO_99})\b)?")
_TIMES = re.compile(rf"\b(?P<count>{_SMALL}|\d{{1,3}}) (?P<unit>dozens?|thousand)\b")
_MINUS = re.compile(r"(?:\b(?:minus|negative)|负)\s*$")
_LONGEST = 15  # digits, which a double holds exactly


def find(text: str) -> list[float]:
    """Returns all numbers in the text, in order. Those of dates, and those with too many digits, count as none."""
    plain = _in_digits(simplified(unicodedata.normalize("NFKC", text)).lower())
    found = [_signed(plain, match) for match in _WORDS.finditer(plain)]
    return [number for number in found if number is not None]


def place(labels: Sequence[str], number: int) -> int | None:
    """Returns the place of the choice that a typed number means, from 0.

    None when there is none, or when it may as well be the number in the name of another choice: "4" for "Room 4", which
    is the first of the list.
    """
    named = [at for at, label in enumerate(labels) if re.search(rf"(?<!\d){number}(?![\d:])", label)]
    if 1 <= number <= len(labels):
        return number - 1 if len(named) != 1 or named == [number - 1] else None
    return named[0] if len(named) == 1 else None


def _in_digits(plain: str) -> str:
    """Writes hundreds, thousands and dozens in digits: "two hundred and five" is 205."""

    def hundreds(match: re.Match[str]) -> str:
        rest = match["rest"] or ""
        return str(100 * _count(match["count"] or "a") + (sum(map(int, find(rest))) if rest else 0))

    def times(match: re.Match[str]) -> str:
        return str(_count(match["count"]) * (1000 if match["unit"] == "thousand" else 12))

    return _TIMES.sub(times, _HUNDREDS.sub(hundreds, plain)) if "hundred" in plain or _TIMES.search(plain) else plain


def _count(word: str) -> int:
    return int(word) if word.isdecimal() else 1 if word == "a" else int(_ENGLISH[word])


def _signed(plain: str, match: re.Match[str]) -> float | None:
    value = _value(match)
    return -value if value is not None and _MINUS.search(plain[: match.start()]) else value


def _value(match: re.Match[str]) -> float | None:
    if digits := match["digits"]:
        if len(digits) > _LONGEST:
            return None
        number = float(digits.replace(",", ""))
        return number * ({"k": 1000} | _UNITS).get(match["unit"] or "", 1)
    if match["tens"]:
        return float(_ENGLISH[match["tens"]] + _ENGLISH[match["ones"]])
    if match["word"]:
        return float(_ENGLISH[match["word"]])
    if match["alone"]:
        return 0.5
    return _chinese(match["chinese"]) + (0.5 if match["half"] else 0.0)


def _chinese(written: str) -> float:
    """Returns the value of Chinese numerals: 三百二十五, and digit by digit 二〇二六."""
    if not any(character in _UNITS for character in written):
        return float("".join(str(_DIGITS[character]) for character in written))
    total = section = digit = 0
    for character in written:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character == "万":
            total, section, digit = (total + section + digit or 1) * 10_000, 0, 0
        else:
            section, digit = section + (digit or 1) * _UNITS[character], 0
    return float(total + section + digit)
