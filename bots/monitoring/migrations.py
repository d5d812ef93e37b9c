"""Counts the unapplied migrations of every database."""

from __future__ import annotations

from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from bots.models import applied_migrations


def pending() -> int:
    """Returns the number of unapplied migrations.

    Raises:
        DatabaseError: A database cannot be used.
    """
    count = 0
    for alias in applied_migrations.aliases():
        executor = MigrationExecutor(connections[alias])
        count += len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return count
