"""Empties the database after a test that commits.

Django's flush deletes every row and then makes the content types and permissions of all models again, which took longer
than most tests. They are the same after every test, so this leaves them where they are.
"""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connections
from django.test import TransactionTestCase

from memory.indexes import schema

# What `migrate` fills: table -> rows and highest id after it, by database.
_KEPT = ("auth_permission", "django_content_type")
_known: dict[str, list[tuple[int, int]]] = {}


def install() -> None:
    """Replaces the flush of all tests that commit; the databases are fresh from `migrate`."""
    for alias in connections:
        _known[alias] = _kept(alias, _tables(alias))
    TransactionTestCase._fixture_teardown = _teardown  # type: ignore[attr-defined]


def _teardown(test: Any) -> None:
    for alias in test._databases_names(include_mirrors=False):
        empty(alias)


def empty(alias: str) -> None:
    """Deletes all rows but those of `migrate`. A test that changed these pays for the whole flush."""
    tables = _tables(alias)
    if _kept(alias, tables) != _known[alias]:
        call_command("flush", verbosity=0, interactive=False, database=alias, reset_sequences=False)
        _known[alias] = _kept(alias, tables)
        return
    operations = connections[alias].ops
    operations.execute_sql_flush(operations.sql_flush(no_style(), _filled(alias, tables)))
    schema.ensure(alias)  # a test may have dropped what no migration makes


def _tables(alias: str) -> list[str]:
    return connections[alias].introspection.django_table_names(only_existing=True, include_views=False)  # type: ignore[no-any-return,attr-defined]


def _kept(alias: str, tables: list[str]) -> list[tuple[int, int]]:
    found = []
    with connections[alias].cursor() as cursor:
        for table in _KEPT:
            if table in tables:
                cursor.execute(f"SELECT count(*), max(id) FROM {table}")
                found.append(cursor.fetchone())
    return found


def _filled(alias: str, tables: list[str]) -> list[str]:
    """Returns the tables with rows, apart from those that stay."""
    others = [table for table in tables if table not in _KEPT]
    quote = connections[alias].ops.quote_name
    parts = (f"SELECT {at} WHERE EXISTS (SELECT 1 FROM {quote(table)})" for at, table in enumerate(others))
    with connections[alias].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return [others[at] for (at,) in cursor.fetchall()]
