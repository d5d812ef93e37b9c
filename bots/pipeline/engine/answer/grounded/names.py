"""Learns whose names the person told: "my brother tom", "a cat called miso", "two boys, Leo and Max", 我弟叫小明."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bots.pipeline.engine.answer.grounded import given_names, relations, words
from bots.pipeline.engine.answer.grounded.plain_text import HAN

_COUNTED = r"\b(?:two|three|four|five|both|my|our|2|3|4|5)(?: \w+)? $"
_WORD = re.compile(r"[^\W\d_]+")
_LIST = r"(?P<n>[^\W\d_]+(?:(?:,| and|, and|\s&)\s[^\W\d_]+)*)"
_EN = (
    re.compile(
        rf"\b(?P<r>{relations.EN})s?(?:'s name|s' names|'s names)?(?: is| are|'s|,)?(?: both)?(?P<said> called| named| is| are|:)? {_LIST}"
    ),
    re.compile(
        rf"\b(?P<n>[^\W\d_]+)(?: is|'s|,) (?:my|our) (?:(?:{relations.ADJECTIVE})[ -])?(?P<r>{relations.EN})\b(?!')"
    ),
    re.compile(
        rf"\b(?:(?:my|our) )?(?:(?:{relations.ADJECTIVE}) )?(?P<r>{relations.EN})(?P<said>)(?: is|'s|s) (?P<n>[^\W\d_]+)$"
    ),
)
_ZH = (
    re.compile(
        rf"(?P<r>{relations.ZH})(?:的名字)?(?:分别)?(?P<said>叫做?|名叫|名字是)(?!什么|啥)(?P<n>[\u4e00-\u9fffa-z、和跟]{{1,12}}?)(?=$|[，。！,!\s]|今年|在|是|已经|也|，)"
    ),
    re.compile(rf"(?P<r>{relations.ZH})(?P<n>[小阿老大][\u4e00-\u9fff])(?=$|[在是住今明有去叫喜也，。,])"),
    re.compile(rf"(?P<n>[\u4e00-\u9fff]{{2,3}})是我(?:的)?(?P<r>{relations.ZH})"),
)


def learn(written: str, plain: str, aliases: dict[str, frozenset[str]]) -> None:
    """Adds the names that a clause gives to relations. aliases: by name in small letters; changed in place."""
    if HAN.search(plain):
        for pattern in _ZH:
            for match in pattern.finditer(plain):
                for name in re.split(r"[、和跟]", match["n"]):
                    if name and not relations.is_zh(name):
                        aliases[name] = frozenset((relations.usual(match["r"]),))
        return
    kept = written.replace("’", "'")
    kept = kept if len(kept) == len(plain) and kept.lower() == plain else ""
    for pattern in _EN:
        for match in pattern.finditer(plain):
            listed = (
                "," in match[0] and " and " in match["n"] and re.search(_COUNTED, plain[: match.start("r")]) is not None
            )
            explicit = listed or (match.groupdict().get("said") or "").strip() in ("called", "named")
            _add(match, plain, kept, aliases, explicit=explicit)


def told_in(plain: str, aliases: Mapping[str, frozenset[str]]) -> list[str]:
    """Returns the known names that a plain text says."""
    if not aliases:
        return []
    if HAN.search(plain):
        return [name for name in aliases if name in plain]
    said = set(_WORD.findall(plain))
    return [name for name in aliases if name in said or f"{name}s" in said]


def _add(match: re.Match[str], plain: str, written: str, aliases: dict[str, frozenset[str]], *, explicit: bool) -> None:
    relation = relations.relation_en(match["r"]) or match["r"]
    for one in re.finditer(r"[^\W\d_]+", match["n"]):
        name = one[0]
        if name == "and":
            continue
        begin = match.start("n") + one.start()
        capital = bool(written) and written[begin].isupper() and not written.isupper()
        if not words.of(name) or relations.relation_en(name):
            return
        behind = match.groupdict().get("said") == "" and not any(
            word.concepts or word.kinds or word.is_weak for word in words.of(name)
        )
        if not (capital or name in given_names.COMMON or explicit or behind):
            return
        aliases[name] = frozenset((relation,))
