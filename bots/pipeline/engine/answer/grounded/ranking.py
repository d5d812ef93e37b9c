"""Ranks what the person said by how much it has in common with a question: the last stage, when no rule reads it.

A passage is what belongs together in a message: a clause with those that go on from it. It counts how many of the
question's words a passage has, rare ones more, how near the recall's meaning puts its message, and whether it is about
the person asked for. What is returned is quoted as it is, so nothing is invented.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bots.pipeline.engine.answer.grounded import lookup, relations, values, words
from bots.pipeline.engine.answer.grounded.clauses import Clause, Focus
from bots.pipeline.engine.answer.grounded.fact import SELF
from bots.pipeline.engine.answer.grounded.homophones import sound, sounds
from bots.pipeline.engine.answer.grounded.plain_text import HAN
from bots.pipeline.engine.answer.grounded.wanted import Wanted

NEAR = 0.45
"""How much a word counts that only another part of the message has."""
UNRELATED_EN, UNRELATED_ZH, RANGE = 0.77, 0.83, 0.12
"""Cosines of texts that have nothing in common, and what a question and its answer have more (multilingual-e5)."""
ABOUT = 0.3
"""What a passage about the person asked for has more."""
MEANING = 0.6
"""How much meaning counts beside words."""
BESIDE, OTHER = 0.8, 0.5
"""How much remains of a passage beside one about the person asked for, and of one about somebody else."""
KIND = 0.5
"""How much the word of a kind counts, such as "colour", beside what it is asked of."""
LEAST, LIKELY, SURELY = 0.22, 0.5, 0.8
CLOSE = 0.12
LONGEST_STORY, MOST_PARTS = 45, 4
"""Characters and clauses of a Chinese message that is quoted whole."""
LONGEST_BEFORE = 120
_REFERS = re.compile(r"(?:and |but |so )*(?:he|she|they|his|her|their|it|its|he's|she's|it's|they're)\b|[他她它]")
_GOES_ON = re.compile(
    r"(?:and |but |so |,)*(?:he|she|it|they|who|which|that|his|her|its|their|hes|shes|theyre"
    r"|he's|she's|it's|they're|this|that's|those|these)\b|[他她它这那]"
)
_LINKS = re.compile(
    r"\b(?:in|at|on|to|from|for|with|by|is|are|was|has|called|named|likes?|plays?|pays?|costs?|goes)\b|\d"
)
"""Words that parallel clauses share: "Angela in Toronto, Peter in Perth"."""
_PERSON = re.compile(r"(?:and |but |so )*(?:he|she|hes|shes|he's|she's|his|her|they|they're)\b|[他她]")


_ONE = re.compile(r"一(?=[只个条位台本把件下起直般样点些串])")
_EMPTY = re.compile("[的了是在有我你他她它们这那还都就也很]")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage that may answer.

    Attributes:
        passage: As one clause.
        score: How much it has in common with the question: 0 to about 1.7.
        own: The share of the question's words that it has itself, 0 to 1.
        typed: It has the type of value asked for, such as a time.
    """

    passage: Clause
    score: float
    own: float
    typed: bool


def passages(told: Sequence[Clause]) -> list[Clause]:
    """Returns the clauses of a text joined to passages, in order: "other one is Chidi and he sells phones"."""
    found: list[Clause] = []
    for clause in told:
        if found and found[-1].message == clause.message and _belongs(found[-1], clause):
            first = found.pop()
            while _PERSON.match(clause.plain) and not _names_somebody(first) and _follows(found, first):
                first = _joined(found.pop(), first)
            found.append(_joined(first, clause))
        else:
            found.append(clause)
    return found


def _belongs(before: Clause, clause: Clause) -> bool:
    """Tells whether a clause goes on from the one before it, and does not say the same of something else."""
    if _GOES_ON.match(clause.plain):
        return True
    if not clause.elided or HAN.search(clause.plain):
        return False
    alike = set(_LINKS.findall(before.plain)) & set(_LINKS.findall(clause.plain))
    return not alike and not any(
        values.holds(name, before.plain) and values.holds(name, clause.plain) for name in ("day", "clock")
    )


def _names_somebody(clause: Clause) -> bool:
    named = clause.owners - {SELF} or any(word.relation for word in clause.words)
    return bool(named) or re.search(r"\s[A-Z][a-z]+", clause.text) is not None


