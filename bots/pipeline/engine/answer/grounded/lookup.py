"""Finds the clauses that answer a question, best first: its telling words, whom it is about, and the type it asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bots.pipeline.engine.answer.grounded import names, relations, values, wanted, words
from bots.pipeline.engine.answer.grounded.clauses import Clause, Focus
from bots.pipeline.engine.answer.grounded.fact import SELF
from bots.pipeline.engine.answer.grounded.plain_text import HAN
from bots.pipeline.engine.answer.grounded.wanted import SINGLE, Wanted
from bots.pipeline.engine.answer.grounded.words import Word

SURE, LIKELY = 0.99, 0.55
SHOWN = 4
_UPDATES = 0.8
"""A clause whose context counts more says nothing but a new value: "dr upped it to 100"."""
EXACT = frozenset(("password", "phone", "email"))
"""Of these one never stands for another: the wifi password is not that of the bank."""
_COUNT = re.compile(f"{values.COUNT_EN}|{values.COUNT_ZH}")
_AGE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty)\b|[一二三四五六七八九十两半]|born|year"
)
_CHANGES = re.compile(
    r"\b(?:now|put (?:it )?back|brought forward|pushed|switched|changed?|actually|instead|new|anymore|any more|no longer|quit|moved|stopped|sold|used to|cancell?ed|postponed|gave up|broke up|turns out)\b|现在|改|换|不再|其实|搬|辞|取消|推迟|提前|戒|分手|卖了"
)
_NEGATED = re.compile(
    r"\b(?:not|no|never|don't|dont|doesn't|didn't|can't|cant|cannot|hate|isn't|aren't)\b|[不没别]|讨厌"
)


_COMMANDS = re.compile(
    r"(?:(?:actually|ok|okay|so|no|wait|now|please|and|but)[ ,]+)*(?:go back|tell me|show me|stop|remind me|help me|let me)\b"
)
_OCCUPIED = re.compile(
    r"当[\u4e00-\u9fff]{1,5}[员工匠师手长]|开[\u4e00-\u9fff]{0,4}(?:店|馆|厂|公司|出租|网约车|货车)|做[\u4e00-\u9fff]{1,4}(?:生意|贸易|外贸)"
)
"""How Chinese says a job that is in no list: 当海员, 开花店."""
_DOSE = re.compile(r"\d ?(?:mg|mcg|ml|毫克|毫升|片|粒)(?![a-z])|\b(?:tablets?|pills?|inhaler)\b|吃药|服药")
_INTRODUCES = re.compile(r"\bis\b|'s\b|是|姓|叫")
"""What says a name: "our captain is mo", 队长是老丁."""
_DENIES = re.compile(r"\b(?:not|isn't|aren't) (?:an?|the|my|from|in|at|called)\b|不是|不叫|不住")


@dataclass(frozen=True, slots=True)
class Match:
    """A clause that may answer. score: share of the asked words, 0 to 1. typed: it has the type asked for."""

    clause: Clause
    score: float
    own: float
    typed: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What was found.

    Attributes:
        clauses: What to show.
        sure: It answers; else it is only about whom or what was asked.
        own: The share of the asked words that the last clause says itself.
    """

    clauses: tuple[Clause, ...]
    sure: bool
    own: float = 0.0


def find(asked: Wanted, told: Sequence[Clause], focus: Focus) -> Found:
    """Returns the clauses to show, oldest first; none when nothing is about what is asked."""
    matches = [match for clause in told if (match := _match(asked, clause, focus)) is not None]
    matches = [_beside_value(asked, match, told, focus) for match in matches]
    sure = [match for match in matches if _answers(asked, match)]
    if sure:
        own = max(match.own for match in sure)
        return Found(tuple(_chosen(asked, sure)), sure=True, own=own)
    return Found((), sure=False)


def _beside_value(asked: Wanted, match: Match, told: Sequence[Clause], focus: Focus) -> Match:
    """Returns the match of a Chinese clause as typed when the next piece has the value: 下周二有期中 在教三201."""
    if match.typed or not match.own or not HAN.search(match.clause.plain):
        return match
    near = (one for one in told if one.message == match.clause.message and one.start > match.clause.start)
    following = next(near, None)
    has = following is not None and not following.owners - match.clause.owners and holds_type(asked, following, focus)
    return replace(match, typed=has)


def negates(clause: Clause) -> bool:
    """Tells whether a clause says that something is not, or is disliked."""
    return _NEGATED.search(clause.plain) is not None


def denies(clause: Clause) -> bool:
    """Tells whether a clause says what somebody or something is not."""
    return _DENIES.search(clause.plain) is not None


def commands(clause: Clause) -> bool:
    """Tells whether a clause asks the bot for something, and so tells nothing: "actually go back to the start"."""
    return _COMMANDS.match(clause.plain) is not None


def changes(clause: Clause) -> bool:
    """Tells whether a clause says that something is not as before."""
    return _CHANGES.search(clause.plain) is not None


