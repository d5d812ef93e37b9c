"""SQLite: an FTS5 table and triggers.

The table stores its own copy of the terms (no external content): so a deletion needs only the row id and never leaves
a partial entry.
"""

from __future__ import annotations

from typing import Any

# memory.text.tokenizer makes the terms; the `ascii` tokenizer only splits them at spaces.
_TABLE = """
CREATE VIRTUAL TABLE IF NOT EXISTS memory_lexical USING fts5(terms, tokenize='ascii', detail='none')
"""
_WORDS = """
    INSERT INTO memory_lexical(rowid, terms)
    SELECT NEW.id, 's' || l.id || 'x' || replace(NEW.tokens, ' ', ' s' || l.id || 'x')
    FROM memory_largescope l
    WHERE l.person_id = NEW.person_id AND l.bot_id = NEW.bot_id AND NEW.tokens <> '' AND NEW.kind = 'turn';
"""
_VECTOR = """
    INSERT INTO memory_vectorchange(scope_id, entry_id)
    SELECT l.id, NEW.id FROM memory_largescope l
    WHERE l.person_id = NEW.person_id AND l.bot_id = NEW.bot_id AND NEW.vector IS NOT NULL AND NEW.kind = 'turn';
"""
_REMOVE_WORDS = "DELETE FROM memory_lexical WHERE rowid = OLD.id;"
# A negative id records a deleted vector that may still be in an index file: searches skip it, and a rebuild is due.
_LOST_VECTOR = """
    DELETE FROM memory_vectorchange WHERE entry_id = OLD.id;
    INSERT INTO memory_vectorchange(scope_id, entry_id)
    SELECT l.id, -OLD.id FROM memory_largescope l
    WHERE l.person_id = OLD.person_id AND l.bot_id = OLD.bot_id AND OLD.vector IS NOT NULL AND OLD.kind = 'turn';
"""
_TRIGGERS = {
    "memory_entry_added": f"AFTER INSERT ON memory_memoryentry BEGIN {_WORDS} {_VECTOR} END",
    "memory_entry_removed": f"AFTER DELETE ON memory_memoryentry BEGIN {_REMOVE_WORDS} {_LOST_VECTOR} END",
    "memory_entry_reworded": (
        f"AFTER UPDATE OF tokens, person_id, bot_id, kind ON memory_memoryentry BEGIN {_REMOVE_WORDS} {_WORDS} END"
    ),
    "memory_entry_moved": (
        f"AFTER UPDATE OF person_id, bot_id, kind ON memory_memoryentry BEGIN {_LOST_VECTOR} {_VECTOR} END"
    ),
    "memory_entry_embedded": (f"AFTER UPDATE OF vector ON memory_memoryentry BEGIN {_VECTOR} END"),
}


def create(cursor: Any) -> None:
    cursor.execute(_TABLE)
    for name, body in _TRIGGERS.items():
        cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")
