"""A backup of the product under load, restored elsewhere, answers and remembers, and sends nothing twice."""

from __future__ import annotations

import gzip
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.maintenance.backup import archive
from tests import load
from tests.product import ROOT, Product
from tests.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

MESSAGES = 150
RATE = 30.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("backup")
    (found / "words").write_text("correct horse battery\n")
    return found


@pytest.fixture(scope="module")
def backed_up(folder: Path) -> Iterator[tuple[load.Load, Path]]:
    """Yields a load whose product was backed up amid it and has then answered everything, and the archive."""
    product = Product(folder / "home", load.settings(CLAWDBOT_BACKUP__PASSPHRASE_FILE=str(folder / "words")))
    with load.prepared(product, delay_s=1.0, chats=12) as messages:
        product.start()
        try:
            product.manage("memory", "stats")  # the console is loaded, so that the backup is not late
            messages.begin(MESSAGES, RATE)
            time.sleep(2.5)
            made = product.manage_json("backup", "create", "--to", str(folder / "kept"))
            messages.delivered()
            messages.answered_within(180)
            messages.check()
        finally:
            product.stop()
        yield messages, folder / "kept" / made["name"]


def start_command(product: Product, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=product.environment, stderr=subprocess.PIPE)


def rows(home: Path, question: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{home / 'clawdbot.sqlite3'}?mode=ro", uri=True) as database:
        found = database.execute(question).fetchall()
    database.close()
    return found


def test_restored_it_answers_and_sends_nothing_twice(backed_up: tuple[load.Load, Path], folder: Path) -> None:
    messages, kept = backed_up
    product = Product(folder / "restored", messages.product.settings)
    told = product.manage("backup", "restore", str(kept))
    assert "is back at" in told
    known = {int(str(key)) for (key,) in rows(product.home, "SELECT dedupe_key FROM bots_inboundevent")}
    held = rows(product.home, "SELECT id FROM bots_inboundevent WHERE state = 'held'")
    unsent = rows(product.home, "SELECT id FROM bots_outboundmessage WHERE state = 'held'")
    assert held, "the load left nothing pending: the test shows nothing"
    before = len(messages.api.sent)
    answered_by_the_old = messages.product
    messages.product = product
    product.start()
    try:
        time.sleep(8.0)  # more than one sweep
        assert len(messages.api.sent) == before, "something was sent a second time"
        pending = product.manage_json("backup", "pending")
        assert len(pending) == len(held) + len(unsent)
        # A platform that repeats what the backup knows gets no second answer.
        for number in sorted(known)[:12]:
            messages._deliver(number)
        messages.begin(24, 12.0)
        messages.delivered()
        eventually(lambda: len(messages.api.sent) == before + 24, 60)
        time.sleep(2.0)
        assert len(messages.api.sent) == before + 24
        said = product.manage("backup", "drop", "--yes")
        assert f"{len(held)} messages to answer" in said
        assert product.manage_json("backup", "pending") == []
        assert len(messages.api.sent) == before + 24
    finally:
        product.stop()
        messages.product = answered_by_the_old


def test_a_running_or_filled_home_is_not_replaced(backed_up: tuple[load.Load, Path]) -> None:
    messages, kept = backed_up
    product = messages.product
    with pytest.raises(AssertionError, match=r"not empty: --force replaces it"):
        product.manage("backup", "restore", str(kept))
    assert len(rows(product.home, "SELECT id FROM bots_inboundevent")) == MESSAGES


@pytest.mark.parametrize("after_s", [0.3, 3.0])
def test_a_killed_restore_leaves_the_old_home_or_the_new_one(
    after_s: float, backed_up: tuple[load.Load, Path], folder: Path
) -> None:
    messages, kept = backed_up
    product = Product(folder / f"killed-{after_s}", messages.product.settings)
    product.migrate()
    product.manage("bot", "add", "older")
    restoring = start_command(product, "backup", "restore", str(kept), "--force")
    assert restoring.stderr is not None
    restoring.stderr.readline()  # it has begun to unpack
    time.sleep(after_s)
    restoring.kill()
    restoring.wait(60)
    restoring.stderr.close()
    product.manage("bot", "list")  # loads the settings of the home
    slugs = {slug for (slug,) in rows(product.home, "SELECT slug FROM bots_bot")}
    open_rows = rows(product.home, "SELECT id FROM bots_inboundevent WHERE state IN ('pending', 'processing')")
    product.stop()
    assert slugs in ({"older"}, {"loaded"})
    assert open_rows == []
    # And the restore can be repeated.
    product.manage("backup", "restore", str(kept), "--force")
    assert {slug for (slug,) in rows(product.home, "SELECT slug FROM bots_bot")} == {"loaded"}
    assert not list((product.home / "run" / "backup").iterdir())
    product.stop()


def test_an_archive_of_an_older_version_is_migrated(folder: Path) -> None:
    older = Product(folder / "older", load.settings())
    older.migrate()
    older.manage("bot", "add", "long-ago")
    older.manage("migrate", "bots", "0032", "--database", "default", "--verbosity", "0")
    older.stop()
    raw = (older.home / "clawdbot.sqlite3").read_bytes()
    writer = archive.Writer(folder / "older.tar", "20260101T000000Z-000000", lambda _count: None)
    writer.add_bytes("database.sqlite3.gz", gzip.compress(raw, 1))
    entry = {"vendor": "sqlite", "member": "database.sqlite3.gz", "raw_bytes": len(raw)}
    uploads = {"left_out": True, "count": 0, "missing": 0}
    leaf = {"bots": ["0032_replay"]}
    made = {"id": "20260101T000000Z-000000", "made_at": "2026-01-01T00:00:00+00:00", "keys": False, "uploads": uploads}
    writer.finish({**made, "database": {**entry, "migrations": leaf}})
    product = Product(folder / "updated", load.settings())
    product.manage("backup", "restore", str(folder / "older.tar"))
    assert rows(product.home, "SELECT slug FROM bots_bot") == [("long-ago",)]
    assert rows(product.home, "SELECT COUNT(*) FROM bots_backuprun") == [(0,)]
    product.stop()


@pytest.mark.parametrize("after_s", [0.0, 0.15])
def test_a_killed_backup_is_not_listed(after_s: float, backed_up: tuple[load.Load, Path], folder: Path) -> None:
    product, place = backed_up[0].product, folder / f"killed-create-{after_s}"
    creating = start_command(product, "backup", "create", "--to", str(place))
    assert creating.stderr is not None
    creating.stderr.readline()
    time.sleep(after_s)
    os.kill(creating.pid, signal.SIGKILL)
    creating.wait(60)
    creating.stderr.close()
    listed = product.manage_json("backup", "list", "--to", str(place))
    for one in listed:  # it was quicker than the signal
        product.manage("backup", "verify", str(place / one["name"]))
    product.stop()


def test_it_is_verified_and_a_wrong_passphrase_is_told(backed_up: tuple[load.Load, Path], folder: Path) -> None:
    messages, kept = backed_up
    product = messages.product
    found = product.manage_json("backup", "verify", str(kept))
    assert found["ok"]
    assert found["keys"]
    (folder / "other").write_text("another horse battery\n")
    with pytest.raises(AssertionError, match=r": 1\n\n.*the passphrase is another one"):
        product.manage("backup", "verify", str(kept), "--passphrase-file", str(folder / "other"))
    product.stop()
