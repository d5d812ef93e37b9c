"""Answers questions about the person from facts: "Your name is Tom.", or that it was not told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from functools import lru_cache

from django.utils.translation import gettext as _

from bots.pipeline.engine.answer.grounded import (
    asking,
    facts,
    history_patterns,
    pronouns,
    relations,
    statements,
    telling,
)
from bots.pipeline.engine.answer.grounded.asking import ABOUT_ME, Asked
from bots.pipeline.engine.answer.grounded.fact import SELF, Fact
from bots.pipeline.engine.answer.grounded.facts import Facts
from bots.pipeline.engine.answer.grounded.plain_text import HAN, is_chinese, question
from memory.consolidation.claims import fold

SHOWN = 12
_SEVERAL = re.compile(r"\b(?:and|or|but|not|no|except|hate)\b|[和或不没]")


def asked(text: str, earlier: Sequence[str], now: datetime) -> Asked | None:
    """Returns what a message asks about the person; "and my wife?" is read with what came before.

    Args:
        text: The message.
        earlier: The person's messages before it in this conversation, oldest first.
        now: Time of the message.
    """
    found = asking.read(text, now)
    words = question(text)
    if found is not None:
        return found
    if (subject := asking.elliptic(text)) and earlier and (before := asked(earlier[-1], earlier[:-1], now)) is not None:
        return Asked(subject, before.attribute)
    meant = pronouns.resolved(words, reversed(earlier))
    return asking.read(meant, now) if meant else None


@lru_cache(maxsize=4096)
def claims(text: str) -> bool:
    """Tells whether a message says only that something was told: it is no proof that it was."""
    words = question(text)
    return (history_patterns.CLAIM_ZH if is_chinese(words) else history_patterns.CLAIM_EN).fullmatch(words) is not None


def claimed(text: str, now: datetime) -> tuple[Fact, ...] | None:
    """Returns the facts that somebody says were told: "you said I have a dog"; None for another message."""
    words = question(text)
    match = (history_patterns.CLAIM_ZH if is_chinese(words) else history_patterns.CLAIM_EN).fullmatch(words)
    if match is None:
        return None
    return statements.stated(match["what"], now, now.date())


def answer(wanted: Asked, known: Facts, now: datetime, zone: tzinfo) -> str:
    """Returns the answer from facts; "" when none is known."""
    if wanted.attribute == ABOUT_ME:
        return _everything(known)
    if wanted.stated:
        return _whether(wanted, known, now, zone)
    found = _facts(wanted.subject, wanted.attribute, known)
    return " ".join(telling.with_day(fact, now, zone) for fact in found[:SHOWN])


def latest(wanted: Asked, known: Facts) -> datetime | None:
    """Returns when the newest fact was told that answers a question; None without one."""
    subject = wanted.subject
    found = [
        fact.at
        for fact in known.values()
        if fact.attribute == wanted.attribute and (fact.subject == subject or relations.covers(subject, fact.subject))
    ]
    return max(found, default=None)


def checked(stated: Sequence[Fact], known: Facts, now: datetime, zone: tzinfo) -> str:
    """Returns the answer to a claim that something was told."""
    for fact in stated:
        if said := _whether(Asked(fact.subject, fact.attribute, (fact,)), known, now, zone):
            return said
    return _("I do not remember that: you have not told me so.")


def _facts(subject: str, attribute: str, known: Facts) -> list[Fact]:
    match attribute:
        case "likes" | "dislikes":
            return [fact for fact in facts.of(known, subject, "preference") if fact.standing == attribute]
        case "has":
            return _had(subject, known)
        case "allergy":
            return facts.of(known, subject, "allergy")
    found = facts.of(known, subject, attribute)
    several = attribute == "language" or (attribute == "name" and subject != SELF)
    return found if several else found[:1]


def _had(subject: str, known: Facts) -> list[Fact]:
    """Returns what the person has of a kind: "two kids", "a dog", and the names of these."""
    had = [
        fact for fact in known.values() if fact.attribute == "has" and relations.covers(subject, facts.head(fact.value))
    ]
    named = [fact for fact in facts.of(known, subject, "name") if fact.subject != SELF]
    return sorted(had, key=lambda fact: fact.at) + named


def _whether(wanted: Asked, known: Facts, now: datetime, zone: tzinfo) -> str:
    """Returns yes or no with the fact that decides it; "" when nothing is known."""
    for claim in wanted.stated:
        if claim.attribute == "has":
            found = _had(facts.head(claim.value), known)
        elif claim.attribute in ("preference", "allergy", "language"):
            found = [fact for fact in facts.of(known, claim.subject, claim.attribute) if _same(fact.value, claim.value)]
        else:
            found = facts.of(known, claim.subject, claim.attribute)
        if found:
            return _yes_or_no(claim, found, now, zone)
        if claim.attribute == "allergy" and (others := facts.of(known, claim.subject, "allergy")):
            told = " ".join(telling.sentence(fact) for fact in others[:SHOWN])
            return f"{telling.nothing_about(claim.value)} {told}"
        if claim.attribute in ("preference", "allergy", "language"):
            return telling.nothing_about(claim.value)
    return ""


def _yes_or_no(claim: Fact, found: Sequence[Fact], now: datetime, zone: tzinfo) -> str:
    told = telling.with_day(found[0], now, zone)
    if claim.attribute in ("preference", "allergy", "has"):
        holds = claim.standing in (found[0].standing, "") or (claim.attribute == "has" and found[0].attribute == "name")
    else:
        holds = _same(found[0].value, claim.value)
    return (_("Yes. %(fact)s") if holds else _("No. %(fact)s")) % {"fact": told}


def _same(one: str, other: str) -> bool:
    """Tells whether two values mean the same: "tea" and "green tea", "peanuts" and "peanut"."""
    first, second = fold(one), fold(other)
    if first.rstrip("s") == second.rstrip("s"):
        return True
    if _SEVERAL.search(first) or _SEVERAL.search(second):
        return False
    if HAN.search(first + second):
        return first.endswith(second) or second.endswith(first) or first.startswith(second) or second.startswith(first)
    words, others = set(first.split()), set(second.split())
    return words <= others or others <= words


def _everything(known: Facts) -> str:
    found: list[str] = []
    for fact in sorted(known.values(), key=lambda one: (one.subject != SELF, one.at)):
        said = telling.sentence(fact)
        if said not in found:
            found.append(said)
    return "\n".join([_("This is what you told me:"), *(f"- {said}" for said in found[:SHOWN])]) if found else ""
