"""Finds every memory about a topic by its words, for "forget what I said about ..."."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from clawdbot.chinese import simplified
from memory.models import MemoryEntry
from memory.storage import passages
from memory.storage.rows import of_scope
from memory.text.acknowledgements import is_acknowledgement, only_asks
from memory.text.forget_requests import EMPTY_WORDS, PARTICLE
from memory.text.stopwords import STOP_TERMS
from memory.text.tokenizer import tokenize
from memory.types import Scope

_PART = re.compile(r"[\u4e00-\u9fff]+|[^\W\u4e00-\u9fff]+")
_EMPTY = frozenset(tokenize(EMPTY_WORDS))


class Topic:
    """The words of a topic. A text is about it when it contains all of them."""

    def __init__(self, words: str) -> None:
        self.parts = _parts(words)

    def is_in(self, text: str) -> bool:
        """Tells whether a text is about the topic."""
        if not self.parts:
            return False
        said = set(tokenize(text))
        return all(part <= said for part in self.parts)


def _parts(words: str) -> list[frozenset[str]]:
    """Returns the terms of each word of a topic; a capital letter inside a topic makes a name, which is enough."""
    named = [w for w in re.findall(r"[^\W\d_]+", words)[1:] if w[0].isupper() and w not in ("I",)]
    plain = " ".join(named) if named and words.isascii() else words
    found = []
    for part in _PART.findall(PARTICLE.sub(" ", simplified(plain))):
        terms = frozenset(tokenize(part))
        telling = terms - STOP_TERMS - _EMPTY
        if telling:
            found.append(terms if not part.isascii() else telling)
    return found


def find(scope: Scope, words: str) -> list[int]:
    """Returns the ids of a person's memories about a topic, oldest first: also archived and superseded ones.

    A question about it brings its answer, and a message about it what was answered. Copies go with their first row.
    """
    topic = Topic(words)
    found = _about(scope, topic) if topic.parts else []
    if not found and len(topic.parts) > 1:
        found = _about_rarest(scope, topic)
    return sorted({*found, *_exchanges(scope, found)})


def _about(scope: Scope, topic: Topic) -> list[int]:
    rows = of_scope(scope).distinct_entries().order_by()
    for part in topic.parts:
        for term in part:
            rows = rows.filter(tokens__contains=term)  # narrows; the words of the text decide
    return [pk for pk, text in rows.values_list("id", "text").iterator(chunk_size=500) if topic.is_in(text)]


def _about_rarest(scope: Scope, topic: Topic) -> list[int]:
    """Returns the memories about the part of the topic that the fewest memories contain: "Crete" of "trip to Crete"."""
    by_part = []
    for part in topic.parts:
        alone = Topic("")
        alone.parts = [part]
        by_part.append(_about(scope, alone))
    return min((found for found in by_part if found), key=len, default=[])


def _exchanges(scope: Scope, ids: Sequence[int]) -> Iterable[int]:
    """Yields the answers to these turns that tell something, unless they were also given elsewhere."""
    if not ids:
        return
    rows = of_scope(scope)
    said = {row.pk: row for row in rows.turns().filter(pk__in=list(ids)).only("id", "role", "text")}
    following = passages.beside(list(said), after=True)
    near = rows.filter(pk__in=set(following.values()))
    answers = {row.pk: row for row in near.only("id", "role", "text", "duplicates", "duplicate_of")}
    for before, after in following.items():
        answer = answers.get(after)
        if answer is None or answer.role == said[before].role or answer.duplicates or answer.duplicate_of_id:
            continue
        asks = said[before].role == MemoryEntry.Role.USER or only_asks(said[before].text) or "?" in said[before].text
        if asks and not is_acknowledgement(answer.text) and not only_asks(answer.text):
            yield after
