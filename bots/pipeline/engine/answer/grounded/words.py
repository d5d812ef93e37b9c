"""Reads the telling words of a text in both languages, and tells how well an asked word is met by a told one.

A word is compared by its stem, its concept (`lexicon.SAME`), its kind (`lexicon.KINDS`), its relation, and, for longer
words, with one slip of the keyboard. Chinese is cut at known words; what is left is looked for as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bots.pipeline.engine.answer.grounded import lexicon, relations, stop_words, values
from bots.pipeline.engine.answer.grounded.homophones import sounds
from bots.pipeline.engine.answer.grounded.plain_text import HAN
from memory.text.tokenizer import tokenize

LEAST = 0.5
"""A weaker likeness counts as none."""
_EN = re.compile(r"[a-z0-9à-ÿ]+(?:'[a-z]+)?(?:[@.:][a-z0-9]+)*")
_ENDS = re.compile(r"(?:'s|s'|')$")


@dataclass(frozen=True, slots=True)
class Word:
    """A telling word.

    Attributes:
        stem: What is compared; in Chinese the word itself.
        concepts: Its synonyms' keys.
        heads: The kinds that it names ("instrument").
        kinds: The kinds that it is one of ("cello").
        relation: The usual word of a relation; "" for another word.
        parts: Concepts of the single characters of an unknown Chinese word.
    """

    stem: str
    concepts: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    relation: str = ""
    parts: frozenset[str] = frozenset()

    def __hash__(self) -> int:
        return hash((self.stem, self.relation))  # the rest follows from these, and is slow to hash

    @property
    def is_weak(self) -> bool:
        """Whether it tells little by itself."""
        return (self.stem in stop_words.WEAK or bool(self.concepts & _LIGHT)) and not self.relation


_LIGHT = frozenset(("start", "end", "go", "come", "plan"))
"""Concepts that tell little."""
_NO_TOPIC = frozenset(("age", "name", "start", "end", "go", "come", "colour", "back"))
Entry = tuple[frozenset[str], frozenset[str], frozenset[str]]


_NOTHING: Entry = (frozenset(), frozenset(), frozenset())


@lru_cache(maxsize=1)
def _entries() -> dict[str, Entry]:
    same: dict[str, set[str]] = {}
    heads: dict[str, set[str]] = {}
    kinds: dict[str, set[str]] = {}
    for concept, listed in lexicon.SAME.items():
        for word in listed.replace("|", " ").lower().split():
            same.setdefault(_key(word), set()).add(concept)
    for kind, listed in lexicon.KINDS.items():
        own_en, own_zh, english, chinese = listed.lower().split("|")
        for word in f"{own_en} {own_zh}".split():
            heads.setdefault(_key(word), set()).add(kind)
        for word in f"{english} {chinese}".split():
            kinds.setdefault(_key(word), set()).add(kind)
    return {
        word: (frozenset(same.get(word, ())), frozenset(heads.get(word, ())), frozenset(kinds.get(word, ())))
        for word in {*same, *heads, *kinds}
    }


def _key(word: str) -> str:
    return word if HAN.search(word) else stem(word)


def stem(word: str) -> str:
    """Returns the stem of an English word in small letters."""
    return "".join(tokenize(word)) if word.isascii() else word


@lru_cache(maxsize=1)
def _cut_zh() -> re.Pattern[str]:
    known = {word for word in _entries() if HAN.search(word)} | set(relations.ZH.split("|")) | stop_words.ZH
    known = {word for word in known if word}
    return re.compile(
        "|".join(map(re.escape, sorted(known, key=len, reverse=True))) + r"|[a-z0-9][a-z0-9.:@+-]*|[\u4e00-\u9fff]"
    )


@lru_cache(maxsize=4096)
def of(text: str) -> tuple[Word, ...]:
    """Returns the telling words of a text, which is plain (small letters, simplified), in order."""
    return tuple(_of_zh(text) if HAN.search(text) else _of_en(text))


def _of_en(text: str) -> Iterable[Word]:
    for match in _EN.finditer(text.replace("’", "'")):
        word = _ENDS.sub("", match[0])
        bare = word.replace("'", "")
        if bare in stop_words.EN:
            continue
        yield _word(stem(word), relations.relation_en(word) or _slipped(word))


@lru_cache(maxsize=4096)
def _slipped(word: str) -> str:
    """Returns the relation of a misspelt word: "roomate"; "" for another word."""
    if len(word) < 6 or stem(word) in _entries():
        return ""
    return next((relations.relation_en(one) for one in relations.WORDS_EN if len(one) > 5 and _one_slip(word, one)), "")


def _of_zh(text: str) -> Iterable[Word]:
    left = ""
    stops = stop_words.ZH
    for match in _cut_zh().finditer(text):
        found = match[0]
        known = found in stops or found in _entries() or relations.is_zh(found)
        if len(found) == 1 and HAN.match(found) and found not in stops and not (known and relations.is_zh(found)):
            left += found  # one character that is known may be part of a longer word
            continue
        if left:
            yield _word(left)
            left = ""
        if found in stops:
            continue
        if found.isascii():
            if found.replace("'", "") not in stop_words.EN:
                yield _word(stem(found), relations.relation_en(found))
        else:
            yield _word(found, relations.usual(found) if relations.is_zh(found) else "")
    if left:
        yield _word(left)


@lru_cache(maxsize=4096)
def _word(text: str, relation: str = "") -> Word:
    same, heads, kinds = _entries().get(text, _NOTHING)
    if len(text) > 1 and HAN.match(text) and text not in _entries():
        found = [_entries().get(one, _NOTHING) for one in text]
        parts = frozenset().union(*(one[0] for one in found))
        return Word(text, same, heads, kinds.union(*(one[2] for one in found)), relation, parts)
    return Word(text, same, heads, kinds, relation)


@lru_cache(maxsize=32768)
def likeness(asked: Word, told: Word) -> float:
    """Returns how well a told word meets an asked one, 0 to 1."""
    if asked.relation and told.relation:
        return 1.0 if relations.covers(asked.relation, told.relation) else 0.0
    if asked.stem == told.stem:
        return 1.0
    if asked.heads & told.kinds or asked.concepts & told.concepts:
        return 0.85
    if asked.concepts & told.parts:
        return 0.8
    one, other = asked.stem, told.stem
    if one.isascii() and other.isascii():
        if one[:1].isdigit() or other[:1].isdigit():
            return 0.0
        shorter, longer = sorted((one, other), key=len)
        if len(shorter) >= 4 and (longer.startswith(shorter) or longer.endswith(shorter)):
            return 0.8
        return 0.8 if len(shorter) >= 5 and _one_slip(one, other) else 0.0
    return 0.0


def _one_slip(one: str, other: str) -> bool:
    """Tells whether one letter is wrong, missing, added, or two neighbours have changed places."""
    if abs(len(one) - len(other)) > 1 or one[0] != other[0]:
        return False
    at = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    first, second = one[at:], other[at:]
    if len(first) == len(second):
        return first[1:] == second[1:] or (first[:2] == second[1::-1] and first[2:] == second[2:])
    return first[1:] == second or first == second[1:]


def within(asked: Word, text: str, told: Iterable[Word] = ()) -> float:
    """Returns how much of an unknown Chinese word a text holds: all of it, or most of its characters."""
    one = asked.stem
    if not HAN.search(one) or asked.relation:
        return 0.0
    if one in text:
        return 1.0
    if len(one) < 2:
        return 0.0
    if sounds(one) in sounds(text):
        return 0.9
    if asked.concepts:
        return 0.0
    meant = frozenset().union(*(word.concepts | word.parts for word in told))
    pairs = sum(one[place : place + 2] in text for place in range(len(one) - 1))
    here = sum(part in text or bool(_entries().get(part, _NOTHING)[0] & meant) for part in one)
    return max(0.9 * here, pairs + 1 if pairs else 0) / len(one)


def met(asked: Word, told: Sequence[Word], text: str) -> float:
    """Returns how well the words of a told text meet an asked word, 0 to 1."""
    best = max((likeness(asked, one) for one in told), default=0.0)
    best = max(best, within(asked, text, told))
    return best if best >= LEAST else 0.0


def own_topics(plain: str) -> int:
    """Returns how many words say what a clause is about, beside people, times and numbers: "dad's is nov 30" has 0."""
    taken = " ".join(
        plain[begin:stop] for name in ("day", "clock", "number") for begin, stop in values.spans(name, plain)
    )
    times = {word.stem for word in of(taken)}
    return sum(
        not (word.relation or word.is_weak or word.stem in times or word.concepts & _NO_TOPIC) for word in of(plain)
    )
