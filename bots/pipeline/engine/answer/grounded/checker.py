"""Checks the words of a small model against the question and the one message that they stand on."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

LONGEST = 200  # characters
_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")
_NEGATION = re.compile(r"\b(?:not|no|never|none|nothing|nobody|without|neither|nor|cannot|hardly)\b|n't\b")
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|i'll|i'd|me|my|mine|we|we're|our|ours|us)\b")
_FUNCTION = frozenset(
    "a an the is are was were am be been being do does did have has had will would can could of to in on at "
    "for from with and or but that this it its he she they him her his their you your yours you're you've yes "
    "by as than so there said told me ".split()
)


def holds(answer: str, question: str, line: str) -> bool:
    """Tells whether an English answer says nothing but what the person's message says.

    Args:
        answer: What the model wrote.
        question: What the person asks.
        line: The person's earlier message that answers it.
    """
    said = " ".join(answer.replace("’", "'").split())
    lowered, told = said.lower(), line.replace("’", "'").lower()
    if not said or len(said) > LONGEST or not said.isascii() or "?" in said or re.search(r"[.!] +\S", said):
        return False
    if _FIRST_PERSON.search(lowered) or _repeats(lowered):
        return False
    if bool(_NEGATION.search(lowered)) != bool(_NEGATION.search(told)):
        return False
    known, asked = _content(told), _content(question.lower().replace("’", "'"))
    words = _content(lowered)
    if any(word not in known and word not in asked for word in words):
        return False
    if re.findall(r"\d+", lowered) != [one for one in re.findall(r"\d+", told) if one in lowered]:
        return False
    new = [word for word in words if word in known]
    denies = bool(_NEGATION.search(lowered)) and not _NEGATION.search(question.lower())
    return (denies or any(word not in asked for word in new)) and _in_order(new, known)


def _content(text: str) -> list[str]:
    """Returns the stems of the words that carry meaning, in order."""
    words = _WORD.findall(text)
    empty = (_FUNCTION.__contains__, _FIRST_PERSON.fullmatch, _NEGATION.search)
    return [_stem(word) for word in words if not any(test(word) for test in empty)]


def _stem(word: str) -> str:
    word = word.removesuffix("'s").rstrip("'")
    return word if word.isdigit() or len(word) < 4 else re.sub(r"(?:ies|es|s|ed|ing)$", "", word)[:6]


def _repeats(text: str) -> bool:
    """Tells whether a word pair occurs again and again."""
    words = _WORD.findall(text)
    pairs = Counter(pairwise(words))
    return bool(pairs) and max(pairs.values()) > 1


def _in_order(words: list[str], known: list[str]) -> bool:
    """Tells whether the words come in the order in which they were said, so that nobody changes places."""
    places = [known.index(word) for word in words]
    return places == sorted(places)
