"""An archive gives back what was put in; anything else is refused with one line, and nothing is written."""

from __future__ import annotations

import gzip
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from bots.maintenance.backup import archive, unpacking
from bots.maintenance.backup.errors import ArchiveUnusable, BackupError
from tests.maintenance.backup.builders import make_archive, with_member


def read_everything(path: Path, folder: Path) -> None:
    with archive.opened(path) as found:
        unpacking.refuse_newer(found)
        unpacking.unpack(found, folder, "", lambda _line: None)


def refusal(path: Path, folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    with pytest.raises(BackupError) as caught:
        read_everything(path, folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "sound.tar")


def test_it_is_private_and_gives_back_its_files(sound: Path, tmp_path: Path) -> None:
    assert sound.stat().st_mode & 0o777 == 0o600
    (tmp_path / "home").mkdir()
    read_everything(sound, tmp_path / "home")
    assert (tmp_path / "home/uploads/1/2-0.png").read_bytes() == b"a picture" * 500
    assert (tmp_path / "home/clawdbot.sqlite3").stat().st_mode & 0o777 == 0o600


def test_any_tar_program_can_unpack_it(sound: Path) -> None:
    with tarfile.open(sound) as tar:
        assert tar.getnames()[0] == "clawdbot-backup"
        assert tar.getnames()[-1] == "manifest.json"


@pytest.mark.parametrize("part", [0.05, 0.2, 0.3, 0.4, 0.5, 0.6])
def test_one_that_is_cut_off_is_refused(part: float, sound: Path, tmp_path: Path) -> None:
    body = sound.read_bytes()
    sound.write_bytes(body[: int(len(body) * part)])
    assert any(word in refusal(sound, tmp_path / "home") for word in ("cut off", "damaged", "no backup"))


def test_one_that_is_cut_off_between_two_members_is_refused(sound: Path, tmp_path: Path) -> None:
    with tarfile.open(sound) as tar:
        end = tar.getmember("manifest.json").offset
    sound.write_bytes(sound.read_bytes()[:end])
    assert "is cut off" in refusal(sound, tmp_path / "home")


def test_a_changed_byte_is_found(sound: Path, tmp_path: Path) -> None:
    with tarfile.open(sound) as tar:
        at = tar.getmember("uploads/1/2-0.png").offset_data
    body = bytearray(sound.read_bytes())
    body[at + 700] ^= 1
    sound.write_bytes(body)
    assert "uploads/1/2-0.png in the backup is damaged" in refusal(sound, tmp_path / "home")


def test_a_damaged_database_is_found_although_its_sum_is_right(tmp_path: Path) -> None:
    path, raw = tmp_path / "a.tar", b"SQLite format 3\0" + b"\xff" * 5000
    writer = archive.Writer(path, "x", lambda _count: None)
    writer.add_bytes("database.sqlite3.gz", gzip.compress(raw))
    entry = {"vendor": "sqlite", "member": "database.sqlite3.gz", "raw_bytes": len(raw), "migrations": {}}
    writer.finish({"id": "x", "made_at": "", "keys": False, "database": entry, "uploads": {}})
    assert "SQLite says" in refusal(path, tmp_path / "home")


def test_a_database_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    entry = {"vendor": "sqlite", "member": "database.sqlite3.gz", "raw_bytes": 100, "migrations": {}}
    path = make_archive(tmp_path / "a.tar", database=entry)
    assert "damaged" in refusal(path, tmp_path / "home")
    assert (tmp_path / "home/clawdbot.sqlite3").stat().st_size <= archive.CHUNK


@pytest.mark.parametrize("kind", ["empty", "text", "zip", "gzip", "tar", "folder", "missing", "sql"])
def test_what_is_no_archive_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "foreign.tar"
    match kind:
        case "empty":
            path.touch()
        case "text":
            path.write_text("hello\n" * 500)
        case "zip":
            with zipfile.ZipFile(path, "w") as file:
                file.writestr("clawdbot-backup", "{}")
        case "gzip":
            path.write_bytes(gzip.compress(make_archive(tmp_path / "x.tar").read_bytes()))
        case "tar":
            with tarfile.open(path, "w") as tar:
                tar.add(make_archive(tmp_path / "x.tar"), "database.tar")
        case "folder":
            path.mkdir()
        case "sql":
            path.write_text("--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n")
    assert any(word in refusal(path, tmp_path / "home") for word in ("is no backup", "cannot be read"))


@pytest.mark.parametrize(
    "name",
    ["../evil", "uploads/../../evil", "/etc/evil", "uploads//evil", "uploads\\..\\evil", "keys/django.key", "a.py"],
)
def test_a_member_that_no_backup_holds_is_refused(name: str, tmp_path: Path) -> None:
    path = with_member(tmp_path / "a.tar", name)
    assert "which no backup holds" in refusal(path, tmp_path / "home")
    assert not list((tmp_path / "home").iterdir())
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_link_or_device_is_refused(kind: bytes, tmp_path: Path) -> None:
    path = with_member(tmp_path / "a.tar", "uploads/a", kind=kind, link="/etc/passwd")
    assert "which no backup holds" in refusal(path, tmp_path / "home")


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    path = with_member(tmp_path / "a.tar", "database.sqlite3.gz")
    assert "damaged" in refusal(path, tmp_path / "home")


@pytest.mark.parametrize("told", [{"format": 2}, {"format": 99, "id": "x"}])
def test_a_newer_format_is_refused_with_the_mend(told: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        body = json.dumps(told).encode()
        info = tarfile.TarInfo("clawdbot-backup")
        info.size = len(body)
        import io

        tar.addfile(info, io.BytesIO(body))
    assert "update the product first" in refusal(path, tmp_path / "home")


def test_tables_of_a_newer_version_are_refused_with_the_mend(tmp_path: Path) -> None:
    entry = {
        "vendor": "sqlite",
        "member": "database.sqlite3.gz",
        "raw_bytes": 1,
        "migrations": {"bots": ["9999_of_the_future"]},
    }
    path = make_archive(tmp_path / "a.tar", database=entry, product="7.0")
    told = refusal(path, tmp_path / "home")
    assert "newer version (7.0, migration bots.9999_of_the_future): update the product first" in told


@pytest.mark.parametrize(
    "changed",
    [{"database": None}, {"uploads": []}, {"keys": "yes"}, {"id": 7}, {"database": {"vendor": "sqlite"}}],
    ids=str,
)
def test_a_manifest_that_says_something_odd_is_refused(changed: dict[str, object], tmp_path: Path) -> None:
    assert "damaged" in refusal(make_archive(tmp_path / "a.tar", **changed), tmp_path / "home")


def test_a_file_that_shrinks_while_it_is_read_ends_the_backup(tmp_path: Path) -> None:
    import io

    writer = archive.Writer(tmp_path / "a.tar", "x", lambda _count: None)
    with pytest.raises(BackupError, match="became shorter"):
        writer.add("uploads/a", io.BytesIO(b"12345"), 9)
    writer.abandon()
    with pytest.raises(ArchiveUnusable), archive.opened(tmp_path / "a.tar"):
        pass
