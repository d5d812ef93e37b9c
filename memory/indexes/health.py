"""Reports the state of the indexes for `memory stats`, `doctor` and the admin."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from memory import database
from memory.indexes import build, vector
from memory.indexes.vector import Health
from memory.models.indexes import LargeScope
from memory.types import Scope


@dataclass(frozen=True, slots=True)
class ScopeHealth:
    """The state of the indexes of one large scope.

    Attributes:
        backend: "faiss" or "pgvector".
        lexical: "fts5", "gin", "fulltext" or "multikey" (MongoDB's index on the list of terms).
        rows: number of rows at the last build.
        built_at: time of that build; None: not finished yet, and the scope is scanned row by row.
        build_seconds: duration of that build.
        vector: health of the vector index; None when semantic search is off.
    """

    bot_id: int
    person_id: int
    backend: str
    lexical: str
    rows: int
    built_at: datetime | None
    build_seconds: float
    vector: Health | None

    @property
    def due(self) -> bool:
        """Tells whether a build is needed."""
        return self.built_at is None or (self.vector is not None and self.vector.stale)

    def as_json(self) -> dict[str, Any]:
        found = asdict(self) | {"due": self.due, "built_at": _iso(self.built_at)}
        if self.vector is not None:
            found["vector"]["built_at"] = _iso(self.vector.built_at)
        return found


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def of_scopes(bot_id: int | None = None) -> list[ScopeHealth]:
    """Returns the health of every large scope (of one bot). Slow: it reads files and counts rows."""
    rows = LargeScope.objects.defer("statistics")
    if bot_id is not None:
        rows = rows.filter(bot=bot_id)
    of = build.space()
    kinds = {"sqlite": "fts5", "postgresql": "gin", "mongodb": "multikey"}
    return [
        ScopeHealth(
            row.bot_id,
            row.person_id,
            settings.CLAWDBOT.semantic_search.index_type,
            kinds.get(database.vendor(), "fulltext"),
            row.rows,
            row.built_at,
            row.build_seconds,
            vector.backend().health(Scope(row.bot_id, row.person_id), row.pk, of) if of.labels else None,
        )
        for row in rows
    ]


def missing() -> str:
    """Says why the configured vector index cannot work and how to fix it; "" when it can work."""
    if settings.CLAWDBOT.semantic_search.index_type != "pgvector":
        return ""
    if database.vendor() != "postgresql":
        return "pgvector needs PostgreSQL: set semantic_search.index_type to faiss, or DATABASE_URL"
    from memory.indexes import pgvector

    if pgvector.installed():
        return ""
    return "the database has no pgvector: run CREATE EXTENSION vector there as its owner, then manage.py migrate"
