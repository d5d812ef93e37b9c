"""What `manage.py upgrade` finds: migrations, processes of other versions, backups, disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from bots.maintenance.upgrade import findings, plan, statements
from bots.models import applied_migrations
from bots.runtime import home_lock
from clawdbot import __version__, process_versions
from memory import database
from tests.builders import make_bot

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases("memory")]

NOTE = """
import sys
from pathlib import Path
from clawdbot import process_versions
process_versions.note(Path(sys.argv[1]), "worker", sys.argv[2])
print("noted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"home": tmp_path})
    return tmp_path


@pytest.fixture
def pending() -> Iterator[str]:
    """Makes the last migration of the bots look pending; returns its name."""
    (leaf,) = MigrationExecutor(connection).loader.graph.leaf_nodes("bots")
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*leaf)
    yield ".".join(leaf)
    if leaf not in recorder.applied_migrations():
        recorder.record_applied(*leaf)


@contextmanager
def process(home: Path, version: str) -> Iterator[int]:
    """A living process that notes this version."""
    command = [sys.executable, "-c", NOTE, str(home / "run"), version]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "noted\n"
        yield child.pid
        child.kill()


def upgrade(*arguments: str) -> str:
    out = StringIO()
    call_command("upgrade", *arguments, stdout=out)
    return out.getvalue()


def check(*arguments: str) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("upgrade", "--check", "--json", *arguments, stdout=out)
    return int(str(ended.value.code)), json.loads(out.getvalue())


def count_rows() -> None:
    if connection.vendor == "postgresql":  # which estimates rows by its statistics, here those of earlier tests
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE bots_bot, bots_person")


def levels(report: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["level"] for one in report["findings"]}


def test_nothing_is_pending(home: Path) -> None:
    code, report = check()
    assert (code, report["ok"], report["pending"], report["version"]) == (0, True, 0, __version__)
    assert levels(report) == {"migrations": "ok", "processes": "ok"}
    assert "start: serve" in upgrade()


def test_a_pending_migration_is_named_and_changes_nothing(home: Path, pending: str) -> None:
    code, report = check()
    assert (code, [one["name"] for one in report["migrations"]]) == (0, [pending])
    assert levels(report) == {"migration": "ok", "processes": "ok", "backup": "warning", "disk": "ok"}
    assert tuple(pending.split(".")) not in MigrationRecorder(connection).applied_migrations()


