"""Writes number words of both languages as digits: "three hundred and five", 三百零五, 三点五, 两万."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from clawdbot.chinese import simplified

_DIGITS = {word: value for value, word in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_ZH = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?")
_MIXED = re.compile(r"(\d+(?:\.\d+)?)\s*(千|百万|千万|万|百亿|亿)(?![零〇一二两三四五六七八九十百\d])")
_SEVERAL = re.compile(r"(?:\d+(?:\.\d+)?(?:千万|百万|百亿|亿|万|千)){2,}(?![零〇一二两三四五六七八九十百\d])")
_GROUP = re.compile(r"(\d+(?:\.\d+)?)(千万|百万|百亿|亿|万|千)")
_FACTORS = {"千": 10**3, "百万": 10**6, "千万": 10**7, "万": 10**4, "百亿": 10**10, "亿": 10**8}

_EN_SMALL = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split()
    )
}
_EN_TENS = {
    word: value * 10
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_EN_FACTORS = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_EN_WORD = "|".join((*_EN_SMALL, *_EN_TENS, *_EN_FACTORS))
_EN = re.compile(
    rf"\b(?:{_EN_WORD})(?:(?:[\s-]+(?:and\s+)?)(?:{_EN_WORD})\b)*(?:\s+point(?:\s+(?:{_EN_WORD})\b)+)?", re.I
)


def plain(text: str) -> str:
    """Returns the text with half-width characters and simplified Chinese, without spaces at its ends."""
    return simplified(unicodedata.normalize("NFKC", text).replace("’", "'")).strip()


def digits_for_words(text: str) -> str:
    """Returns `plain` text with its number words written in digits."""
    text = _SEVERAL.sub(
        lambda found: _shown(
            sum((Decimal(one) * _FACTORS[unit] for one, unit in _GROUP.findall(found[0])), Decimal(0))
        ),
        text,
    )  # 3亿5千万
    text = _MIXED.sub(lambda found: _shown(Decimal(found[1]) * _FACTORS[found[2]]), text)
    text = _ZH.sub(lambda found: chinese(found[0]) or found[0], text)
    return _EN.sub(lambda found: english(found[0]) or found[0], text)


def chinese(words: str) -> str:
    """Returns the digits of a Chinese number; "" when the words are none, such as 万 alone or 一百一十一十."""
    whole, _point, fraction = words.partition("点")
    value = _digit_by_digit(whole) if not set(whole) & {*_TENS, *_MYRIADS} else _with_units(whole)
    if value is None:
        return ""
    if fraction:
        return f"{value}.{''.join(str(_DIGITS[word]) for word in fraction)}"
    return str(value)


def _digit_by_digit(words: str) -> int | None:
    """Reads 二零二六 as 2026."""
    return int("".join(str(_DIGITS[word]) for word in words)) if words else None


def _with_units(words: str) -> int | None:
    total, section, digit, last_unit = 0, 0, -1, 10**9
    for word in words:
        if word in _DIGITS:
            if digit > 0:  # 三五百 and the like are no numbers
                return None
            digit = _DIGITS[word]
        elif word in _TENS:
            unit = _TENS[word]
            if unit >= last_unit or (digit < 0 and (unit != 10 or section)):
                return None
            section += max(digit, 1) * unit
            digit, last_unit = -1, unit
        else:
            if digit < 0 and not section:
                return None
            section += max(digit, 0)
            total = (total + section) * _MYRIADS[word] if word == "亿" else total + section * _MYRIADS[word]
            section, digit, last_unit = 0, -1, 10**9
    if digit > 0 and words[-2:-1] and words[-2] in {**_TENS, **_MYRIADS}:
        unit = _TENS.get(words[-2]) or _MYRIADS[words[-2]]
        return total + section + (digit * unit // 10 if unit > 10 else digit)  # 三百五 is 350
    return total + section + max(digit, 0)


def english(words: str) -> str:
    """Returns the digits of an English number; "" when the words are none, such as "thousand" alone."""
    whole, _point, fraction = words.lower().partition(" point ")
    total, section, seen = 0, 0, False
    for word in re.split(r"[\s-]+", whole.strip()):
        if word == "and":
            continue
        if word in _EN_FACTORS:
            if not seen:
                return ""
            if word == "hundred":
                section *= 100
            else:
                total, section = total + section * _EN_FACTORS[word], 0
            continue
        value = _EN_SMALL.get(word, _EN_TENS.get(word, -1))
        room = 100 if section % 100 == 0 else 10 if section % 10 == 0 and section % 100 >= 20 else 0
        if value < 0 or (seen and value >= room and (section or not total)):
            return ""  # "one two three" is no number
        section, seen = section + value, True
    decimals = [_EN_SMALL.get(word, 10) for word in fraction.split()]
    if any(digit > 9 for digit in decimals):
        return ""
    return f"{total + section}" + (f".{''.join(map(str, decimals))}" if decimals else "")


def _shown(value: Decimal) -> str:
    return f"{value.normalize():f}"
