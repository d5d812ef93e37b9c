"""MySQL and MariaDB: a FULLTEXT index, and triggers.

The server's full-text parser leaves out words of less than three letters, which would be all of Chinese, and stop
words, and splits where it likes. So it is given the terms as `memory.terms` numbers them: "s17x" and eight hexadecimal
digits, one plain word to any parser, whatever the server's settings.
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
# The negative number says that a vector is gone which may still be in an index file: nothing finds it any more, and
# the next build is due.
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
# MySQL (not MariaDB) lets nobody but a superuser make triggers while it writes a binary log.
_MEND = "SET GLOBAL log_bin_trust_function_creators = 1, and run manage.py migrate again"


def words(scope: str, packed: str) -> str:
    """SQL for a row's terms as the index holds them.

    Args:
        scope: SQL of the LargeScope's id.
        packed: SQL of the packed terms.
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
        # Without them the index would fall behind unseen: rather every scope is scanned.
        cursor.execute("DROP TABLE memory_lexical")
        logger.warning("memory: no full-text index, large memories are scanned: %s; mend: %s", error, _MEND)
