"""Acknowledges a statement by saying what was told, without a change of its meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from bots.pipeline.engine.answer.grounded import acknowledging_patterns as patterns
from bots.pipeline.engine.answer.grounded import amending, facts, telling
from bots.pipeline.engine.answer.grounded.fact import Fact
from bots.pipeline.engine.answer.grounded.facts import Facts, Said
from bots.pipeline.engine.answer.grounded.plain_text import is_chinese
from clawdbot.chinese import simplified

MOST = 6  # facts of one message
_LONGEST_EN, _LONGEST_ZH = 16, 36  # words, characters


def new_facts(said: Sequence[Said], at: datetime, known: Facts) -> list[Fact]:
    """Returns what the message of a time states or corrects, in the order in which it says so.

    Args:
        said: What was said, with the message as the last, corrections brought into what they correct.
        at: Time of the message.
        known: What was known before it.
    """
    mine = [fact for fact in facts.known(said, known.values()).values() if fact.at == at]
    before = {fact.key: fact.value for fact in known.values()}
    if any(isinstance(one, amending.Corrected) and one.at == at for one in said):
        mine = [fact for fact in mine if before.get(fact.key) != fact.value]
    named = {fact.subject for fact in mine if fact.attribute == "name"}
    plain = [fact for fact in mine if fact.attribute != "preference"]  # their words are said back as they are
    return [fact for fact in plain if fact.attribute != "has" or facts.head(fact.value) not in named][:MOST]


def reflection(text: str) -> str:
    """Returns a short statement of the person said back to them: "my cat is ill" gives "your cat is ill"; else ""."""
    said = " ".join(text.split()).strip()
    if is_chinese(said):
        return _reflected_zh(said)
    said = patterns.GREETS.sub("", said).rstrip(".! ")
    plain = said.replace("’", "'")
    if (
        patterns.OF_OTHERS_EN.match(plain)
        and not patterns.NOT_TOLD_EN.search(plain)
        and len(plain.split()) <= _LONGEST_EN
    ):
        return _reflected_en(said)
    if (
        not patterns.OF_ME_EN.match(plain)
        or patterns.NOT_TOLD_EN.search(plain)
        or len(plain.split()) > _LONGEST_EN
        or re.search(r"[.!\n]\s", plain)
    ):
        return ""
    changed = _reflected_en(plain)
    return changed[:1].lower() + changed[1:]


def _reflected_en(said: str) -> str:
    for pattern, word in _CHANGES:
        said = pattern.sub(word, said)
    return said


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
    told = patterns.GREETS_ZH.sub("", said).rstrip("。！!.~～ ")
    folded = simplified(told)
    if (
        (not patterns.OF_ME_ZH.match(folded) and not patterns.TOLD_ZH.match(folded))
        or patterns.NOT_TOLD_ZH.search(folded)
        or len(told) > _LONGEST_ZH
        or re.search(r"[。！；\n]", told)
    ):
        return ""
    return (
        told.replace("我们", "你们")
        .replace("我們", "你們")
        .replace("咱们", "你们")
        .replace("我", "你")
        .replace("俺", "你")
        .replace("咱", "你")
    )
