"""A backup takes everything along while the product works, and no secret leaves unencrypted."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import tarfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from pydantic import SecretStr

from bots.maintenance.backup import archive, contents, creating, databases, runs, schedule, unpacking
from bots.maintenance.backup.errors import BackupError
from bots.models import AuditEntry, BackupRun, ReceivedFile
from bots.models.file import uploads
from bots.models.sql import clock
from bots.monitoring import backups
from tests.builders import make_channel, make_conversation
from tests.maintenance.backup.builders import programs_folder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
WORDS = "correct horse battery"


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    keys = tmp_path / "home" / "keys"
    keys.mkdir(parents=True)
    (keys / "encryption.key").write_text("the-encryption-key\n")
    config = settings.CLAWDBOT.backup.model_copy(update={"programs": programs_folder()})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"home": tmp_path / "home", "backup": config})
    settings.CONFIG_FILE = tmp_path / "clawdbot.yaml"
    settings.CONFIG_FILE.write_text("model_provider: {api_key: a-key-in-yaml}\n")
    return tmp_path / "home"


def wish(tmp_path: Path, passphrase: str = "", **values: Any) -> creating.Wish:
    return creating.Wish(to=str(tmp_path / "kept"), passphrase=lambda: passphrase, **values)


def path_of(row: BackupRun) -> Path:
    return Path(row.place) / row.name


@pytest.mark.usefixtures("home")
def test_it_holds_rows_files_and_settings_and_no_secret_in_clear(settings: Any, tmp_path: Path) -> None:
    section = settings.CLAWDBOT.uploads.model_copy(update={"secret_key": SecretStr("a-secret-of-s3")})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(
        update={"uploads": section, "redis_url": "redis://user:a-redis-word@host/0"}
    )
    name = uploads().save("9/1-0.png", ContentFile(b"a picture"))
    conversation = make_conversation(make_channel())
    ReceivedFile.objects.create(conversation=conversation, kind="image", file=name, size=9)
    ReceivedFile.objects.create(conversation=conversation, kind="image", file="9/gone.png", position=1)
    try:
        row = creating.create(AuditEntry.COMMAND, wish(tmp_path, WORDS))
    finally:
        uploads().delete(name)
    path = path_of(row)
    assert path.stat().st_mode & 0o777 == 0o600
    body = path.read_bytes()
    for secret in (b"the-encryption-key", b"a-key-in-yaml", b"a-secret-of-s3", b"a-redis-word", WORDS.encode()):
        assert secret not in body
    with archive.opened(path) as found:
        assert found.read(f"uploads/{name}") == b"a picture"
        assert found.manifest["uploads"] == {"left_out": False, "count": 1, "missing": 1}
        assert json.loads(found.read(archive.SETTINGS))["redis_url"] == "redis://user:***@host/0"
        (tmp_path / "new").mkdir()
        unpacking.refuse_newer(found)
        assert unpacking.is_current(found)
        unpacking.unpack(found, tmp_path / "new", WORDS, lambda _line: None)
    assert (tmp_path / "new/keys/encryption.key").read_text() == "the-encryption-key\n"
    assert "a-key-in-yaml" in (tmp_path / "new" / contents.CONFIGURATION).read_text()
    assert not any((tmp_path / "home/run/backup").iterdir()), "the copies are gone"
    entry = AuditEntry.objects.get(action="backup")
    assert entry.subject.endswith(row.name)
    assert BackupRun.objects.get().with_keys


@pytest.mark.usefixtures("home")
def test_without_a_passphrase_the_keys_are_left_out(tmp_path: Path) -> None:
    row = creating.create(AuditEntry.COMMAND, wish(tmp_path))
    assert not row.with_keys
    with archive.opened(path_of(row)) as found:
        assert archive.SEALED not in found.names
        assert not found.manifest["keys"]


@pytest.mark.usefixtures("home")
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="copies the file")
def test_the_copy_is_the_moment_at_which_it_began(tmp_path: Path) -> None:
    connection.ensure_connection()
    source = databases.sqlite_path("default")
    make_channel()
    added: list[int] = []

    def meanwhile(_done: int, _total: int) -> None:
        added.append(make_channel().pk)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(databases, "_PAGES", 40)
        databases.copy_sqlite(source, tmp_path / "copy", meanwhile)
    assert len(added) > 3, "writers go on between the steps"
    with sqlite3.connect(tmp_path / "copy") as copy:
        found = {pk for (pk,) in copy.execute("SELECT id FROM bots_channel")}
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    assert found
    assert not found & set(added)


@pytest.mark.usefixtures("home")
def test_a_second_one_waits_for_the_first(tmp_path: Path) -> None:
    with runs.running("ann", scheduled=False) as row:
        with pytest.raises(BackupError, match="another backup is running"):
            creating.create("ben", wish(tmp_path))
        row.made_at = clock.now()
    assert not list((tmp_path / "kept").glob("*")) if (tmp_path / "kept").exists() else True


@pytest.mark.usefixtures("home")
def test_a_killed_one_gives_way_after_a_minute(tmp_path: Path) -> None:
    killed = BackupRun.objects.create(alive_at=clock.now() - timedelta(minutes=2))
    creating.create("ben", wish(tmp_path))
    killed.refresh_from_db()
    assert (killed.state, killed.error_code) == ("failed", "backup_interrupted")


def test_what_a_killed_one_left_is_removed(home: Path, tmp_path: Path) -> None:
    left = home / "run" / "backup" / "dump-4194304-abc"  # above every process id
    left.mkdir(parents=True)
    (left / "database.sqlite3").touch()
    creating.create("ben", wish(tmp_path))
    assert not left.exists()


@pytest.mark.usefixtures("home")
def test_a_failure_leaves_no_file_and_is_told_everywhere(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "kept").write_text("no folder")
    config = settings.CLAWDBOT.backup.model_copy(update={"to": str(tmp_path / "kept"), "at": "00:00"})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"backup": config})
    assert not schedule.run_due()
    row = BackupRun.objects.get()
    assert row.state == "failed"
    assert "cannot be used" in row.error
    assert "cannot be used" in backups.look().failed
    assert backups.look().late
    assert not schedule.is_due(clock.now()), "the next try waits for half an hour"
    BackupRun.objects.update(started_at=clock.now() - timedelta(minutes=31))
    assert schedule.is_due(clock.now())


@pytest.mark.usefixtures("home")
def test_a_short_passphrase_is_refused_and_noted(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="8 characters"):
        creating.create("ben", wish(tmp_path, "short"))
    assert BackupRun.objects.get().error_code == "passphrase_short"


@pytest.mark.usefixtures("home")
def test_the_schedule_makes_one_a_day_and_removes_old_ones(tmp_path: Path, settings: Any) -> None:
    values = {"to": str(tmp_path / "kept"), "at": "00:00", "keep_daily": 2, "keep_weekly": 0}
    config = settings.CLAWDBOT.backup.model_copy(update=values)
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"backup": config})
    (tmp_path / "kept").mkdir()
    for day in range(10, 20):
        (tmp_path / f"kept/clawdbot-202601{day}T031000Z-0a1b2c-auto.tar").touch()
    assert schedule.run_due()
    assert not schedule.run_due()
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert len(names) == 2
    assert names[0] == "clawdbot-20260119T031000Z-0a1b2c-auto.tar"
    assert not backups.look().late


@pytest.mark.usefixtures("home")
def test_a_disk_that_is_full_at_last_costs_no_older_backup(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    values = {"to": str(tmp_path / "kept"), "at": "00:00", "keep_daily": 1, "keep_weekly": 0}
    config = settings.CLAWDBOT.backup.model_copy(update=values)
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"backup": config})
    (tmp_path / "kept").mkdir()
    old = {f"clawdbot-202601{day}T031000Z-0a1b2c-auto.tar" for day in (10, 11)}
    for name in old:
        (tmp_path / "kept" / name).touch()
    monkeypatch.setattr(archive.Writer, "finish", full)
    assert not schedule.run_due()
    assert {path.name for path in (tmp_path / "kept").iterdir()} == old
    assert "No space left on device" in BackupRun.objects.get().error


def test_a_key_file_that_cannot_be_read_ends_the_backup(home: Path, tmp_path: Path) -> None:
    (home / "keys" / "django.key").mkdir()
    creating.create("ann", wish(tmp_path, WORDS))  # a folder is no key
    (home / "keys" / "linked.key").symlink_to(home / "gone")
    creating.create("ann", wish(tmp_path, WORDS))
    settings_file = tmp_path / "clawdbot.yaml"
    settings_file.unlink()
    with pytest.raises(BackupError, match=r"clawdbot.yaml cannot be read: No such file"):
        creating.create("ann", wish(tmp_path, WORDS))


@pytest.mark.usefixtures("home")
def test_without_a_time_nothing_is_scheduled() -> None:
    assert schedule.due_at(clock.now()) is None
    assert not schedule.run_due()
    assert not BackupRun.objects.exists()


@pytest.mark.usefixtures("home")
def test_a_secret_part_that_is_no_tar_file_of_keys_is_refused(tmp_path: Path) -> None:
    import io

    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        info = tarfile.TarInfo("keys/../../evil")
        tar.addfile(info, io.BytesIO(b""))
    with pytest.raises(BackupError, match="damaged"):
        contents.unpack_secrets(held.getvalue(), tmp_path)
