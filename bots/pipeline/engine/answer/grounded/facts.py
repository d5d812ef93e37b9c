"""Collects the facts of a person from what they said, oldest first: the latest holds, corrections and endings count."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from bots.pipeline.engine.answer.grounded import pronouns, relations, statements, statements_en, statements_zh
from bots.pipeline.engine.answer.grounded.fact import MANY, SELF, Fact
from clawdbot.chinese import simplified
from memory.consolidation import rules
from memory.consolidation.claims import fold
from memory.consolidation.endings import Ending
from memory.consolidation.episodes import Episode, Line
from memory.consolidation.noise_filter import own_words

LOOKED_BACK = 3  # messages in which a pronoun finds its relation
_HAN = re.compile(r"[\u4e00-\u9fff]")
_KEPT = frozenset({"name", "birthday", "age", "origin", "birthplace"})
"""What stays true of a relative when something ends."""
Facts = dict[tuple[str, str, str], Fact]


class Said(NamedTuple):
    """One message of the person. day: in the person's calendar."""

    id: int
    text: str
    at: datetime
    day: date
    conversation_id: int | None = None


def known(said: Iterable[Said], stored: Iterable[Fact] = ()) -> Facts:
    """Returns what is known of the person now.

    Args:
        said: The person's messages, oldest first.
        stored: Facts of the consolidation, which outlive the messages that stated them; a message counts more.
    """
    facts: Facts = {fact.key: fact for fact in stored}
    latest: tuple[Fact, ...] = ()
    before: deque[str] = deque(maxlen=LOOKED_BACK)
    for one in said:
        for ending in _endings(one.text, one.at, one.day):
            closed = {key for key, fact in facts.items() if _closes(ending, fact)}
            pets = {subject for subject, _attribute, _value in closed if subject in relations.PETS}
            closed |= {key for key, fact in facts.items() if fact.attribute == "has" and head(fact.value) in pets}
            facts = {key: fact for key, fact in facts.items() if key not in closed}
        new = statements.stated(pronouns.statement(one.text, before), one.at, one.day)
        before.appendleft(one.text)
        for fact in new:
            _take(facts, fact)
        corrected = correction(one.text, one.at, facts, latest, new)
        for fact in corrected:
            _take(facts, fact)
        latest = new or corrected
    return facts


def of(facts: Facts, subject: str, attribute: str) -> list[Fact]:
    """Returns the facts that answer a question about an attribute, latest first."""
    found = [
        fact
        for fact in facts.values()
        if fact.attribute == attribute
        and (fact.subject == subject or (subject != SELF != fact.subject and relations.covers(subject, fact.subject)))
    ]
    return sorted(found, key=lambda fact: fact.at, reverse=True)


def correction(
    text: str, at: datetime, facts: Facts, latest: Sequence[Fact], new: Sequence[Fact] = ()
) -> tuple[Fact, ...]:
    """Returns the facts that a correction changes: "not Tom but Tim", "sorry, I meant Paris", 不是北京，是南京.

    Args:
        text: The message.
        at: When it was said.
        facts: What is known; the old value is looked for there.
        latest: Facts of the message before, for a correction that names the new value only.
        new: Facts that the message itself states.
    """
    written = " ".join(own_words(text).split())
    folded = simplified(written).lower().replace("’", "'")
    if len(folded) != len(written) or len(written) > 160:
        return ()
    data = statements_zh if _HAN.search(folded) else statements_en
    for pattern in data.CORRECTIONS:
        for match in pattern.finditer(folded):
            old, value = match["old"].strip(), written[match.start("v") : match.end("v")].strip()
            held = next((fact for fact in (*new, *facts.values()) if fold(fact.value) == fold(old)), None)
            if held is not None and value and fold(value) != fold(old):
                return (_changed(held, value, at, written),)
    match = data.CORRECTED.match(folded)
    if match is None or new or not latest:
        return ()
    group = "v" if match["v"] else "v2"
    value = written[match.start(group) : match.end(group)].strip()
    about = None if _NO_VALUE.match(value.lower()) else _meant(value, latest)
    return (_changed(about, value, at, written),) if about is not None and fold(value) != fold(about.value) else ()


_NO_VALUE = re.compile(
    r"(?:go|come|get|never|forget|let|leave|keep|do|don't|i|i'm|you|he|she|we|they|that|this|what|not|no)\b"
)
"""How something begins behind "actually" that is no new value."""


def _meant(value: str, latest: Sequence[Fact]) -> Fact | None:
    """Returns which of the last facts a bare new value corrects: a number an age, a word the last other one."""
    number = value.isdigit()
    if statements_en.DAY.search(value):
        days = [fact for fact in latest if fact.attribute == "birthday"]
        return days[0] if len(days) == 1 else None
    fitting = [
        fact
        for fact in latest
        if (fact.attribute == "age") == number and fact.attribute in ("age", "name", "home", "origin", "employer")
    ]
    if number or not statements_en.NO_NAME.match(value.lower()):
        return fitting[-1] if len(fitting) == 1 else None
    return None


def _changed(fact: Fact, value: str, at: datetime, said: str) -> Fact:
    if fact.attribute == "name" and value.islower():
        value = value.title()
    if fact.attribute == "origin" and _HAN.search(value) and len(value) > 2:
        value = value.removesuffix("人")
    if fact.attribute == "job" and fact.value[:2] in ("a ", "an") and not re.match(r"(?:an?|the) ", value):
        value = f"{'an' if value[0] in 'aeiou' else 'a'} {value}"
    return replace(fact, value=value, at=at, said=said)


def _take(facts: Facts, fact: Fact) -> None:
    if fact.standing == "!":
        held = facts.get(fact.key)
        if held is not None and fold(held.value) == fold(fact.value):
            del facts[fact.key]
        return
    facts.pop(fact.key, None)  # what is told again is the latest
    if fact.attribute in MANY:
        for key in [key for key, held in facts.items() if _replaces(fact, held)]:
            del facts[key]
    facts[fact.key] = fact


def _replaces(new: Fact, held: Fact) -> bool:
    """Tells whether one of many facts takes the place of another one, whose value is written in another way."""
    if new.attribute != held.attribute:
        return False
    if new.attribute == "has":
        return head(new.value) == head(held.value)
    return new.subject == held.subject and fold(new.value) == fold(held.value)


def head(value: str) -> str:
    """Returns whom or what somebody has, without the number: "children" of "two kids"."""
    if _HAN.search(value):
        found = re.search(rf"(?:{relations.ZH})$", value)
        return relations.usual(found[0]) if found else value
    word = relations.usual(value.lower().split()[-1])
    return "children" if word == "child" else word


@lru_cache(maxsize=2048)
def _endings(text: str, at: datetime, day: date) -> tuple[Ending, ...]:
    line = Line(0, "", "user", "", text[: statements.LONGEST], at, day, None)
    return tuple(rules.endings(Episode((line,))))


def _closes(ending: Ending, fact: Fact) -> bool:
    if fact.attribute == "has" or fact.attribute.startswith("my "):
        return False
    if fact.subject in relations.PETS:
        return fact.attribute == "name" and ending.closes(
            f"{SELF}/pet/{relations.shown(fact.subject, chinese=False)}", fold(fact.value)
        )
    if fact.subject != SELF and fact.attribute in _KEPT:
        return False
    key = f"{fact.subject}/{fact.attribute}"
    if fact.attribute in ("preference", "allergy", "language"):
        return ending.closes(f"{key}/{fold(fact.value)}", fold(fact.standing))
    return ending.closes(key, fold(fact.value))
