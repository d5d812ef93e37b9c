"""Tables and triggers that Django has no words for; made after every migration, since SQLite drops the triggers of a
table that a migration rewrites.

A database's module has `create(cursor)`, which may run again and again. The triggers do three things, each only for
scopes that are in `memory_largescope` (or, for deletions, where there is something to delete):
a row's words go into and out of the lexical index, a new vector is noted in `memory_vectorchange`, and a deleted row
leaves nothing behind in either.

In the lexical index each term carries its scope ("s17xtea"): so the scope stands inside every query, one person's
rows are never gone through for another, and every term is one plain word to any full-text parser.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from memory import database

MODULES = {
    "sqlite": "memory.indexes.schema.sqlite",
    "postgresql": "memory.indexes.schema.postgresql",
    "mysql": "memory.indexes.schema.mysql",
}


def ensure(using: str = "", **_: Any) -> None:
    """Makes what is missing; a receiver of `post_migrate`."""
    if using and using != database.alias():
        return
    module = MODULES.get(database.vendor())
    if module:
        with database.connection().cursor() as cursor:
            import_module(module).create(cursor)


def prefix(scope_id: int) -> str:
    """What stands before every term of a scope."""
    return f"s{scope_id}x"
