"""Recognizes the correction of a value: "no, Friday", "I meant 3 people", 不对，是周五, 人数改成三个."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clawdbot.chinese import simplified
from clawdbot.flows.definition import Flow
from clawdbot.flows.steps import Collect
from clawdbot.flows.values import Surroundings, Unfit, read

_LONGEST = 200  # characters
_HEDGE_EN = (
    r"(?:(?:no|nope|wait|hold on|oh|oops|sorry|hm+|well|ah|excuse me|my mistake|correction|not quite)\b[\s,.!;:–-]*)"
)
_HEDGE_ZH = (
    r"(?:(?:不对不对|不对|不是的|不是|我?(?:说|写|打|搞|弄)?错了|哦不|啊不|不不|不|等等|等一下|抱歉|对不起|不好意思|哎呀"
    r"|更正一下|更正|纠正一下|那个)[\s，,。.!！、;；:：]*)"
)
_MEANT_EN = (
    r"(?:i (?:actually )?(?:meant|mean)(?: to say)?|i should have said|make (?:it|that)"
    r"|(?:it|that) should (?:be|have been)|change (?:it|that) to|let'?s (?:make it|say)|(?:it|that)'s|it is"
    r"|actually(?: it'?s)?|rather|better)\b[\s,:]*"
)
_MEANT_ZH = (
    r"(?:我是说|我是想说|我的意思是|我想说的是|应该是|其实是|实际上是|改成|改为|改到|改|换成|换到|换|是|要|还是)"
    r"[\s，,：:]*"
)
_NAMED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:please |can you |could you )?(?:change|set|correct|update|move) (?:the |my )?(?P<name>.+?) (?:to|into|as) "
        r"(?P<value>.+)",
        r"(?:the |my )?(?P<name>.{1,40}?) (?:should be|should have been|must be|is actually|is) (?P<value>.+)",
        r"(?:请|麻烦)?(?:把|将)?(?P<name>.{1,20}?)(?:改成|改为|改到|改|换成|换到|换为|应该是|应为|其实是|是)(?P<value>.+)",
        r"(?P<name>.{1,40}?)\s*[:：]\s*(?P<value>.+)",
    )
)
_INSTEAD = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"not (?P<old>.+?)(?:,| but|;)\s*(?:but )?(?P<value>.+)",
        r"(?P<value>.+?),? (?:not|instead of|rather than) (?P<old>.+)",
        r"(?P<value>.+?) instead",
        r"不是(?P<old>.+?)[，,、\s]\s*(?:而)?是(?P<value>.+)",
        r"(?:是)?(?P<value>.+?)[，,、\s]\s*(?:而)?不是(?P<old>.+)",
    )
)
_START = re.compile(
    rf"(?P<hedge>(?:{_HEDGE_EN}|{_HEDGE_ZH})*)(?P<meant>(?:{_MEANT_EN}|{_MEANT_ZH})?)(?P<value>.*)",
    re.IGNORECASE | re.DOTALL,
)
_WRONG = re.compile(
    r"(?:no,? )?(?:(?:that|this|it)(?:'s| is) )?(?:all )?(?:wrong|not right|incorrect|not correct|a mistake)"
    r"|(?:这|那|这个|上面)?(?:不对|不对不对|错了|说错了|我说错了|有错|搞错了|不正确)",
    re.IGNORECASE,
)
_MARKS = " \t\n.,!?;~…。，！？；、～\"'“”‘’"
_STRONG_ZH = re.compile(r"错|不对|更正|纠正")


@dataclass(frozen=True, slots=True)
class Correction:
    """A new value for a slot that has one.

    Attributes:
        step: The step of the slot.
        value: The new value; None with `unfit`.
        unfit: Why the new value does not fit, when the person named the slot.
    """

    step: Collect
    value: Any = None
    unfit: Unfit | None = None


def says_wrong(text: str) -> bool:
    """Returns whether the whole text says that something is wrong, without what is right."""
    return _WRONG.fullmatch(_plain(text)) is not None


def announced(text: str) -> str | None:
    """Returns the words behind an announcement such as "no, " or "I meant "; None when nothing is announced."""
    match = _START.fullmatch(_plain(text[:_LONGEST]))
    if match is None or not (match["hedge"] or match["meant"]):
        return None
    return match["value"].strip(_MARKS) or None


def find(
    flow: Flow, slots: Mapping[str, Any], text: str, around: Surroundings, open_slot: str = ""
) -> Correction | None:
    """Returns the correction that the text is; None when it is none.

    Args:
        flow: The running flow.
        slots: Its values.
        text: The person's words.
        around: Time and language.
        open_slot: The slot whose question is open. A correction never answers it.
    """
    if len(text) > _LONGEST:
        return None
    plain = _plain(text)
    filled = [step for step in flow.collects() if slots.get(step.slot) is not None and step.slot != open_slot]
    if not filled:
        return None
    body = _without_hedge(plain)
    return (
        _replaced(filled, slots, plain, around)
        or _named(filled, slots, body, around)
        or _marked(filled, slots, plain, around)
    )


def _plain(text: str) -> str:
    folded = simplified(unicodedata.normalize("NFKC", text)).replace("’", "'").replace("‘", "'")
    return " ".join(folded.split()).strip(_MARKS)


def _without_hedge(plain: str) -> str:
    match = re.match(rf"(?:{_HEDGE_EN}|{_HEDGE_ZH})*", plain, re.IGNORECASE)
    return plain[match.end() :] if match else plain


def _named(filled: list[Collect], slots: Mapping[str, Any], body: str, around: Surroundings) -> Correction | None:
    """Finds "the day should be Friday": the name of a slot and its value."""
    for pattern in _NAMED:
        match = pattern.fullmatch(body)
        step = _called(filled, match["name"]) if match else None
        if match is None or step is None:
            continue
        try:
            return Correction(step, read(step, match["value"].strip(_MARKS), around, slots))
        except Unfit as unfit:
            return Correction(step, unfit=unfit)
    return None


def _called(filled: list[Collect], name: str) -> Collect | None:
    plain = re.sub(r"^(?:the|my|our|那个|这个|我的)\s*|的$", "", name.strip(_MARKS).lower())
    for step in filled:
        names = {step.slot, step.slot.replace("_", " "), *step.label.values(), *step.words}
        if plain in {re.sub(r"^the ", "", simplified(one).lower()) for one in names}:
            return step
    return None


def _replaced(filled: list[Collect], slots: Mapping[str, Any], plain: str, around: Surroundings) -> Correction | None:
    """Finds "Friday, not Thursday": the old value tells the slot."""
    for body in dict.fromkeys((plain, _without_hedge(plain))):
        for pattern in _INSTEAD:
            match = pattern.fullmatch(body)
            if match is None:
                continue
            old = match.groupdict().get("old")
            for step in _in_order(filled, match["value"]):
                value = _read(step, match["value"], around, slots)
                fits_old = old is None or _read(step, old, around, {}) == slots[step.slot]
                if value is not None and fits_old and (old is not None or step.type != "text"):
                    return Correction(step, value)
    return None


def _marked(filled: list[Collect], slots: Mapping[str, Any], plain: str, around: Surroundings) -> Correction | None:
    """Finds a value behind words that announce a correction; the latest slot that takes it is meant."""
    match = _START.fullmatch(plain)
    if match is None or not (match["hedge"] or match["meant"]) or not match["value"].strip(_MARKS):
        return None
    for step in _in_order(filled, match["value"]):
        if step.type != "text" and (value := _read(step, match["value"], around, slots)) is not None:
            return Correction(step, value)
    # Any words would fit a text, so it takes only an announcement beyond doubt, and only right after its own answer.
    strong = match["meant"] and (match["hedge"] or match["meant"].lower().startswith(("i ", "我", "改", "换")))
    last = filled[-1]
    if last.type == "text" and (strong or _STRONG_ZH.search(match["hedge"])):
        value = _read(last, match["value"], around, slots)
        return Correction(last, value) if value is not None else None
    return None


def _in_order(filled: list[Collect], text: str) -> list[Collect]:
    """Returns the slots from the likeliest on: the latest first, but "5 December" is rather a day than a number."""
    latest = filled[::-1]
    if re.fullmatch(r"\W*\w{1,2}\W*", text):
        return latest
    return sorted(latest, key=lambda step: step.type not in ("date", "time", "datetime"))


def _read(step: Collect, text: str, around: Surroundings, slots: Mapping[str, Any]) -> Any:
    try:
        return read(step, text.strip(_MARKS), around, slots)
    except Unfit:
        return None
