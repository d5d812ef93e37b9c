"""The column that held leases of indexes goes while indexes, their triggers and runs of consolidation are in use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from memory import database
from memory.indexes import build, large
from memory.models import ConsolidationRun
from memory.models.indexes import LargeScope
from tests.memory.builders import found, person, say

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("words_only", "small_is_large"),
    pytest.mark.databases,
]
BEFORE, AFTER = ("memory", "0012_endpoint_trust"), ("memory", "0013_drop_lease_until")


def _migrate(target: tuple[str, str]) -> None:
    executor = MigrationExecutor(connections[database.alias()])
    executor.migrate([target])


def _columns(table: str) -> set[str]:
    connection = connections[database.alias()]
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


@pytest.fixture
def leaf() -> Iterator[None]:
    yield
    executor = MigrationExecutor(connections[database.alias()])
    executor.migrate(executor.loader.graph.leaf_nodes("memory"))


@pytest.mark.usefixtures("leaf")
def test_rows_and_triggers_outlive_the_column() -> None:
    ann = person()
    say(ann, *(f"note {i} about the weather" for i in range(20)), "My sister lives in Chengdu")
    assert build.build(ann)
    ConsolidationRun.objects.create(bot_id=ann.bot_id, state=ConsolidationRun.State.DONE, finished_at=timezone.now())
    tables = (LargeScope._meta.db_table, ConsolidationRun._meta.db_table)
    _migrate(BEFORE)
    assert all("lease_until" in _columns(table) for table in tables)
    with connections[database.alias()].cursor() as cursor:  # one that was held when its process was killed
        cursor.execute(f"UPDATE {tables[0]} SET lease_until = '2026-11-30 10:00:00'")
    _migrate(AFTER)
    assert not any("lease_until" in _columns(table) for table in tables)
    assert ConsolidationRun.objects.get().state == ConsolidationRun.State.DONE
    assert large.known(ann)[0] is not None
    say(ann, "The piano tuner comes on Friday")
    assert found(ann, "when does the piano tuner come?")[0] == "The piano tuner comes on Friday"
    assert found(ann, "where is my sister?")[0] == "My sister lives in Chengdu"
