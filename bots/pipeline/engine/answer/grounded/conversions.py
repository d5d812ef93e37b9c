"""Converts units that a message names beside other words: "how many cm is that, 1.82 m", "in cm? 8.25 inches to cm"."""

from __future__ import annotations

import re

from bots.pipeline.engine.answer.grounded.plain_text import plain
from skills.units import conversion, reading

_CLAUSE = re.compile(r"[,，?？;；。!！\n]+|\s+(?=\d)")
_SHAPES = (
    re.compile(r"\bhow many (?P<unit>[a-z]+)\b.*?(?P<amount>\d+(?:\.\d+)? ?[a-z]+)$"),
    re.compile(
        r"^(?:how many )?(?P<unit>[a-z]+) (?:go |are |is )?(?:there )?(?:in|into|to|per)"
        r" (?P<amount>(?:an? |one |half an? |\d)[\w. ]*)$"
    ),
    re.compile(r"(?P<amount>\d+(?:\.\d+)? ?[a-z]+)\W+(?:in|to|into|as) (?P<unit>[a-z]+)$"),
    re.compile(
        r"(?P<amount>\d+(?:\.\d+)? ?[a-z]+)\b[^\d]*\b(?:how (?:much|many|hot|far|long|tall|heavy)|what)\b[^\d]*"
        r"\b(?:in|into|to) (?P<unit>[a-z]+)$"
    ),
    re.compile(
        r"(?P<amount>\d+(?:\.\d+)?[^\d\s,，]{1,4})[,， ]?(?:[这那])?(?:换算成?|是|等于|合|有)?"
        r"(?:多少|几)(?P<unit>[^\d\s,，]{1,4})$"
    ),
)


def answer(text: str) -> str:
    """Returns the conversion that a message asks for, with its result; "" for another message."""
    words = plain(text)
    if not re.search(r"\d|\bhalf\b|\ban?\b|\bone\b", words):
        return ""
    for clause in dict.fromkeys((words, *reversed(_CLAUSE.split(words)))):
        if (found := reading.read(clause)) is not None and (worked := _worked(found)):
            return worked
    for pattern in _SHAPES:
        if (match := pattern.search(words)) is not None:
            amount = re.sub(r"^half an? ", "0.5 ", match["amount"])
            if (found := reading.conversion(amount, match["unit"])) is not None and (worked := _worked(found)):
                return worked
    return ""


def _worked(found: reading.Conversion) -> str:
    if found.currency or found.both or not found.target:
        return ""
    try:
        value, exact = conversion.shown(conversion.convert(found.parts, found.target))
    except conversion.NotConvertible:
        return ""
    space = " " if found.target_shown.isascii() and found.target_shown[:1].isalnum() else ""
    return f"{found.amount} {'=' if exact else '≈'} {value}{space}{found.target_shown}"
