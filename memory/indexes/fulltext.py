"""Lexical candidates from the FULLTEXT index of MySQL or MariaDB; `memory.indexes.schema.mysql` defines its terms.

The index finds a row only after its transaction commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from memory import database
from memory.indexes.lexical import LexicalTable, Wanted
from memory.indexes.schema import prefix
from memory.indexes.schema.mysql import words
from memory.text import term_keys

_MATCH = "MATCH (terms) AGAINST (%s IN BOOLEAN MODE)"
_SEARCH = f"SELECT entry_id FROM memory_lexical WHERE {_MATCH} ORDER BY {_MATCH} DESC, entry_id DESC LIMIT %s"  # noqa: S608
# Locks the rows, so that a deletion waits and its trigger finds the words.
_FILL = """
INSERT IGNORE INTO memory_lexical (entry_id, scope_id, terms)
SELECT e.id, l.id, {words}
FROM memory_memoryentry e JOIN memory_largescope l ON l.person_id = e.person_id AND l.bot_id = e.bot_id
WHERE l.id = %s AND LENGTH(e.terms) > 0 AND e.kind = 'turn' AND e.id IN ({marks})
LOCK IN SHARE MODE
"""


def encoded(scope_id: int, wanted: Sequence[str]) -> str:
    """Returns a boolean expression for rows with any of the prefixed terms, encoded as in the index."""
    start = prefix(scope_id)
    numbers = (term_keys.key(term.removeprefix(start)).to_bytes(term_keys.BYTES, "little") for term in wanted)
    return " ".join(f"{start}{number.hex().upper()}" for number in numbers)


@lru_cache(maxsize=1)
def _installed(_alias: str) -> bool:
    with database.connection().cursor() as cursor:
        return "memory_lexical" in database.connection().introspection.table_names(cursor)


def backend() -> FullText | None:
    """Returns the index; None where the server refused to create the triggers."""
    return FullText() if _installed(database.alias()) else None


class FullText(LexicalTable):
    def search(self, scope_id: int, wanted: Wanted, k: int) -> list[int]:
        match = encoded(scope_id, wanted.any_of)
        found = self._search(f"+({match}) +({encoded(scope_id, wanted.also)})" if wanted.also else match, k)
        if wanted.also and len(found) < k:  # too few rows have two terms: add rows with the rarest term only
            found += self._search(match, k - len(found))
        return list(dict.fromkeys(found))

    def _search(self, match: str, k: int) -> list[int]:
        with database.connection().cursor() as cursor:
            cursor.execute(_SEARCH, (match, match, k))
            return [row[0] for row in cursor.fetchall()]

    def fill(self, scope_id: int, ids: Sequence[int]) -> None:
        sql = _FILL.format(words=words("l.id", "e.terms"), marks=", ".join(["%s"] * len(ids)))
        with database.connection().cursor() as cursor:
            cursor.execute(sql, (scope_id, *ids))

    def tidy(self) -> None:
        """Does nothing: the server merges by itself. OPTIMIZE TABLE would commit implicitly and block writers."""