def _match(asked: Wanted, clause: Clause, focus: Focus) -> Match | None:
    if not of_same(asked, clause, focus) or commands(clause):
        return None
    weights = [(word, weight_of(word)) for word in asked.words]
    weights += [(word, 1.5 if _is_one(word, clause) else 0.3) for word in asked.optional]
    total = sum(weight for _word, weight in weights)
    typed = holds_type(asked, clause, focus)
    if not total:
        return Match(clause, 0.0 if not typed or not asked.type else 1.0, 0.0, typed)
    got = own = 0.0
    for word, weight in weights:
        here = met(word, clause, focus)
        there = words.met(word, clause.context, "") * clause.near
        got += weight * max(here, there)
        own += weight * here
    if asked.type == "name" and own < total and (own or asked.whom) and _INTRODUCES.search(clause.plain):
        name = sum(
            weight for word, weight in weights if word.concepts & {"name", "surname"} and not met(word, clause, focus)
        )
        got, own = got + 0.8 * name, own + 0.8 * name
    return Match(clause, min(got / total, 1.0), min(own / total, 1.0), typed)


def _is_one(word: Word, clause: Clause) -> bool:
    """Tells whether a clause names something of an asked kind: a cello for "which instrument"."""
    return any(word.heads & one.kinds for one in clause.words)


def weight_of(word: Word) -> float:
    """Returns how much an asked word tells."""
    if "number" in word.concepts or word.stem.isdigit() or _COUNT.fullmatch(word.stem):
        return 0.3
    if HAN.search(word.stem) and not word.concepts and not word.kinds and not word.relation:
        return 0.6  # it may be cut at the wrong place
    return 0.5 if word.is_weak or (len(word.stem) == 1 and not word.concepts) else 1.0


def met(word: Word, clause: Clause, focus: Focus) -> float:
    """Returns how well a clause meets an asked word, 0 to 1."""
    found = words.met(word, clause.words, clause.plain)
    if found:
        return found
    if "age" in word.concepts and word.stem != "turn" and _AGE.search(clause.plain):
        return 0.9 if _is_age(clause) else 0.0
    if "name" in word.concepts and any(
        focus.aliases[name] & clause.owners or _names(clause, focus.aliases[name])
        for name in names.told_in(clause.plain, focus.aliases)
    ):
        return 0.9
    if "work" in word.concepts and (
        any("job" in one.kinds for one in clause.words) or _OCCUPIED.search(clause.plain) is not None
    ):
        return 0.9
    if "medicine" in word.concepts and _DOSE.search(clause.plain) is not None:
        return 0.9
    return 0.0


def _names(clause: Clause, owners: frozenset[str]) -> bool:
    return any(word.relation in owners for word in clause.words)


def _is_age(clause: Clause) -> bool:
    return bool(
        re.search(
            r"(?:\bis|'s|\bhes|\bshes|\bare|'m|\bam|\bim|\bturn\w*|\bbe|^|,) ?(?:\d{1,3}|[a-z]+ty(?: \w+)?|\w+teen|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b(?! ?(?:am|pm|:|km|kg|cm|%|miles|pounds|euros|o'clock))",
            clause.plain,
        )
        or re.search(
            r"\d+[ -](?:year|month|yr|yo)|岁|[0-9一二两三四五六七八九十]+个?多?[月半]|born|今年\S{1,3}$|^(?:hi |hey )?(?:i'?m|i am) \w+,? \d{1,2}\b",
            clause.plain,
        )
    )


def holds_type(asked: Wanted, clause: Clause, focus: Focus) -> bool:
    """Tells whether a clause has the type of value asked for; any clause has where none is."""
    match asked.type:
        case "":
            return True
        case "time" | "place" | "number" | "reason":
            return values.holds(asked.type, clause.plain)
        case "person":
            return bool(
                clause.owners - {SELF}
                or any(word.relation for word in clause.words)
                or names.told_in(clause.plain, focus.aliases)
            )
        case "age":
            return _AGE.search(clause.plain) is not None
        case "name":
            if not asked.whom:
                things = any("name" not in word.concepts for word in asked.words)  # "our captain's name"
                if not things and asked.owner == SELF and SELF not in clause.owners:
                    return False
                return (things and _INTRODUCES.search(clause.plain) is not None) or any(
                    (word.concepts | word.parts) & {"name", "surname"} for word in clause.words
                )
            named = any(word.concepts & {"name", "surname"} for word in clause.words)
            return named or any(
                wanted.about(asked.whom, focus.aliases[name] | {f"?{name}"})
                for name in names.told_in(clause.plain, focus.aliases)
            )
        case _:
            return True


