"""The write-ahead log stays small, is truncated when a long read has made it grow, and does not fill a small disk."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bots.maintenance import checkpoints
from clawdbot_site.sqlite.base import DatabaseWrapper
from clawdbot_site.storage import database

MB = 2**20
PAGES = 60  # that a message changes


def connect(folder: Path) -> sqlite3.Connection:
    found = database("", folder)
    connection = sqlite3.connect(found["NAME"], isolation_level=None)
    connection.executescript(found["OPTIONS"]["init_command"])
    return connection


def write(connection: sqlite3.Connection, messages: int) -> None:
    """Changes 60 pages of a table of 300 in each of so many transactions."""
    connection.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v TEXT)")
    if not connection.execute("SELECT count(*) FROM t").fetchone()[0]:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO t VALUES (?, ?)", ((n, "x" * 3500) for n in range(300)))
        connection.execute("COMMIT")
    for number in range(messages):
        connection.execute("BEGIN IMMEDIATE")
        rows = ((str(number) * 900, (number + n) % 300) for n in range(PAGES))
        connection.executemany("UPDATE t SET v=substr(?, 1, 3500) WHERE id=?", rows)
        connection.execute("COMMIT")


def wal(folder: Path) -> float:
    return max((path.stat().st_size for path in folder.glob("*-wal")), default=0) / MB


def test_the_log_is_copied_before_it_is_large(tmp_path: Path) -> None:
    with closing(connect(tmp_path)) as connection:
        write(connection, 300)
        assert wal(tmp_path) < 9


def grown(folder: Path) -> sqlite3.Connection:
    """Returns a connection to a database whose log has grown during a long read."""
    connection = connect(folder)
    write(connection, 1)
    with closing(connect(folder)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM t").fetchone()
        write(connection, 150)
        assert wal(folder) > 25
    return connection


def test_a_log_that_has_grown_is_cut_when_it_starts_anew(tmp_path: Path) -> None:
    with closing(grown(tmp_path)) as connection:
        write(connection, 3)
        assert wal(tmp_path) < 9


@pytest.fixture
def product_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabaseWrapper]:
    found = database("", tmp_path)
    settings: dict[str, Any] = found | {
        "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "TIME_ZONE": None,
    }  # fmt: skip
    wrapper = DatabaseWrapper(settings)
    monkeypatch.setattr(checkpoints, "connections", {"default": wrapper})
    monkeypatch.setattr(checkpoints.database, "alias", lambda: "default")
    yield wrapper
    wrapper.close()


@pytest.mark.django_db
def test_a_log_that_nobody_writes_to_any_more_is_truncated(tmp_path: Path, product_database: DatabaseWrapper) -> None:
    with closing(grown(tmp_path)) as connection:
        assert checkpoints.wal_bytes("default") > 25 * MB
        assert checkpoints.truncate_large() == ["default"]
        assert wal(tmp_path) == 0
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (300,)
        assert checkpoints.truncate_large() == [], "a small one is left alone"


@pytest.mark.django_db
def test_a_log_that_is_read_is_truncated_later(
    tmp_path: Path, product_database: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clawdbot_site.sqlite.base._CHECKPOINT_MS", 50)
    with closing(grown(tmp_path)) as connection, closing(connect(tmp_path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM t").fetchone()
        write(connection, 1)
        assert checkpoints.truncate_large() == []
        reader.execute("COMMIT")
        assert checkpoints.truncate_large() == ["default"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("this container may not mount")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_the_log_does_not_fill_a_small_disk(small_disk: Path) -> None:
    with closing(connect(small_disk)) as connection:
        write(connection, 500)
        assert wal(small_disk) < 9
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_after_a_full_disk_the_log_is_truncated_and_writing_goes_on(small_disk: Path) -> None:
    """A long read keeps the log from starting anew until the disk is full; nothing that was committed is lost."""
    with closing(connect(small_disk)) as connection:
        write(connection, 1)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        with closing(connect(small_disk)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM t").fetchone()
            with pytest.raises(sqlite3.OperationalError, match="full"):
                write(connection, 500)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        assert wal(small_disk) == 0
        write(connection, 50)
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (300,)
