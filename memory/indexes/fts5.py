"""Lexical candidates from SQLite's FTS5."""

from __future__ import annotations

from collections.abc import Sequence

from memory import database
from memory.indexes.lexical import ROWS, Wanted

_MERGED = 500  # pages per merge step
# Ordered by FTS5's own BM25; `memory.ranking.scoring` ranks the candidates afterwards.
_SEARCH = "SELECT rowid FROM memory_lexical WHERE memory_lexical MATCH %s ORDER BY rank LIMIT %s"
_FIRST = "SELECT rowid FROM memory_lexical WHERE memory_lexical MATCH %s LIMIT %s"
_FILL = """
INSERT INTO memory_lexical(rowid, terms)
SELECT e.id, 's' || l.id || 'x' || replace(e.tokens, ' ', ' s' || l.id || 'x')
FROM memory_memoryentry e JOIN memory_largescope l ON l.person_id = e.person_id AND l.bot_id = e.bot_id
WHERE l.id = %s AND e.tokens <> '' AND e.kind = 'turn' AND e.id IN ({marks})
AND NOT EXISTS (SELECT 1 FROM memory_lexical WHERE rowid = e.id)
"""
_CLEAR = """
DELETE FROM memory_lexical WHERE rowid IN (
    SELECT e.id FROM memory_memoryentry e
    JOIN memory_largescope l ON l.person_id = e.person_id AND l.bot_id = e.bot_id WHERE l.id = %s
)
"""


def quoted(terms: Sequence[str]) -> str:
    """Returns a MATCH expression for rows with any of the terms, quoted so that no term acts as an operator."""
    return " OR ".join('"' + term.replace('"', '""') + '"' for term in terms)


class FTS5:
    def search(self, scope_id: int, wanted: Wanted, k: int) -> list[int]:
        match = quoted(wanted.any_of)
        sql = _SEARCH
        if wanted.also:
            match, sql = f"({match}) AND ({quoted(wanted.also)})", _FIRST
        with database.connection().cursor() as cursor:
            cursor.execute(sql, (match, k))
            found = [row[0] for row in cursor.fetchall()]
            if wanted.also and len(found) < k:  # too few rows have two terms: add rows with the rarest term only
                cursor.execute(_FIRST, (quoted(wanted.any_of), min(ROWS, k - len(found))))
                found += [row[0] for row in cursor.fetchall()]
        return list(dict.fromkeys(found))

    def fill(self, scope_id: int, ids: Sequence[int]) -> None:
        with database.connection().cursor() as cursor:
            cursor.execute(_FILL.format(marks=", ".join(["%s"] * len(ids))), (scope_id, *ids))

    def rows(self) -> int:
        with database.connection().cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM memory_lexical_docsize")
            return int(cursor.fetchone()[0])

    def clear(self, scope_id: int) -> None:
        with database.connection().cursor() as cursor:
            cursor.execute(_CLEAR, (scope_id,))

    def tidy(self) -> None:
        # Merges all segments into one, which removes deleted words. In small steps, so that writers are not blocked.
        pages = -_MERGED
        with database.connection().cursor() as cursor:
            while True:
                cursor.execute("SELECT total_changes()")
                (before,) = cursor.fetchone()
                cursor.execute("INSERT INTO memory_lexical(memory_lexical, rank) VALUES('merge', %s)", (pages,))
                cursor.execute("SELECT total_changes()")
                if cursor.fetchone()[0] - before < 2:  # documented by SQLite: nothing is left to merge
                    return
                pages = _MERGED
