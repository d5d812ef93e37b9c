"""The values that cross the border of the memory app. All are frozen; none touches the database."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory.text.dates import ResolvedDate

Role: TypeAlias = Literal["user", "assistant"]
Kind: TypeAlias = Literal["turn", "fact", "summary"]
Vector: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose memory: one person of one bot. Inside every query of this app."""

    bot_id: int
    person_id: int


LONGEST_RETENTION = 36_500
"""Days. What stays for a hundred years stays; a few thousand years back the calendar of Python ends."""


def storable(text: str) -> str:
    """Without what no database and no embedder takes: NUL characters and halves of surrogate pairs."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Turn:
    """One verbatim turn to remember.

    Attributes:
        occurred_at: when it was said; must be aware. Its own offset decides which calendar day is indexed.
        external_id: the caller's id, unique per bot and person; "" when there is none.
        session: what belongs together; "" means the conversation.
        vector: unit-length float32 of shape (dimension,), when the caller already has the text's *query* embedding
            (as `Recall.vector`), so that one embedding serves both ways.
        origin_id: the linked person through whose account it was said; None when that is the scope's own.
        embedder: `Recall.embedder` of that vector; a vector of another embedder than the present one is left out.
        pinned: kept whatever the retention.
        valid_to: since when another memory holds in its place; None: it still does.
    """

    bot_id: int
    person_id: int
    role: Role
    text: str
    occurred_at: datetime
    conversation_id: int | None = None
    message_id: int | None = None
    external_id: str = ""
    session: str = ""
    speaker: str = ""
    vector: Vector | None = None
    origin_id: int | None = None
    embedder: str = ""
    pinned: bool = False
    valid_to: datetime | None = None

    def __post_init__(self) -> None:
        if self.occurred_at.tzinfo is None:
            raise ValueError("Turn.occurred_at must be aware: without a zone a memory has no date")
        if self.role not in ("user", "assistant"):
            raise ValueError(f"Turn.role must be 'user' or 'assistant', not {self.role!r}")
        for name in ("text", "speaker", "session", "external_id"):
            object.__setattr__(self, name, storable(getattr(self, name)))

    @property
    def scope(self) -> Scope:
        return Scope(self.bot_id, self.person_id)


@dataclass(frozen=True, slots=True)
class RecentTurn:
    """One of the latest turns of a person, or of a conversation.

    Attributes:
        id: of the memory; in a conversation of the message.
        role: "user" or "assistant"; in a conversation also "operator".
        speaker: "" where the role says enough.
        occurred_at: None where the conversation's source does not tell.
    """

    id: int
    conversation_id: int | None
    role: str
    speaker: str
    text: str
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConversationSource:
    """A conversation, whose messages another app keeps.

    Attributes:
        conversation_id: of the scope that is asked for.
        version: of its messages: another one after every change, and read before them.
        read: gives the latest turns, oldest first.
    """

    conversation_id: int
    version: Hashable
    read: Callable[[], Sequence[RecentTurn]]


@dataclass(frozen=True, slots=True)
class Beside:
    """The turn next to a hit that completes it; `after`: whether it follows the hit, or precedes it."""

    role: str
    speaker: str
    text: str
    after: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One recalled memory.

    Attributes:
        id: the entry's id, what `forget` takes.
        external_id: the id it was imported with, or "".
        score: fused score; comparable within one recall only.
        why: the share of every arm in `score`, and the raw `cosine`, `bm25` and `coverage`. `coverage` (0 to 1) is the
            part of the query's information (IDF mass) whose terms this hit contains: 0 means "no word in common".
        kind: "turn", or what was derived from turns: "fact", "summary".
        beside: of a question its answer, of an answer its question, where the next or previous turn is that.
        dates: the days and periods the text speaks of, as they were meant when it was said.
        valid_from: of a fact, since when it is true.
        valid_to: until when it was true; None: it still is.
    """

    id: int
    external_id: str
    role: str
    speaker: str
    text: str
    score: float
    occurred_at: datetime
    session: str = ""
    seen: int = 1
    why: Mapping[str, float] = field(default_factory=dict)
    kind: Kind = "turn"
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    dates: tuple[ResolvedDate, ...] = ()
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """What a recall found.

    Attributes:
        hits: turns, best first.
        vector: the query's embedding, to be handed on as `Turn.vector`; None when semantic search is off or down.
        ms: wall-clock milliseconds of the whole recall, embedding included.
        degraded: semantic search is on, but no query vector could be made, so only the lexical arm was asked; or
            a large scope's vector index is not usable and being built.
        derived: facts and summaries, best first; empty unless asked for. Their scores compare with no turn's.
        embedder: label of `vector`, to be handed on as `Turn.embedder`.
        not_reranked: why a cross-encoder that was asked for did not run; "" when it did or was not asked for.
    """

    hits: tuple[Hit, ...]
    vector: Vector | None
    ms: float
    degraded: bool
    derived: tuple[Hit, ...] = ()
    embedder: str = ""
    not_reranked: str = ""


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of one bot's memory."""

    entries: int
    people: int
    duplicates: int
    pinned: int
    with_vector: int
    waiting_for_vector: int
    by_embedder: Mapping[str, int]
    oldest: datetime | None
    newest: datetime | None

    def as_json(self) -> dict[str, Any]:
        return {
            "entries": self.entries,
            "people": self.people,
            "duplicates": self.duplicates,
            "pinned": self.pinned,
            "with_vector": self.with_vector,
            "waiting_for_vector": self.waiting_for_vector,
            "by_embedder": dict(self.by_embedder),
            "oldest": self.oldest.isoformat() if self.oldest else None,
            "newest": self.newest.isoformat() if self.newest else None,
        }
