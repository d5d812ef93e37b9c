"""Databases on servers are dumped while they are used, and restored as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from bots.maintenance.backup import creating, databases, programs, restoring, servers, verifying
from bots.maintenance.backup.errors import BackupError
from bots.models import AuditEntry, Bot, InboundEvent
from bots.operations import restored
from bots.pipeline import inbox
from memory import database as memory_database
from tests.builders import make_bot, make_channel, make_event
from tests.maintenance.backup.builders import programs_folder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases("memory")]
WORDS = "correct horse battery"
# What pg_dump 15 does on a newer server. The tests' server brings the program of its own version only.
REFUSES = """#!/bin/sh
echo "pg_dump: error: aborting because of server version mismatch" >&2
echo "pg_dump: detail: server version: 18.1; pg_dump version: 15.14 (Debian 15.14-0+deb12u1)" >&2
exit 1
"""


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    """Returns a home with keys; the programs are those of the tests' server."""
    (tmp_path / "keys").mkdir()
    for key in (Path(settings.CLAWDBOT.home) / "keys").iterdir():
        (tmp_path / "keys" / key.name).write_bytes(key.read_bytes())
    config = settings.CLAWDBOT.backup.model_copy(update={"programs": programs_folder(), "to": str(tmp_path / "kept")})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"home": tmp_path, "backup": config})
    return tmp_path


def make() -> Path:
    row = creating.create(AuditEntry.COMMAND, creating.Wish(passphrase=lambda: WORDS))
    return Path(row.place) / row.name


@pytest.mark.postgres
@pytest.mark.usefixtures("home")
def test_postgresql_is_verified_in_a_database_of_its_own() -> None:
    make_channel()
    found = verifying.verify(make(), WORDS)
    assert found.with_keys
    assert [one for one in found.findings if one["level"] == "error"] == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_database WHERE datname LIKE 'clawdbot_verify_%%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.postgres
def test_postgresql_comes_back_with_what_was_pending_held(home: Path) -> None:
    channel = make_channel(make_bot(slug="kept"))
    (row_id,) = inbox.accept(channel, [make_event("before")]).accepted
    path = make()
    make_bot(slug="later")
    inbox.accept(channel, [make_event("after")])
    with connection.cursor() as cursor:  # a neighbour in the same database
        cursor.execute("CREATE TABLE IF NOT EXISTS neighbour (id int)")
    with pytest.raises(BackupError, match="--force replaces it"):
        restoring.restore(path, home, WORDS)
    told = restoring.restore(path, home, WORDS, force=True)
    assert told.held == {"answer": 1}
    assert set(Bot.objects.values_list("slug", flat=True)) == {"kept"}
    assert list(InboundEvent.objects.values_list("pk", "state")) == [(row_id, "held")]
    assert restored.counts() == {"answer": 1}
    assert told.aside is not None
    assert (told.aside / "database.pgdump").stat().st_size > 10_000
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE neighbour")
    # The old state lies aside as a dump that comes back, too.
    servers.into_postgresql(connection.settings_dict, told.aside / "database.pgdump", None)
    assert set(Bot.objects.values_list("slug", flat=True)) == {"kept", "later"}


@pytest.mark.postgres
@pytest.mark.usefixtures("home")
def test_a_damaged_dump_changes_nothing(tmp_path: Path) -> None:
    make_bot(slug="kept")
    dump = databases.dump("database", "default", tmp_path, lambda _done, _total: None)
    body = dump.path.read_bytes()
    dump.path.write_bytes(body[: len(body) // 2])
    with pytest.raises(BackupError, match="pg_restore failed"):
        servers.into_postgresql(connection.settings_dict, dump.path, None)
    assert set(Bot.objects.values_list("slug", flat=True)) == {"kept"}


@pytest.mark.postgres
@pytest.mark.usefixtures("home")
def test_a_pg_dump_that_is_too_old_is_told_with_the_mend(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    program = tmp_path / "old" / "pg_dump"
    program.write_text(REFUSES)
    program.chmod(0o755)
    config = settings.CLAWDBOT.backup.model_copy(update={"programs": str(program.parent)})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"backup": config})
    with pytest.raises(BackupError, match=r"pg_dump \d+\S* is older than the server \d+\S*: install its version"):
        creating.create("ann", creating.Wish())
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.two_databases
@pytest.mark.usefixtures("home")
def test_mariadb_gives_back_the_memory(settings: Any, tmp_path: Path) -> None:
    if memory_database.vendor() != "mysql":
        pytest.skip("the memory is in another database")
    config = settings.CLAWDBOT.backup.model_copy(update={"programs": ""})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"backup": config})
    alias = memory_database.alias()
    with connections[alias].cursor() as cursor:
        cursor.execute("DELETE FROM memory_embedderchoice")
    dump = databases.dump("memory", alias, tmp_path, lambda _done, _total: None)
    assert dump.member == "memory.sql.gz"
    entry = dump.entry(alias)
    assert entry["migrations"]["memory"]
    with servers.scratch(alias) as name:
        servers.into_mysql(connections[alias].settings_dict, dump.path, name)
        with connections[alias].cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {name}.memory_embedderchoice")
            assert cursor.fetchone() == (0,)
            cursor.execute(f"SHOW TRIGGERS FROM {name}")
            assert cursor.fetchall(), "its triggers came along"


def test_a_missing_program_is_told_with_the_mend(settings: Any, tmp_path: Path) -> None:
    config = settings.CLAWDBOT.backup.model_copy(update={"programs": str(tmp_path)})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"backup": config})
    with pytest.raises(BackupError, match=r"pg_dump is not installed: .* backup.programs"):
        programs.find("pg_dump")


def test_a_password_is_never_on_a_command_line(tmp_path: Path) -> None:
    login = {"USER": "bot", "PASSWORD": 'a"\\word', "HOST": "db.example", "PORT": 3306, "NAME": "x"}
    assert programs.postgresql(login)["PGPASSWORD"] == 'a"\\word'
    with programs.mysql(login) as option:
        path = Path(option.removeprefix("--defaults-file="))
        assert path.stat().st_mode & 0o777 == 0o600
        assert 'password = "a\\"\\\\word"' in path.read_text()
        assert "word" not in option
    assert not path.exists()
    assert tmp_path.exists()


def test_a_program_that_hangs_is_ended() -> None:
    with pytest.raises(BackupError, match="sleep failed"):
        programs.run(["/bin/sleep", "60"], deadline_s=0.2)
