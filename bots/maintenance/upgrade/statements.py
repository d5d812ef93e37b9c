"""Says what the SQL statements of a migration do to tables that hold rows: what they lock, rewrite or read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Above this many rows an operator should know before.
LARGE_ROWS = 100_000

_REMOVES = "removes a column of {}, without which processes of before fail"
_TABLE = r"[`\"](\w+)[`\"]"
# (what a statement does to the table in group 1, does its time grow with the rows, pattern of the statement)
_KINDS: tuple[tuple[str, bool, str], ...] = (
    ("writes all of {} anew", True, r"CREATE TABLE [`\"]new__(\w+)[`\"]"),  # how SQLite changes a column
    ("writes all of {} anew, and its readers wait", True, rf"ALTER TABLE {_TABLE} (ALTER COLUMN \S+ TYPE|MODIFY)"),
    ("writes all of {} anew, and its readers wait", True, rf"ALTER TABLE {_TABLE} ADD COLUMN .* GENERATED"),
    ("changes rows of {}", True, rf"(?:UPDATE|DELETE FROM|INSERT INTO) {_TABLE}"),
    ("makes an index of {}, and its writers wait", True, rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).* ON {_TABLE}"),
    ("checks all rows of {}, and its writers wait", True, rf"ALTER TABLE {_TABLE} ADD CONSTRAINT"),
    (_REMOVES, False, rf"ALTER TABLE {_TABLE} DROP COLUMN"),
    ("locks {} for a moment", False, rf"(?:ALTER|DROP) TABLE {_TABLE}"),
)
_PATTERNS = tuple((text, costly, re.compile(pattern)) for text, costly, pattern in _KINDS)
_NEW = re.compile(rf"CREATE TABLE {_TABLE}")
_CODE = "THIS OPERATION CANNOT BE WRITTEN AS SQL"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a migration does to a table.

    Attributes:
        table: The table; "" when the migration runs code, which may touch any.
        text: What it does, in words.
        costly: Its time grows with the number of rows.
        removes: Processes that started before it cannot go on.
    """

    table: str
    text: str
    costly: bool
    removes: bool = False


def effects(statements: Iterable[str]) -> list[Effect]:
    """Returns what the statements do to tables that they do not make themselves: each effect once, in their order."""
    lines = [" ".join(statement.split()) for statement in statements]
    made = {match[1] for line in lines if (match := _NEW.match(line))}
    found = dict.fromkeys(effect for line in lines if (effect := _effect(line)) and effect.table not in made)
    # A table that is written anew gets its indexes again, which is no effect of its own.
    anew = {effect.table for effect in found if "anew" in effect.text}
    return [effect for effect in found if effect.table not in anew or "anew" in effect.text]


def _effect(statement: str) -> Effect | None:
    if _CODE in statement:
        return Effect("", "runs code of its own, which may read or change rows", costly=False)
    for text, costly, pattern in _PATTERNS:
        if match := pattern.match(statement):
            return Effect(match[1], text.format(match[1]), costly, text is _REMOVES)
    return None
