"""The memory app takes connections and transactions from `memory.database`: `default` may not have its tables."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.conf import settings

SOURCES = sorted(
    path
    for path in (Path(settings.BASE_DIR) / "memory").rglob("*.py")
    if "migrations" not in path.parts and path.name != "database.py"
)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_module_of_the_memory_takes_its_connection_from_memory_database(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "django.db":
            names = {alias.name for alias in node.names} & {"connection", "transaction"}
            assert not names, f"{path.name}: use memory.database in place of django.db.{names.pop()}"
