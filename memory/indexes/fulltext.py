"""Candidates by words from MySQL's or MariaDB's FULLTEXT index; its terms are those of `memory.indexes.schema.mysql`.

The index shows a row once its transaction is committed.
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
# The rows are locked so that a deletion waits: its trigger must find the words.
_FILL = """
INSERT IGNORE INTO memory_lexical (entry_id, scope_id, terms)
SELECT e.id, l.id, {words}
FROM memory_memoryentry e JOIN memory_largescope l ON l.person_id = e.person_id AND l.bot_id = e.bot_id
WHERE l.id = %s AND LENGTH(e.terms) > 0 AND e.kind = 'turn' AND e.id IN ({marks})
LOCK IN SHARE MODE
"""


def encoded(scope_id: int, wanted: Sequence[str]) -> str:
    """Terms with their prefix, as the index holds them; a row may hold any of them."""
    start = prefix(scope_id)
    numbers = (term_keys.key(term.removeprefix(start)).to_bytes(term_keys.BYTES, "little") for term in wanted)
    return " ".join(f"{start}{number.hex().upper()}" for number in numbers)


@lru_cache(maxsize=1)
def _installed(_alias: str) -> bool:
    with database.connection().cursor() as cursor:
        return "memory_lexical" in database.connection().introspection.table_names(cursor)


def backend() -> FullText | None:
    """None where the server did not let us make the triggers."""
    return FullText() if _installed(database.alias()) else None


class FullText(LexicalTable):
    def search(self, scope_id: int, wanted: Wanted, k: int) -> list[int]:
        match = encoded(scope_id, wanted.any_of)
        found = self._search(f"+({match}) +({encoded(scope_id, wanted.also)})" if wanted.also else match, k)
        if wanted.also and len(found) < k:  # no pairs: any row with the least common word
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
        """The server merges by itself; OPTIMIZE TABLE would end a transaction and block writers."""
