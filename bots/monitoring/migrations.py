"""What is left to migrate, in every database."""

from __future__ import annotations

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from memory import database


def pending() -> int:
    """How many migrations are not applied. Raises whatever a database that cannot be used raises."""
    count = 0
    for alias in dict.fromkeys((DEFAULT_DB_ALIAS, database.alias())):
        executor = MigrationExecutor(connections[alias])
        count += len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return count
