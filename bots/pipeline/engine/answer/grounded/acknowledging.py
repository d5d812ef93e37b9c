"""Acknowledges a statement by saying what was told, without a change of its meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _

from bots.pipeline.engine.answer.grounded import facts, telling
from bots.pipeline.engine.answer.grounded.fact import Fact
from bots.pipeline.engine.answer.grounded.facts import Facts, Said
from bots.pipeline.engine.answer.grounded.plain_text import is_chinese
from clawdbot.chinese import simplified

MOST = 6  # facts of one message
_LONGEST_EN, _LONGEST_ZH = 16, 36  # words, characters
_GREETS = re.compile(
    r"^(?:hi|hello|hey|well|so|ok|okay|by the way|btw|oh|and|also|actually|today|yesterday)[ ,!.]+", re.IGNORECASE
)
_OF_ME_EN = re.compile(r"(?:i|my|we|our|i'm|i've|i'll|we're|we've)\b", re.IGNORECASE)
_NOT_TOLD_EN = re.compile(
    r"\b(?:you|your|u|want|wanna|need|wish|hope|wonder|would|could|should|guess|think|mean|meant|question|help|bot|asked?"
    r"|said|told|tell|if)\b|[\"“”:?{}<>`]|\bi(?:'d| am asking)\b",
    re.IGNORECASE,
)
_GREETS_ZH = re.compile(r"^(?:你好|早上好|晚上好|下午好|早安?|嗨|哈喽|嗯|哦|对了|其实)[，,。！! ]+")
_OF_ME_ZH = re.compile(
    r"^(?:今天|昨天|明天|刚才|刚刚|最近|上周|下周|其实|后天|今晚|今年|去年|早上|晚上|周末|这周)?(?:我|咱)"
)
_NOT_TOLD_ZH = re.compile(r"[你您?？“”\"「」：:{}<>]|想要?你|希望|帮我|如果|要是|请|觉得|认为|问|说|吗$|怎么|什么")


def new_facts(text: str, at: datetime, day: date, said: Sequence[Said], known: Facts) -> list[Fact]:
    """Returns what the message states or corrects, in the order in which it says so."""
    after = facts.known([*said, Said(0, text, at, day)], ())
    mine = [fact for fact in after.values() if fact.at == at]
    if not mine and known:  # it may correct a fact of the consolidation
        mine = list(facts.correction(text, at, known, ()))
    named = {fact.subject for fact in mine if fact.attribute == "name"}
    return [fact for fact in mine if fact.attribute != "has" or facts.head(fact.value) not in named][:MOST]


def reflection(text: str) -> str:
    """Returns a short statement of the person said back to them: "my cat is ill" gives "your cat is ill"; else ""."""
    said = " ".join(text.split()).strip()
    if is_chinese(said):
        return _reflected_zh(said)
    said = _GREETS.sub("", said).rstrip(".! ")
    plain = said.replace("’", "'")
    if (
        not _OF_ME_EN.match(plain)
        or _NOT_TOLD_EN.search(plain)
        or len(plain.split()) > _LONGEST_EN
        or re.search(r"[.!\n]\s", plain)
    ):
        return ""
    for pattern, word in _CHANGES:
        plain = pattern.sub(word, plain)
    return plain[:1].lower() + plain[1:]


def note(found: Sequence[Fact], text: str) -> str:
    """Returns the acknowledgement; "" when nothing can be said back."""
    if found:
        return telling.noted(found)
    said = reflection(text)
    return _("Noted: %(facts)s.") % {"facts": said} if said else ""


_CHANGES = tuple(
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"\b(?:i|we) was\b", "you were"),
        (r"\bwas i\b", "were you"),
        (r"\bi'm\b", "you're"),
        (r"\bi am\b", "you are"),
        (r"\bim\b", "you're"),
        (r"\bam\b", "are"),
        (r"\b(?:i|we)('(?:ve|ll|d|re))", r"you\1"),
        (r"\bmyself\b", "yourself"),
        (r"\bourselves\b", "yourselves"),
        (r"\b(?:mine|ours)\b", "yours"),
        (r"\b(?:my|our)\b", "your"),
        (r"\b(?:i|we|me)\b", "you"),
        (r"\bus\b", "you"),
    )
)


def _reflected_zh(said: str) -> str:
    told = _GREETS_ZH.sub("", said).rstrip("。！!.~～ ")
    folded = simplified(told)
    if (
        not _OF_ME_ZH.match(folded)
        or _NOT_TOLD_ZH.search(folded)
        or len(told) > _LONGEST_ZH
        or re.search(r"[。！；\n]", told)
    ):
        return ""
    return (
        told.replace("我们", "你们")
        .replace("我們", "你們")
        .replace("咱们", "你们")
        .replace("我", "你")
        .replace("咱", "你")
    )