def _follows(found: Sequence[Clause], clause: Clause) -> bool:
    return bool(found) and found[-1].message == clause.message


def _joined(one: Clause, other: Clause) -> Clause:
    mark = "" if one.text[-1:] in ".!?,;。！？，；" else ("，" if HAN.search(one.text[-1:]) else ",")
    space = "" if HAN.search(one.text[-1:]) or mark == "，" else " "
    return replace(
        one,
        text=f"{one.text}{mark}{space}{other.text}",
        plain=f"{one.plain}{mark}{space}{other.plain}",
        owners=one.owners | other.owners,
        words=(*one.words, *other.words),
        stop=other.stop,
        corrected=one.corrected or other.corrected,
    )


def holds(passage: Clause, clause: Clause) -> bool:
    """Tells whether a clause is part of a passage."""
    return passage.message == clause.message and passage.start <= clause.start and clause.stop <= passage.stop


def whole(of_message: Sequence[Clause]) -> Clause:
    """Returns all passages of a message as one."""
    joined = of_message[0]
    for one in of_message[1:]:
        joined = _joined(joined, one)
    return joined


def ranked(asked: Wanted, told: Sequence[Clause], focus: Focus, meanings: Mapping[int, float]) -> list[Ranked]:
    """Returns the passages that have anything in common with a question, best first.

    Args:
        asked: The question.
        told: All clauses of what was said.
        focus: Whom the talk is about.
        meanings: By number of the message: the cosine with the question.
    """
    parts = passages(told)
    by_message: dict[int, list[Clause]] = {}
    for part in parts:
        by_message.setdefault(part.message, []).append(part)
    weights = _weights(asked, by_message)
    total = sum(weight for _word, weight in weights)
    latest = max(by_message, default=0)
    unrelated = UNRELATED_ZH if HAN.search(asked.plain) else UNRELATED_EN
    pets = bool(asked.whom) and not asked.yes_no and all(one in relations.PETS for one in asked.whom)
    found = []
    for number, of_message in by_message.items():
        text = whole(of_message)
        meaning = min(max((meanings.get(number, 0.0) - unrelated) / RANGE, 0.0), 1.0)
        around = {
            word: max(lookup.met(word, text, focus), NEAR * words.met(word, text.context, "")) for word, _ in weights
        }
        for part in of_message:
            own = got = 0.0
            for word, weight in weights:
                here = lookup.met(word, part, focus)
                own += weight * here
                got += weight * max(here, NEAR * around[word])
            share, about = (got / total, own / total) if total else (0.0, 0.0)
            same = lookup.of_same(asked, part, focus)
            typed = (same or not asked.whom) and lookup.holds_type(asked, part, focus)
            score = share + MEANING * meaning + (0.15 if typed and asked.type else 0.0) + 0.1 * (number == latest)
            if asked.whom and same:
                score += ABOUT
            elif asked.whom:
                score *= BESIDE if lookup.of_same(asked, text, focus) or pets or _mentions(asked, part) else 0.0
            elif asked.owner and not same:
                score *= OTHER
            if score > 0.2:
                found.append(Ranked(part, score, about, typed))
    found.sort(key=lambda one: (-one.score, -one.passage.message, one.passage.start))
    return found


def _mentions(asked: Wanted, part: Clause) -> bool:
    """Tells whether a passage names the relation asked for: "1 kid (jonas)"."""
    return any(word.relation and relations.covers(one, word.relation) for one in asked.whom for word in part.words)


def _weights(asked: Wanted, by_message: Mapping[int, Sequence[Clause]]) -> list[tuple[words.Word, float]]:
    """Returns the words of a question with their weights: those that many messages have tell less."""
    texts = [
        (tuple(word for part in parts for word in part.words), " ".join(part.plain for part in parts))
        for parts in by_message.values()
    ]
    found = []
    for word in dict.fromkeys((*asked.words, *asked.optional)):
        often = sum(1 for own, plain in texts if words.met(word, own, plain))
        kind = KIND if word.heads else 1.0
        found.append((word, kind * lookup.weight_of(word) * math.log(1 + (len(texts) + 1) / (often + 0.5))))
    return found


