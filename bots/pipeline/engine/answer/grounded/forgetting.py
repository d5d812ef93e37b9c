"""Leaves out what the person asked to forget, until `/forget` deletes it: "forget my doctor", 别记他名字了.

Deleting for good needs the command, which shows what goes. From the request on, the sentences on its topic that were
said before it are no longer used.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from bots.pipeline.engine.answer.grounded import words
from bots.pipeline.engine.answer.grounded.fact import Fact
from bots.pipeline.engine.answer.grounded.facts import Said
from bots.pipeline.engine.answer.grounded.plain_text import HAN, folded, plain
from memory.types import Hit

LONGEST = 80  # characters of a request
SHARE = 0.6
"""Share of the words of a topic that a sentence on it has."""
_EN = re.compile(
    r"(?:^|[.,;!] *|\b(?:please|can you|could you|(?:rather|want|wish|like) you(?: to)?) )"
    r"(?:forg[eo]t|delete|erase|remove|unlearn)(?: about)?"
    r" (?P<x>(?!it\b|all\b|everything\b|me\b|that$|what (?:you|i (?:just )?(?:said|told|wrote))\b)[^.,;!?]+)"
)
_ZH = re.compile(
    r"(?:^|[，。,!！?？\s]|[请你]|帮我|麻烦)(?:忘记|忘掉|忘了|删除|删掉|删了|清除|别记|不要记|别再提)(?:一下)?(?!了$|它$|吧$)(?P<x>[^，。,!！?？\s]{1,16})|^(?P<z>[^，。,！!\s]{1,10}?)你?(?:就|快|可以)?(?:忘掉|忘了|忘记|删掉|删了|别记了?)吧|把(?P<y>[^，。,]{1,12}?)(?:删|清空|清除|忘掉|忘了)"
)
_FORGOTTEN = re.compile(r"\b(?:i|we|they|he|she) forg[eo]t\b|我(?:都)?忘|^\W*名字忘了")
_AROUND = re.compile(
    r"^把|^(?:what|where|when|who|which|how(?: old| much| many| tall)?|that) (?:i|we)(?: am|'m| have| do)?\b ?"
    r"|^(?:my|the|that|his|her|our|about) |^(?:[他她它我]的?)|(?:叫?(?:啥|什么))$"
    r"|(?:,? (?:please|pls|for me|now|again|thanks))+$|(?:[那这]件?事|的事|的?了|吧)+$"
)
_REFERS = re.compile(r"(?:and |but |so )*(?:he|she|it|they|his|her|its|their|he's|she's|it's|they're)\b|[他她它这那]")
_SUBJECT_ZH = re.compile("我|咱|俺")
_ANEW = 2
"""Words of a Chinese part without a subject that begins something new."""
_LIGHT = frozenset(("date", "number", "time", "day", "place", "code", "thing"))
_SENTENCE = re.compile(r"[^.!?;。！？；\n]+[.!?;。！？；\n]*\s*")
_PART_ZH = re.compile(r"[^，。！？；,!?;\s]+[，。！？；,!?;\s]*")


def topic(text: str) -> str:
    """Returns what a message asks to forget: "doctor" of "forget my doctor"; "" for another message."""
    asked = plain(text)
    if len(asked) > LONGEST or _FORGOTTEN.search(asked):
        return ""
    found = (_bare(match) for match in (_ZH if HAN.search(asked) else _EN).finditer(asked))
    return next((one for one in found if one), "")


def _bare(match: re.Match[str]) -> str:
    """Returns the topic that a request names, without what stands around it."""
    groups = match.groupdict()
    found = groups["x"] or groups.get("y") or groups.get("z") or ""
    before = ""
    while found != before:
        before = found
        found = _AROUND.sub("", found).strip()
    return found


def without(said: Iterable[Said], keeping: Collection[int] = ()) -> list[Said]:
    """Returns the messages, oldest first, without what was asked to be forgotten after it was said.

    Args:
        said: The messages.
        keeping: Ids of messages that ask to forget nothing, whatever their words mean.
    """
    found: list[Said] = []
    for one in said:
        if one.id not in keeping and (asked := topic(one.text)):
            found = [left for each in found if (left := each._replace(text=_left(each.text, asked))).text.strip()]
        else:
            found.append(one)
    return found


def hits_without(hits: Sequence[Hit], earlier: Sequence[str]) -> list[Hit]:
    """Returns the recalled memories that are not on a topic that the person asked to forget in `earlier` messages."""
    topics = [asked for one in earlier if (asked := topic(one))]
    return [hit for hit in hits if all(_left(hit.text, asked) == hit.text for asked in topics)]


def facts_without(facts: Iterable[Fact], said: Iterable[Said]) -> list[Fact]:
    """Returns the stored facts that are not on a topic that the person asked to forget after they were told."""
    topics = [(asked, one.at) for one in said if (asked := topic(one.text))]
    return [
        fact
        for fact in facts
        if not any(fact.at <= at and _left(fact.said, asked) != fact.said for asked, at in topics if fact.said)
    ]


def _left(text: str, asked: str) -> str:
    """Returns a text without its sentences on a topic."""
    parts = (_PART_ZH if HAN.search(text) else _SENTENCE).findall(text)
    mine = words.of(asked)
    mine = tuple(word for word in mine if word.stem not in _LIGHT) or mine
    if not mine:
        return text
    kept = []
    on_topic = False
    for part in parts:
        plain_part = folded(part).strip()
        said = words.of(plain_part)
        share = sum(words.met(word, said, plain_part) for word in mine) / len(mine)
        on_topic = share >= SHARE or (on_topic and _goes_on(plain_part))
        if not on_topic:
            kept.append(part)
    return text if len(kept) == len(parts) else "".join(kept)


def _goes_on(part: str) -> bool:
    """Tells whether a part goes on from the one before: "she is in Leeds", 2021年戒的."""
    if _REFERS.match(part):
        return True
    if not HAN.search(part) or _SUBJECT_ZH.match(part) or any(word.relation for word in words.of(part)):
        return False
    return words.own_topics(part) < _ANEW
