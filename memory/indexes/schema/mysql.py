"""MySQL and MariaDB: a FULLTEXT index, and triggers.

The server's full-text parser drops stop words and words of less than three letters (all of Chinese), and has its own
word boundaries. So the index has the terms as numbers of `memory.text.term_keys`: "s17x" and eight hexadecimal digits,
a single word for any parser, whatever the server's settings.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError

from memory import database

logger = logging.getLogger(__name__)

_TABLE = """
CREATE TABLE IF NOT EXISTS memory_lexical (
    entry_id bigint PRIMARY KEY, scope_id bigint NOT NULL, terms longtext NOT NULL,
    KEY memory_lexical_scope (scope_id), FULLTEXT KEY memory_lexical_terms (terms)
) ENGINE=InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin
"""
_LARGE = "FROM memory_largescope l WHERE l.person_id = {0}.person_id AND l.bot_id = {0}.bot_id AND {0}.kind = 'turn'"
_OF_NEW, _OF_OLD = _LARGE.format("NEW"), _LARGE.format("OLD")
_WORDS = (
    f"INSERT IGNORE INTO memory_lexical (entry_id, scope_id, terms) SELECT NEW.id, l.id, {{words}} {_OF_NEW}"
    " AND LENGTH(NEW.terms) > 0;"
)
_CHANGE = "INSERT INTO memory_vectorchange (scope_id, entry_id) SELECT l.id,"
_VECTOR = f"{_CHANGE} NEW.id {_OF_NEW} AND NEW.vector IS NOT NULL;"
_REMOVE_WORDS = "DELETE FROM memory_lexical WHERE entry_id = OLD.id;"
# A negative id records a deleted vector that may still be in an index file: searches skip it, and a rebuild is due.
_LOST_VECTOR = (
    f"DELETE FROM memory_vectorchange WHERE entry_id = OLD.id; {_CHANGE} -OLD.id {_OF_OLD} AND OLD.vector IS NOT NULL;"  # noqa: S608  names of our own
)
_STAYED = "NEW.person_id = OLD.person_id AND NEW.bot_id = OLD.bot_id AND NEW.kind = OLD.kind"
_TRIGGERS = {
    "memory_entry_added": f"AFTER INSERT ON memory_memoryentry FOR EACH ROW BEGIN {_WORDS} {_VECTOR} END",
    "memory_entry_removed": f"AFTER DELETE ON memory_memoryentry FOR EACH ROW BEGIN {_REMOVE_WORDS} {_LOST_VECTOR} END",
    "memory_entry_changed": (
        "AFTER UPDATE ON memory_memoryentry FOR EACH ROW BEGIN"
        f" IF NOT ({_STAYED} AND NEW.terms <=> OLD.terms) THEN {_REMOVE_WORDS} {_WORDS} END IF;"
        f" IF NOT ({_STAYED}) THEN {_LOST_VECTOR} END IF;"
        f" IF NOT ({_STAYED} AND NEW.vector <=> OLD.vector) THEN {_VECTOR} END IF; END"
    ),
}
# With a binary log, MySQL (not MariaDB) lets only superusers create triggers.
_MEND = "SET GLOBAL log_bin_trust_function_creators = 1, and run manage.py migrate again"


def words(scope: str, packed: str) -> str:
    """Returns the SQL for the terms of a row as the index has them.

    Args:
        scope: SQL expression of the LargeScope's id.
        packed: SQL expression of the packed terms.
    """
    back = r"\\1" if database.connection().mysql_is_mariadb else "$1"
    return f"REGEXP_REPLACE(HEX({packed}), '(.{{8}})', CONCAT('s', {scope}, 'x{back} '))"


def create(cursor: Any) -> None:
    cursor.execute(_TABLE)
    try:
        for name, body in _TRIGGERS.items():
            made = body.replace("{words}", words("l.id", "NEW.terms"))
            cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {made}")
    except DatabaseError as error:
        # Without triggers the index would silently become outdated: scan every scope instead.
        cursor.execute("DROP TABLE memory_lexical")
        logger.warning("memory: no full-text index, large memories are scanned: %s; mend: %s", error, _MEND)
