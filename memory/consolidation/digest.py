"""Makes extractive digests: the most informative sentences of an episode in their original order."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from memory.consolidation.episodes import Episode, Line
from memory.consolidation.noise_filter import is_junk, own_words
from memory.storage import rows
from memory.text.stopwords import STOP_TERMS
from memory.text.tokenizer import tokenize
from memory.types import Scope

LEAST_LINES = 4  # a shorter episode needs no digest
SENTENCES = 5
LONGEST_SENTENCE = 240
LEAST_TERMS = 3
_LEARN_FROM = 2000  # number of latest turns for the document frequencies
_BOT_WEIGHT = 0.6  # the bot talks much, but the person's words matter more
_SAME = 0.5
_SENTENCE = re.compile(r"[^.!?。！？；;\n]+(?:[.!?](?=\s|$)|[。！？；;]|\n|$)|[^\s]")
_QUESTION = re.compile(r"[?？]\s*$|吗[。！]?\s*$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a turn. number: position in the episode."""

    line: Line
    number: int
    text: str
    terms: frozenset[str]


class Rarity:
    """Inverse document frequency of words over a person's latest turns."""

    def __init__(self, frequencies: Mapping[str, int], documents: int) -> None:
        self._frequencies, self._documents = frequencies, documents

    def of(self, term: str) -> float:
        return math.log1p(self._documents / (1 + self._frequencies.get(term, 0)))


def rarity(scope: Scope) -> Rarity:
    """Counts a person's document frequencies. Queries: 1."""
    texts = rows.of_scope(scope).turns().distinct_entries().order_by("-id").values_list("tokens", flat=True)
    frequencies: Counter[str] = Counter()
    documents = 0
    for tokens in texts[:_LEARN_FROM]:
        frequencies.update(set(tokens.split()))
        documents += 1
    return Rarity(frequencies, documents)


def sentences(text: str) -> list[str]:
    """Splits an English or Chinese text into sentences with their closing mark."""
    return [part for match in _SENTENCE.finditer(text) if len(part := match.group().strip()) > 1]


def extract(episode: Episode, words: Rarity) -> tuple[str, tuple[int, ...]] | None:
    """Returns a digest and the ids of the turns it quotes; None when the episode is too short for one."""
    own = (replace(line, text=own_words(line.text)) for line in episode.lines)
    lines = [line for line in own if not is_junk(line.text)]
    if len(lines) < LEAST_LINES:
        return None
    chosen = _choose(sorted(_candidates(lines), key=lambda s: -_weight(s, words)))
    if not chosen:
        return None
    chosen.sort(key=lambda s: s.number)
    quoted = [f"{sentence.line.speaker or sentence.line.role}: {sentence.text}" for sentence in chosen]
    return " / ".join(quoted), tuple(dict.fromkeys(sentence.line.id for sentence in chosen))


def _candidates(lines: Iterable[Line]) -> list[Sentence]:
    found: list[Sentence] = []
    for line in lines:
        for text in sentences(line.text):
            terms = frozenset(tokenize(text)) - STOP_TERMS
            if len(terms) >= LEAST_TERMS and len(text) <= LONGEST_SENTENCE and not _QUESTION.search(text):
                found.append(Sentence(line, len(found), text, terms))
    return found


def _weight(sentence: Sentence, words: Rarity) -> float:
    told = sum(words.of(term) for term in sentence.terms) / math.sqrt(len(sentence.terms) + 4)
    return told * (_BOT_WEIGHT if sentence.line.role == "assistant" else 1.0)


def _choose(ranked: Sequence[Sentence]) -> list[Sentence]:
    chosen: list[Sentence] = []
    for sentence in ranked:
        if len(chosen) >= SENTENCES:
            break
        if all(len(sentence.terms & other.terms) < _SAME * len(sentence.terms | other.terms) for other in chosen):
            chosen.append(sentence)
    return chosen
