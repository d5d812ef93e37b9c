"""A test file whose outcome can differ by database has the marker; `make test` runs others only on SQLite."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
PACKAGES = ("bots", "memory", "skills", "clawdbot_site")

CALLS_MEMORY = re.compile(r"^ *(?:from|import) memory(?: import|\.(?!models|types|text)\w)", re.MULTILINE)
MARKED = re.compile(r"\bmark\.databases\b")
LOCKS = r"\.cursor\(|\bselect_for_update\b|\bskip_locked\b|\bRawSQL\b"
SQL = re.compile(rf"{LOCKS}|\bMigrationExecutor\b|\bIntegrityError\b|\.vendor\b|\bmark\.(?:postgres|two_databases)\b")
THREADS = re.compile(r"\bimport threading\b|\bThreadPoolExecutor\b")
COMMITS = re.compile(r"\btransaction=True\b|\btransactional_db\b")
# These files import such code but test something else; other files test the code on every database.
SQLITE_IS_ENOUGH = {
    "tests/clawdbot_site/sqlite/test_base.py": "SQLite itself",
    "tests/clawdbot_site/sqlite/test_wal.py": "SQLite itself",
    "tests/memory/storage/test_mongo.py": "a MongoDB of its own",
    "tests/webchat/test_pages.py": "HTML",
    "tests/webchat/test_redis_outages.py": "Redis",
}
POSTGRESQL_IS_ENOUGH = {"tests/pipeline/queue/test_wakeups.py": "names of tasks"}


def _imported(path: Path) -> set[str]:
    """Returns dotted names that a file may import, with those behind `from package import module`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _with_sql() -> set[str]:
    """Returns the modules of the product that write SQL or lock rows."""
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in files
        if re.search(LOCKS, path.read_text("utf8"))
    }


def test_what_can_differ_by_database_is_marked() -> None:
    sql, missing = _with_sql(), set()
    assert "memory.storage.sql.index_reads" in sql
    for path in TESTS.rglob("test_*.py"):
        source = path.read_text("utf8")
        if "e2e" in path.parts or path == Path(__file__) or MARKED.search(source):
            continue
        if SQL.search(source) or (THREADS.search(source) and COMMITS.search(source)) or _imported(path) & sql:
            missing.add(path.relative_to(ROOT).as_posix())
    assert missing - set(SQLITE_IS_ENOUGH) == set(), "add pytest.mark.databases to pytestmark"
    assert set(SQLITE_IS_ENOUGH) <= missing, "an exception for what needs none"


def test_what_calls_the_memory_runs_on_mariadb_too() -> None:
    missing = set()
    for path in TESTS.rglob("test_*.py"):
        source = path.read_text("utf8")
        if path.parent.is_relative_to(TESTS / "memory") or not MARKED.search(source):
            continue
        if CALLS_MEMORY.search(source) and 'mark.databases("memory")' not in source:
            missing.add(path.relative_to(ROOT).as_posix())
    assert missing == set(POSTGRESQL_IS_ENOUGH), 'write pytest.mark.databases("memory")'