def best(found: Sequence[Ranked], parts: Sequence[Clause], asked: Wanted, focus: Focus) -> list[Clause]:
    """Returns what to quote, oldest first: the best passage, or its whole message where parts of it are equally good.

    Args:
        found: The passages that have something in common with the question, best first.
        parts: All passages.
        asked: The question.
        focus: Whom the talk is about.
    """
    top = found[0]
    shown = []
    close = [one for one in found if one.score >= top.score - CLOSE]
    for number in dict.fromkeys(one.passage.message for one in close[:2]):
        of_message = [one for one in close if one.passage.message == number]
        if len(of_message) > 1 or not of_message[0].own or asked.several:
            shown.append(whole([part for part in parts if part.message == number]))
        else:
            shown.append(widened(of_message[0].passage, parts, asked, focus))
    return sorted(shown, key=lambda one: one.message)


def widened(passage: Clause, parts: Sequence[Clause], asked: Wanted, focus: Focus) -> Clause:
    """Returns a passage with the next one, or all of its message, where it says nothing but what was asked."""
    if _says(passage, asked, focus):
        return passage
    of_message = [part for part in parts if part.message == passage.message]
    after = next((part for part in of_message if part.start >= passage.stop), None)
    if after is not None and _says(wider := _joined(passage, after), asked, focus):
        return wider
    return whole(of_message) if HAN.search(passage.plain) else passage


def complete(
    shown: Sequence[Clause], parts: Sequence[Clause], texts: Sequence[str], gone: Collection[int] = ()
) -> list[Clause]:
    """Returns passages with what they cannot be understood without, oldest first.

    That is the rest of a short Chinese message about one person or thing, whose clauses seldom name it again, and the
    message before one that begins with "she".

    Args:
        shown: The passages.
        parts: All passages.
        texts: What was said, by number of the message.
        gone: Messages whose value holds no more.
    """
    found: list[Clause] = []
    for one in shown:
        of_message = [part for part in parts if part.message == one.message]
        full = whole(of_message) if _is_one_story(of_message, texts[one.message]) else one
        before = max((part.message for part in parts if part.message < one.message), default=None)
        if (
            before is not None
            and before not in gone
            and full.start == of_message[0].start
            and _REFERS.match(full.plain)
        ):
            first = whole([part for part in parts if part.message == before])
            short = first.stop - first.start <= LONGEST_BEFORE
            found += [first] if first not in found and short and _may_mean(full, first) else []
        found += [full] if full not in found else []
    return found


def _may_mean(passage: Clause, before: Clause) -> bool:
    """Tells whether "she" in a passage may be somebody of the message before, and not only somebody else."""
    meant, named = passage.owners - {SELF}, before.owners - {SELF}
    return not meant or not named or bool(meant & named)


def _is_one_story(parts: Sequence[Clause], text: str) -> bool:
    named = frozenset[str]().union(*(part.owners for part in parts)) - {SELF}
    short = len(text) <= LONGEST_STORY and len(parts) <= MOST_PARTS
    return short and len(named) <= 1 and not _is_list(parts) and " " not in text.strip() and bool(HAN.search(text))


def _is_list(parts: Sequence[Clause]) -> bool:
    """Tells whether clauses say the same of several things: 英语80分，数学95分 or 早班小丽，晚班小芳."""
    if any(sum(values.holds(name, part.plain) for part in parts) > 1 for name in ("number", "day", "clock")):
        return True
    letters = [set(_EMPTY.sub("", part.plain)) for part in parts]
    return any(len(one & other) > 1 for number, one in enumerate(letters) for other in letters[:number])


def _says(passage: Clause, asked: Wanted, focus: Focus) -> bool:
    """Tells whether a passage has a word beside those of the question, and the type of value asked for."""
    plain = _ONE.sub("", passage.plain)
    if asked.type == "number" and not values.holds("number", plain):
        return False
    if asked.type not in ("", "person", "name") and not lookup.holds_type(asked, passage, focus):
        return False
    if HAN.search(plain):
        known = set(asked.plain) | set(sounds(asked.plain))
        left = {one for one in _EMPTY.sub("", plain) if one.isalnum() and one not in known and sound(one) not in known}
        return bool(left)
    return any(not word.is_weak and not any(words.likeness(one, word) for one in asked.words) for word in passage.words)
