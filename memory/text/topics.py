"""Tells what a text is about in a person's life (home, work, diet, partner, pets), and whether it ends something.

A stored turn gets an index term for each of its topics. So a question about a topic finds the turns about it, and a
turn finds the later ones that correct it, whatever their words: "I live in Munich", "We moved to Berlin".
"""

from __future__ import annotations

import re
from functools import lru_cache

from clawdbot.chinese import simplified
from memory.text import topics_en, topics_zh
from memory.text.tokenizer import tokenize

_HAN = re.compile(r"[\u4e00-\u9fff]")
COMMON: frozenset[str] = frozenset(t for w in topics_en.COMMON | topics_zh.COMMON for t in tokenize(w))
_WORD = re.compile(r"[a-zé]+")
LONGEST = 600  # characters of a turn that are read; who says more tells a story
CHANGE = "x0change"
"""Index term of a turn that ends, moves or corrects something."""


def term(topic: str) -> str:
    """Returns the index term of a topic. It mixes letters and digits as no ordinary word does."""
    return f"x0{topic}"


@lru_cache(maxsize=4096)
def topics_of(text: str) -> frozenset[str]:
    """Returns the topics of what a person tells of themselves or of somebody close."""
    read = _read(text)
    if _HAN.search(read):
        return frozenset(topic for topic, pattern in topics_zh.TOLD.items() if pattern.search(read))
    if not topics_en.SPEAKER.search(read):
        return frozenset()
    begun = _beginnings(read)
    return frozenset(
        topic for topic, pattern in topics_en.TOLD.items() if begun & topics_en.HINTS[topic] and pattern.search(read)
    )


def changes(text: str) -> bool:
    """Tells whether a text ends, moves, cancels or corrects something."""
    read = _read(text)
    if _HAN.search(read):
        return bool(topics_zh.CHANGE.search(read))
    return bool(_beginnings(read) & topics_en.HINTS["change"] and topics_en.CHANGE.search(read))


def changes_state(text: str, topic: str) -> bool:
    """Tells whether a text about a topic of which one has one state (home, work, diet) changes that state."""
    read = _read(text)
    return bool((topics_zh if _HAN.search(read) else topics_en).CHANGES[topic].search(read))


def ends(text: str) -> bool:
    """Tells whether a text surely ends, moves, cancels or corrects something."""
    read = _read(text)
    return bool((topics_zh if _HAN.search(read) else topics_en).ENDS.search(read))


def _beginnings(text: str) -> set[str]:
    return {word[:4] for word in _WORD.findall(text.lower())}


@lru_cache(maxsize=4096)
def subjects_of(text: str) -> frozenset[str]:
    """Returns whom a text is about: relations ("sister", 姐姐), and "" for the speaker."""
    read = _read(text)
    data = topics_zh if _HAN.search(read) else topics_en
    found = {match.group().lower() for match in data.RELATION.finditer(read)}
    if data.SPEAKER.search(data.RELATION_PHRASE.sub("Xx", read)):
        found.add("")
    elif not found and data is topics_zh and not topics_zh.OTHERS.search(read):
        found.add("")  # Chinese leaves the subject out
    return frozenset(data.SAME.get(one, one) for one in found)


def values_of(text: str) -> dict[str, str]:
    """Returns the place, employer or name that a text plainly states, by topic."""
    read = _read(text)
    data = topics_zh if _HAN.search(read) else topics_en
    found = ((topic, pattern.search(read)) for topic, pattern in data.VALUE.items())
    return {topic: match.group(1).casefold() for topic, match in found if match is not None}


def asked_topics(question: str) -> frozenset[str]:
    """Returns the topics of a person's life that a question asks about, whoever's life it is."""
    read = _read(question)
    data = topics_zh if _HAN.search(read) else topics_en
    return frozenset(topic for topic, pattern in data.ASKED.items() if pattern.search(read))


def asks_about_oneself(question: str) -> bool:
    """Tells whether a question is about the person who asks it, or somebody close."""
    read = _read(question)
    return bool((topics_zh if _HAN.search(read) else topics_en).ABOUT_ME.search(read))


def marks(text: str, role: str) -> list[str]:
    """Returns the index terms for the topics of a stored turn; none for what the bot says."""
    if role != "user" or text.rstrip()[-1:] in ("?", "？"):
        return []
    found = [term(topic) for topic in sorted(topics_of(text))]
    return [*found, CHANGE] if changes(text) else found


def _read(text: str) -> str:
    return simplified(text[:LONGEST]).replace("’", "'")
