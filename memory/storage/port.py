"""The port to the rows of memory: what a database that holds memories must be able to do.

Two parts. `MemoryEntry.objects` selects rows: conditions, order, counts, updates and deletions, as Django's querysets
have them. `EntryStore` has the calls of every turn, of the indexes of large memories and of the links between derived
rows and their sources, which each kind of database answers in its own way.

`memory.storage.sql` is the store for SQLite, PostgreSQL and MySQL, `memory.storage.mongo` the one for MongoDB.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from importlib import import_module
from typing import Any, Protocol

from memory import database
from memory.types import Scope, Stats

State = tuple[int, int]
"""(rows, sum of stamps) of a scope: equal states hold equal rows."""

ROW = (
    "id", "external_id", "role", "speaker", "session", "text", "terms", "occurred_at", "day", "conversation_id",
    "message_id", "duplicate_of_id", "stamp", "vector", "embedder", "superseded_by_id",
    "kind", "valid_from", "valid_to", "archived_at", "duplicates", "tokens", "dates",
)  # fmt: skip
"""Columns of a row that recall reads. `tokens` may be None where `terms` are there; `dates` is JSON."""

Values = tuple[Any, ...]
Change = tuple[int, int]
"""(number of the change, entry id); a negative id: the row lost its vector."""


class EntryStore(Protocol):
    """Reads and writes rows. Every call that takes a scope returns or changes rows of this scope only."""

    def reach(self) -> str:
        """Connects to the database; returns what it calls itself. Raises DatabaseError when it does not answer."""

    def state(self, scope: Scope, *, derived: bool = False, limit: int = 0) -> State:
        """Returns the state of the scope's turns, or of its derived memories; counts at most `limit + 1` rows."""

    def scan(self, scope: Scope, *, after: int | None, embedded: Sequence[int], derived: bool) -> list[Values]:
        """Returns the scope's turns (or derived memories) in order of time, as values in the order of `ROW`.

        after: only rows with a greater id, and those of `embedded` that have a vector by now.
        """

    def by_id(self, scope: Scope, ids: Sequence[int]) -> list[Values]:
        """Returns the scope's turns with these ids, in no particular order, as values in the order of `ROW`."""

    def known(self, scope: Scope, column: str, wanted: Sequence[Any]) -> list[Values]:
        """Returns (id, external_id, content_hash, duplicate_of_id, valid_to) of the scope's turns with these values.

        column: "content_hash" or "external_id".
        """

    def insert(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Stores rows of one scope (columns by name, datetimes aware, `dates` as JSON); returns their ids in order."""

    def count_copies(self, scope: Scope, first: int, moments: Sequence[datetime]) -> None:
        """Counts copies that are about to be stored with their first row. Keeps its stamp.

        moments: when each of them was said.
        """

    def store_vectors(self, made: Sequence[tuple[int, bytes]], label: str, claim: int) -> int:
        """Stores packed vectors by row id where the claim still holds, and ends the claim; returns how many."""

    def beside(self, ids: Collection[int], *, after: bool) -> dict[int, int]:
        """Maps turn ids to the id of the previous (or next) turn of the same person and session."""

    def latest(self, scope: Scope, limit: int) -> list[int]:
        """Returns the ids of the scope's latest turns, latest first."""

    def earliest(self, scope: Scope, limit: int) -> list[int]:
        """Returns the ids of the scope's earliest turns, earliest first."""

    def period(self, scope: Scope, begin: datetime, end: datetime, days: tuple[date, date], limit: int) -> list[int]:
        """Returns the ids of the latest turns said from `begin` to `end` on a day from days[0] to before days[1]."""

    def around(self, scope: Scope, moments: Sequence[datetime], before: int, after: int) -> list[int]:
        """Returns ids of the turns at each moment, of the `before` turns before it and the `after` turns after it."""

    def chunk(self, scope: Scope, after: int, upto: int, limit: int) -> list[Values]:
        """Returns (id, terms, tokens or None, vector, embedder) of the scope's turns with after < id <= upto, by id."""

    def vectors(self, scope: Scope, ids: Sequence[int]) -> list[Values]:
        """Returns (id, vector, embedder) of the scope's rows with these ids that have a vector."""

    def changes(self, scope: Scope, scope_id: int, after: int, limit: int) -> list[Change]:
        """Returns the latest changes of vectors with a greater number, latest first. scope_id: of its LargeScope."""

    def last_change(self, scope_id: int) -> int:
        """Returns the number of the latest change of vectors of a large scope; 0 when there is none."""

    def drop_changes(self, scope_id: int, upto: int) -> None:
        """Deletes the changes up to this number, which no index needs any more."""

    def changed(self, scope: Scope, scope_id: int, since: int, indexed: int) -> tuple[int, int]:
        """Counts the vectors that are newer than an index, and the rows in it that were deleted.

        Args:
            scope: whose memory.
            scope_id: id of its LargeScope.
            since: number of the last change in the index.
            indexed: number of vectors in the index.
        """

    def add_sources(self, derived_id: int, sources: Iterable[int]) -> None:
        """Adds sources to a derived row; skips those that it has already."""

    def sources(self, derived: Collection[int]) -> dict[int, list[int]]:
        """Maps derived rows to the ids of their sources, in order."""

    def derived_from(self, scope: Scope, ids: Collection[int], *, copies: bool = False) -> set[int]:
        """Returns the scope's rows that are derived from these turns; `copies`: or from a copy of one of them."""

    def sessions_of_sources(self, derived: Collection[int]) -> set[str]:
        """Returns the sessions of the sources of these derived rows."""

    def unfounded(self, scope: Scope) -> set[int]:
        """Returns the scope's unpinned derived rows without a source, or with a source of another person."""

    def count_links(self, scope: Scope, ids: Collection[int] | None, last_id: int) -> int:
        """Counts links to these sources of the scope; None: to all its sources with an id up to `last_id`."""

    def without_pinned_copies(self, rows: Any) -> Any:
        """Narrows a selection of first rows to those of which no copy is pinned."""

    def stats(self, bot_id: int, label: str) -> Stats:
        """Counts the memory of a bot. Rows without a vector of this label are waiting; "": rows without any vector."""


STORES = {"sql": "memory.storage.sql.SqlStore", "mongodb": "memory.storage.mongo.MongoStore"}


def store() -> EntryStore:
    """Returns the store of the configured database; imports its module at the first call."""
    module, _, name = STORES["mongodb" if database.mongodb() else "sql"].rpartition(".")
    made: EntryStore = getattr(import_module(module), name)()
    return made
