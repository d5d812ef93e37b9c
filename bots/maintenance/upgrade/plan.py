"""Lists the migrations that an upgrade would apply, and what they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from bots.maintenance.upgrade.statements import LARGE_ROWS, effects
from bots.models import applied_migrations
from bots.models.sql import sessions


@dataclass(frozen=True, slots=True)
class Step:
    """A migration to apply.

    Attributes:
        database: Alias of the database.
        name: "app.name".
        effects: What it does to tables that hold rows, in words.
        large: It does something whose time grows with the rows of a table that has many.
        removes: It removes a column, also of an empty table: processes that started before it cannot go on.
    """

    database: str
    name: str
    effects: tuple[str, ...]
    large: bool
    removes: bool = False


def steps() -> list[Step]:
    """Returns the migrations to apply, in their order.

    Raises:
        DatabaseError: A database cannot be used.
    """
    return [step for alias in applied_migrations.aliases() for step in _steps(alias)]


def is_new(alias: str) -> bool:
    """Returns whether the database has no table of migrations yet: then everything is still to be made."""
    return not MigrationRecorder(connections[alias]).has_table()


def _steps(alias: str) -> list[Step]:
    executor = MigrationExecutor(connections[alias])
    plan = [migration for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if not plan or is_new(alias):
        return [Step(alias, str(migration), (), large=False) for migration in plan]
    return describe(alias, plan)


def describe(alias: str, plan: Sequence[Migration]) -> list[Step]:
    """Returns what these migrations would do to a database, in this order. Runs none of them.

    Raises:
        DatabaseError: The database cannot be used.
    """
    state = _state(MigrationExecutor(connections[alias]))
    steps = []
    for migration in plan:
        # Only collects the statements. Not atomic: a transaction would take SQLite's lock for writing.
        with connections[alias].schema_editor(collect_sql=True, atomic=False) as editor:
            state = migration.apply(state, editor, collect_sql=True)
        steps.append(_step(alias, migration, editor.collected_sql))
    return steps


def _state(executor: MigrationExecutor) -> ProjectState:
    """Returns the models as the applied migrations left them."""
    state = ProjectState(real_apps=executor.loader.unmigrated_apps)
    leaves = executor.loader.graph.leaf_nodes()
    for migration, _backwards in executor.migration_plan(leaves, clean_start=True):
        if (migration.app_label, migration.name) in executor.loader.applied_migrations:
            migration.mutate_state(state, preserve=False)
    return state


def _step(alias: str, migration: Migration, statements: list[str]) -> Step:
    done = effects(statements)
    rows = sessions.rows_of(alias, sorted({effect.table for effect in done if effect.table}))
    felt = [effect for effect in done if not effect.table or rows.get(effect.table)]
    texts = [f"{one.text} ({rows[one.table]} rows)" if one.table else one.text for one in felt]
    large = any(one.costly and rows.get(one.table, 0) >= LARGE_ROWS for one in felt)
    return Step(alias, str(migration), tuple(texts), large, any(one.removes for one in done))