def test_a_migration_says_what_it_does_to_rows(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_bot()
    count_rows()
    made = migrations.Migration("9999_more", "bots")
    made.operations = [
        migrations.AddIndex("bot", models.Index(fields=["name"], name="bots_bot_name_test")),
        migrations.AlterField("bot", "name", models.TextField()),
        migrations.AddIndex("person", models.Index(fields=["language"], name="bots_person_test")),
        migrations.CreateModel("Extra", [("id", models.BigAutoField(primary_key=True))]),
        migrations.RunPython(migrations.RunPython.noop),
    ]
    (step,) = plan.describe("default", [made])
    anew = {"sqlite": "writes all of bots_bot anew (1 rows)"}.get(
        connection.vendor, "writes all of bots_bot anew, and its readers wait (1 rows)"
    )
    # There are no people, so nobody waits for their index.
    assert step.effects == (anew, "runs code of its own, which may read or change rows")
    assert not step.large
    monkeypatch.setattr(plan, "LARGE_ROWS", 1)
    assert plan.describe("default", [made])[0].large
    assert "bots_bot_name_test" not in connection.introspection.get_constraints(connection.cursor(), "bots_bot")


def test_a_database_of_a_newer_version_is_refused(home: Path) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("bots", "9999_of_tomorrow")
    try:
        code, report = check("--force")
        assert (code, levels(report)) == (1, {"database": "stop"})
        assert "bots.9999_of_tomorrow" in report["findings"][0]["text"]
        with pytest.raises(CommandError, match="newer version"):
            upgrade("--force")
    finally:
        recorder.record_unapplied("bots", "9999_of_tomorrow")


def test_an_old_process_stops_it_unless_it_is_forced(home: Path, pending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with process(home, "0.0.9") as pid:
        code, report = check()
        assert (code, levels(report)["processes"]) == (1, "stop")
        assert f"worker (process {pid}, version 0.0.9)" in str(report["findings"])
        with pytest.raises(CommandError, match="not upgraded: processes"):
            upgrade()
        assert check("--force")[0] == 0
    assert check()[0] == 0  # it has ended
    assert process_versions.running(home / "run") == []


def test_force_does_not_take_a_column_from_an_old_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = plan.Step("default", "bots.9999_less", (), large=False, removes=True)
    monkeypatch.setattr(plan, "steps", lambda: [step])
    with process(home, "0.0.9"):
        assert check("--force")[0] == 1
        with pytest.raises(CommandError, match="not upgraded: processes"):
            upgrade("--force")
    assert check("--force")[0] == 0


def test_a_migration_that_removes_a_column_says_so(home: Path) -> None:
    made = migrations.Migration("9999_less", "bots")
    made.operations = [migrations.RemoveField("bot", "description")]
    (step,) = plan.describe("default", [made])
    assert step.removes  # also while there is no bot: older processes ask for the column
    make_bot()
    count_rows()
    (step,) = plan.describe("default", [made])
    assert step.effects == ("removes a column of bots_bot, without which processes of before fail (1 rows)",)


def test_an_old_process_is_only_to_be_restarted_when_nothing_is_pending(home: Path) -> None:
    with process(home, "0.0.9") as pid:
        assert check()[0] == 0
        assert f"restart: worker (process {pid}, version 0.0.9)" in upgrade()


def test_a_process_of_this_version_does_not_stop_it(home: Path, pending: str) -> None:
    with process(home, __version__):
        code, report = check()
    assert (code, levels(report)["processes"]) == (0, "warning")


def test_a_server_that_noted_no_version_is_seen_by_its_lock(home: Path, pending: str) -> None:
    lock = home_lock.take(home)
    try:
        code, report = check()
        assert (code, levels(report)["processes"]) == (1, "stop")
        assert "version unknown" in str(report["findings"])
    finally:
        os.close(lock)
    assert check()[0] == 0


@pytest.mark.postgres
def test_a_session_of_another_machine_shows_its_version(home: Path, pending: str) -> None:
    facts = connection.get_connection_params()
    wanted = {name: facts[name] for name in ("dbname", "user", "password", "host", "port") if facts.get(name)}
    with psycopg.connect(**wanted, application_name="clawdbot 0.0.8"):
        code, report = check()
        assert (code, levels(report)["processes"]) == (1, "stop")
        assert "1 sessions of local (version 0.0.8)" in str(report["findings"])


@pytest.mark.postgres
def test_our_own_sessions_carry_the_version() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('application_name')")
        assert cursor.fetchone() == (f"clawdbot {__version__}",)


@pytest.mark.parametrize(("hours", "level"), [(1, "ok"), (30, "warning")])
def test_the_age_of_the_backup(home: Path, pending: str, hours: int, level: str) -> None:
    folder = home / "backups"
    folder.mkdir()
    file = folder / "clawdbot.tar"
    file.write_text("x")
    stamp = file.stat().st_mtime - hours * 3600
    os.utime(file, (stamp, stamp))
    assert levels(check()[1])["backup"] == level


def test_a_full_disk_stops_it(home: Path, pending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=2**20, total=2**30, used=0))
    code, report = check()
    assert (code, levels(report)["disk"]) == (1, "stop")


def test_a_file_of_the_web_servers_own_copy_is_renewed(home: Path) -> None:
    (home / "static/old.css").write_text("kept: it may be the operator's")
    assert "copied the static files" in upgrade()
    assert (home / "static/clawdbot_admin/admin.css").is_file()
    assert (home / "static/old.css").is_file()


@pytest.mark.parametrize(
    ("statement", "effect"),
    [
        ('CREATE TABLE "new__t" ("id" integer)', "writes all of t anew"),
        ('ALTER TABLE "t" ALTER COLUMN "c" TYPE text USING "c"::text', "writes all of t anew, and its readers wait"),
        ("ALTER TABLE `t` MODIFY `c` longtext NOT NULL", "writes all of t anew, and its readers wait"),
        ('CREATE UNIQUE INDEX "i" ON "t" ("c")', "makes an index of t, and its writers wait"),
        ('CREATE INDEX CONCURRENTLY "i" ON "t" ("c")', None),
        ('ALTER TABLE "t" ADD CONSTRAINT "x" CHECK ("c" > 0)', "checks all rows of t, and its writers wait"),
        ('ALTER TABLE "t" ADD COLUMN "c" integer NULL', "locks t for a moment"),
        ('ALTER TABLE "t" DROP COLUMN "c"', "removes a column of t, without which processes of before fail"),
        ("ALTER TABLE `t` DROP COLUMN `c`", "removes a column of t, without which processes of before fail"),
        ('UPDATE "t" SET "c" = 1', "changes rows of t"),
        ('CREATE TABLE "t" ("id" integer)', None),
        ("-- THIS OPERATION CANNOT BE WRITTEN AS SQL", "runs code of its own, which may read or change rows"),
        ("-- Add field c to t", None),
    ],
)
def test_a_statement(statement: str, effect: str | None) -> None:
    found = statements.effects([statement])
    assert [one.text for one in found] == ([effect] if effect else [])


def test_the_memory_database_is_looked_at_too() -> None:
    assert applied_migrations.aliases() == ["default", *(["memory"] if database.separate() else [])]
    assert findings.newest_backup(Path("/nowhere")) is None