def of_same(asked: Wanted, clause: Clause, focus: Focus) -> bool:
    """Tells whether a clause may be about whom the question is about."""
    others = {one for one in clause.owners if one != SELF}
    if asked.whom:
        mentioned = set(clause.owners) | {word.relation for word in clause.words if word.relation}
        mentioned |= {kind for word in clause.words for kind in word.kinds if kind in relations.PETS}  # "a whippet"
        for name in names.told_in(clause.plain, focus.aliases):
            mentioned |= {f"?{name}", *focus.aliases[name]}
        if (clause.elided or clause.near > _UPDATES) and not any(word.relation for word in clause.words):
            mentioned |= {word.relation for word in clause.context if word.relation} - {""}
        if asked.owner == "mine" and not _whose(asked.whom, clause, focus):
            return False
        return wanted.about(asked.whom, frozenset(mentioned))
    if asked.owner and others and SELF not in clause.owners:
        if asked.owner == "mine" or not any(one.startswith("?") for one in others):
            return asked.type == "person" or _asks_for(asked, others)
        return all(
            one.startswith("?") and one[1:] in {word.stem for word in asked.words} for one in others
        ) or not _is_person(others)
    return True


def _whose(whom: frozenset[str], clause: Clause, focus: Focus) -> bool:
    """Tells whether a clause may be about the person's own: "my sister's dog" is not "my dog"."""
    known = {owner for one in whom if one.startswith("?") for owner in focus.aliases.get(one[1:], ())}
    others = {one for one in clause.owners if one != SELF and not one.startswith("?")}
    return (
        SELF in clause.owners
        or not others
        or all(any(relations.covers(asked, one) for asked in whom | known) for one in others)
    )


def _asks_for(asked: Wanted, others: set[str]) -> bool:
    """Tells whether the question asks for such people or animals: "what pet do i have" for "the dog is old"."""
    heads = {word.stem for word in (*asked.words, *asked.optional)}
    return any(relations.covers(head, one) for head in heads for one in others)


def _is_person(others: set[str]) -> bool:
    return any(one.startswith("?") for one in others)


def _answers(asked: Wanted, match: Match) -> bool:
    if asked.world and not asked.whom:
        return False
    typed = match.typed or (asked.type in ("place", "reason", "person") and match.score >= SURE)
    if not typed or (_DENIES.search(match.clause.plain) and not asked.yes_no):
        return False
    if not asked.words and not asked.optional:
        return bool(asked.type) and bool(asked.whom or asked.owner) and match.score > 0
    if asked.concepts & EXACT and not asked.whom:
        return match.score >= 0.85
    if not (asked.owner or asked.whom):
        return match.score >= (LIKELY if asked.type in ("time", "number", "place") else 0.85)
    if asked.whom and asked.type in ("time", "place", "number", "age"):
        return match.score >= 0.45
    return match.score >= LIKELY


def _chosen(asked: Wanted, sure: Sequence[Match]) -> list[Clause]:
    best = max(_rank(asked, match) for match in sure)
    top = [
        match
        for match in sure
        if _rank(asked, match) >= best - (0.16 if match.clause.near > _UPDATES and asked.type else 0.08)
    ]
    top += [match for match in sure if match not in top and _is_update(asked, match)]
    top.sort(key=lambda match: (match.clause.message, match.clause.start))
    latest = top[-1]
    shown = [latest]
    for match in reversed(top[:-1]):
        if len(shown) >= SHOWN:
            break
        if not any(_replaced(asked, match, newer) for newer in shown):
            shown.append(match)
    return [match.clause for match in reversed(shown)]


def _is_update(asked: Wanted, match: Match) -> bool:
    """Tells whether a clause only says the new value of what was told: "now it's 3350"."""
    return (
        bool(asked.type)
        and match.typed
        and match.clause.near > _UPDATES
        and match.score >= 0.7
        and changes(match.clause)
    )


def _rank(asked: Wanted, match: Match) -> float:
    """Returns how good a match is: its own words count more than those of what it goes on from."""
    about = 0.4 if match.clause.owners - {SELF} or any(word.relation for word in match.clause.words) else 0.0
    own = match.score if match.clause.near > _UPDATES and match.typed else match.own
    return match.score + 0.5 * own + (0.1 if match.typed else 0.0) + (about if asked.whom else 0.0)


def _replaced(asked: Wanted, old: Match, new: Match) -> bool:
    """Tells whether a newer clause takes the place of an older one: it says another value of the same."""
    one, other = old.clause, new.clause
    if one.message == other.message:
        return not asked.several and one.plain == other.plain
    if one.plain == other.plain:
        return True
    if asked.concepts & SINGLE and not asked.several and one.owners == other.owners:
        return True
    if _CHANGES.search(other.plain):
        return True
    if asked.several:
        return False
    if asked.type in ("time", "number", "age"):
        met = {word.stem for word in asked.words}
        ours = {word.stem for word in one.words} - met
        theirs = {word.stem for word in other.words} - met
        ours, theirs = _untyped(ours, one), _untyped(theirs, other)
        return not theirs or bool(ours & theirs)
    return bool(_NEGATED.search(other.plain)) != bool(_NEGATED.search(one.plain)) or asked.type in ("place", "age")


def _untyped(stems: set[str], clause: Clause) -> set[str]:
    """Returns the stems that are no part of a day, time or number."""
    taken = " ".join(
        clause.plain[begin:stop] for name in values.SWAPPED for begin, stop in values.spans(name, clause.plain)
    )
    return {stem for stem in stems if stem not in {word.stem for word in words.of(taken)}}
