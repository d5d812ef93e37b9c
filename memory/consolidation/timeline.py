"""Links the rows of one fact in order of valid time: each is true until the next one begins."""

from __future__ import annotations

from memory.models import MemoryEntry
from memory.storage.rows import of_scope
from memory.types import Scope


def of_key(scope: Scope, key: str) -> list[MemoryEntry]:
    """Returns all rows with this fact key in order of valid time."""
    rows = of_scope(scope).filter(kind=MemoryEntry.Kind.FACT, fact_key=key)
    return list(rows.defer("vector", "tokens").order_by("valid_from", "id"))


def relink(scope: Scope, key: str) -> None:
    """Sets `valid_to` and `superseded_by` of every row from its successor; the last row is current."""
    rows = of_key(scope, key)
    for number, row in enumerate(rows):
        follower = rows[number + 1] if number + 1 < len(rows) else None
        until, by = (follower.valid_from, follower.pk) if follower else (None, None)
        if (row.valid_to, row.superseded_by_id) != (until, by):
            of_scope(scope).filter(pk=row.pk).update(valid_to=until, superseded_by_id=by)
