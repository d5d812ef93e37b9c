"""Lexical candidates from PostgreSQL's GIN index. It has no document frequencies; the query brings the weights."""

from __future__ import annotations

from collections.abc import Sequence

from memory import database
from memory.indexes.lexical import ROWS, LexicalTable, Wanted

# Locks the rows, so that a deletion waits and its trigger finds the words.
_FILL = """
INSERT INTO memory_lexical (entry_id, scope_id, terms)
SELECT e.id, l.id, memory_terms(l.id, e.tokens)
FROM memory_memoryentry e JOIN memory_largescope l ON l.person_id = e.person_id AND l.bot_id = e.bot_id
WHERE l.id = %s AND e.tokens <> '' AND e.kind = 'turn' AND e.id = ANY(%s)
FOR KEY SHARE OF e
ON CONFLICT (entry_id) DO NOTHING
"""


def quoted(terms: Sequence[str]) -> str:
    """Returns a tsquery for rows with any of the terms, quoted so that no term acts as an operator."""
    return " | ".join("'" + term.replace("\\", "\\\\").replace("'", "''") + "'" for term in terms)


class GIN(LexicalTable):
    def search(self, scope_id: int, wanted: Wanted, k: int) -> list[int]:
        match = f"({quoted(wanted.any_of)})" + (f" & ({quoted(wanted.also)})" if wanted.also else "")
        found = self._search(match, wanted, k)
        if wanted.also and len(found) < k:  # too few rows have two terms: add rows with the rarest term only
            found += self._search(quoted(wanted.any_of), wanted, k - len(found))
        return list(dict.fromkeys(found))

    def _search(self, match: str, wanted: Wanted, k: int) -> list[int]:
        # The inner LIMIT bounds the number of rows to weigh for a very common word.
        weighed = " + ".join(["CASE WHEN terms @@ %s::tsquery THEN %s ELSE 0 END"] * len(wanted.weights))
        sql = (
            "SELECT entry_id FROM (SELECT entry_id, terms FROM memory_lexical WHERE terms @@ %s::tsquery LIMIT %s) AS f"  # noqa: S608
            f" ORDER BY {weighed} DESC, entry_id DESC LIMIT %s"
        )
        values = [value for term, weight in wanted.weights.items() for value in (quoted([term]), round(weight * 1000))]
        with database.connection().cursor() as cursor:
            cursor.execute(sql, (match, ROWS, *values, k))
            return [row[0] for row in cursor.fetchall()]

    def fill(self, scope_id: int, ids: Sequence[int]) -> None:
        with database.connection().cursor() as cursor:
            cursor.execute(_FILL, (scope_id, list(ids)))

    def tidy(self) -> None:
        """Does nothing: autovacuum cleans the index."""
