"""Creates tables and triggers that Django cannot define.

They are created after every migration, because SQLite drops the triggers of a table that a migration rewrites. The
module of each database has an idempotent `create(cursor)`. The triggers do three things, only for scopes in
`memory_largescope`: they add and remove the words of a row in the lexical index, record a new vector in
`memory_vectorchange`, and remove a deleted row from both.

Each term in the lexical index has its scope as a prefix ("s17xtea"). So every query is limited to its scope and never
reads the rows of another person, and every term is a single word for any full-text parser.
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
    """Creates missing tables and triggers. Receiver of `post_migrate`."""
    if using and using != database.alias():
        return
    module = MODULES.get(database.vendor())
    if module:
        with database.connection().cursor() as cursor:
            import_module(module).create(cursor)


def prefix(scope_id: int) -> str:
    """Returns the prefix of every term of a scope."""
    return f"s{scope_id}x"
