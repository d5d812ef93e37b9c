"""Value objects that the memory app takes and returns. All are frozen; none touches the database."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from clawdbot.storable_text import storable
from memory.text.dates import ResolvedDate

Role: TypeAlias = Literal["user", "assistant", "operator"]
"""Who said it: the person, the bot, or a human of the team in the bot's place."""
ROLES: tuple[Role, ...] = get_args(Role)
Kind: TypeAlias = Literal["turn", "fact", "summary"]
Vector: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scope:
    """One person of one bot. Every query of this app filters by it."""

    bot_id: int
    person_id: int


LONGEST_RETENTION = 36_500
"""Days: a hundred years. Longer periods could underflow `datetime.min`."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One verbatim turn to remember.

    Attributes:
        occurred_at: when it was said; must be aware. Its UTC offset decides which calendar day is indexed.
        external_id: the caller's id, unique per bot and person; "" when there is none.
        session: groups turns that belong together; "" means the conversation.
        vector: unit-length float32 of shape (dimension,): the *query* embedding of the text, if the caller already has
            it (from `Recall.vector`), so that the text is embedded once only.
        origin_id: the linked person whose account was used; None for the scope's own person.
        embedder: `Recall.embedder` of that vector; a vector of another embedder than the current one is dropped.
        pinned: exempt from retention.
        valid_to: when another memory superseded it; None: it is current.
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
        if self.role not in ROLES:
            raise ValueError(f"Turn.role must be one of {ROLES}, not {self.role!r}")
        for name in ("text", "speaker", "session", "external_id"):
            object.__setattr__(self, name, storable(getattr(self, name)))

    @property
    def scope(self) -> Scope:
        return Scope(self.bot_id, self.person_id)


@dataclass(frozen=True, slots=True)
class RecentTurn:
    """A recent turn of a person or of a conversation.

    Attributes:
        id: id of the memory; in a conversation, id of the message.
        role: one of `ROLES`.
        speaker: "" where the role is enough.
        occurred_at: None where the conversation's source does not know it.
    """

    id: int
    conversation_id: int | None
    role: str
    speaker: str
    text: str
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConversationSource:
    """A conversation whose messages another app stores.

    Attributes:
        conversation_id: a conversation of the requested scope.
        version: version of its messages; differs after every change. Read it before the messages.
        read: returns the latest turns, oldest first.
    """

    conversation_id: int
    version: Hashable
    read: Callable[[], Sequence[RecentTurn]]


@dataclass(frozen=True, slots=True)
class Beside:
    """The neighbouring question or answer of a hit; `after`: whether it follows the hit (else it precedes it)."""

    role: str
    speaker: str
    text: str
    after: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One recalled memory.

    Attributes:
        id: the entry's id, as `MemoryStore.erase` takes it.
        external_id: the id it was imported with, or "".
        score: fused score; comparable only within one recall.
        why: the share of every arm in `score`, and the raw `cosine`, `bm25` and `coverage`. `coverage` (0 to 1) is the
            fraction of the query's IDF mass whose terms occur in this hit: 0 means "no word in common".
        kind: "turn", or "fact" or "summary" for a derived memory.
        beside: the answer to a question or the question of an answer, if it is the neighbouring turn.
        corrected_by: id of the hit, before this one, that says what has changed since; None if there is none.
        dates: days and periods that the text mentions, resolved against the day it was said.
        valid_from: when a fact became true.
        valid_to: when it ceased to be true; None: it is still true.
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
    corrected_by: int | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """The result of a recall.

    Attributes:
        hits: turns, best first.
        vector: the query's embedding, to be passed on as `Turn.vector`; None when semantic search is off or down.
        ms: wall-clock milliseconds of the whole recall, embedding included.
        degraded: semantic search is on but only the lexical arm ran, because the query could not be embedded or the
            vector index of a large scope is not usable yet.
        derived: facts and summaries, best first; empty unless requested. Do not compare their scores with turns'.
        embedder: label of `vector`, to be passed on as `Turn.embedder`.
        not_reranked: why a requested cross-encoder did not run; "" when it ran or was not requested.
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
