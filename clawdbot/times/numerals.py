"""Numbers in words and digits, in both languages, and the names of months and weekdays."""

from __future__ import annotations

import re

from clawdbot.chinese import simplified

ZH_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2, "〇": 0}
ZH_WEEKDAYS = "一二三四五六日"
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MONTH_NUMBER = {name[:length]: i for i, name in enumerate(MONTHS, 1) for length in (3, 99)} | {"sept": 9}
"""Number of a month by its name and its abbreviation."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
EN_WORDS = {
    **{word: value for value, word in enumerate(_ONES) if value},
    **_TENS,
    **{f"{ten}{link}{_ONES[one]}": _TENS[ten] + one for ten in _TENS for link in "- " for one in range(1, 10)},
    "a": 1, "an": 1, "a couple of": 2, "a couple": 2, "a dozen": 12,
}  # fmt: skip
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "last": -1,
}  # fmt: skip
ZH = r"(?:\d{1,4}|[零〇一二两俩三四五六七八九十百]{1,6})"
"""A number in a Chinese text."""
EN = (
    r"(?:\d{1,4}|(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|a couple of|a couple|a dozen|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen"
    r"|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)\b)"
)
"""A number in an English text."""

_WIDE = {ord("０") + digit: str(digit) for digit in range(10)} | {
    ord("："): ":", ord("／"): "/", ord("．"): ".", ord("’"): "'", ord("–"): "-", ord("—"): "-", ord("～"): "~",
    ord("－"): "-", ord("\u3000"): " ", ord("\u00a0"): " ",
}  # fmt: skip
_SPACES = re.compile(r"\s{2,}|[^\S \n]")


def folded(text: str) -> tuple[str, list[int]]:
    """Returns the text in lower case, simplified characters, narrow digits and single spaces, and the positions in it.

    positions[i] is where character i of the result stands in `text`; the last one is the end of `text`.
    """
    positions = list(range(len(text) + 1))
    plain = text
    if _SPACES.search(text):
        spaces = [(found.start() + 1, found.end()) for found in re.finditer(r"\s{2,}", text)]
        plain = _SPACES.sub(lambda found: "\n" if "\n" in found[0] else " ", text)
        for begin, stop in reversed(spaces):
            del positions[begin:stop]
    lower = plain.lower()
    if len(lower) != len(plain):  # "İ" becomes two characters
        lower = "".join(low if len(low := character.lower()) == 1 else character for character in plain)
    return simplified(lower.translate(_WIDE)), positions


def chinese(text: str) -> int:
    """Returns the value of a number below 1,000 in Chinese or Arabic digits."""
    if text.isdigit() and text.isascii():
        return int(text)
    hundreds, found, rest = text.rpartition("百")
    total = 100 * ZH_DIGITS.get(hundreds, 1) if found else 0
    if "十" in rest:
        tens, _, ones = rest.partition("十")
        return total + ZH_DIGITS.get(tens.removeprefix("零"), 1) * 10 + ZH_DIGITS.get(ones, 0)
    digits = [int(character) if character.isdecimal() else ZH_DIGITS.get(character, 0) for character in rest]
    return total + int("".join(map(str, digits)) or "0")


def english(text: str) -> int:
    """Returns the value of a number in English words or digits."""
    return int(text) if text.isdigit() else EN_WORDS[text]


def ordinal(text: str) -> int:
    """Returns the value of "3rd", "3" or "third"; -1 for "last"."""
    return ORDINALS[text] if text in ORDINALS else int(text.rstrip("stndrh"))
