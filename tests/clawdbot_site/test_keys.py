"""Concurrent starts make keys once; keys are private, and a rotation loses no credential."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from clawdbot import crypto
from clawdbot_site import keys
from tests.clawdbot_site.builders import ROOT, environment


@pytest.fixture(autouse=True)
def own_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "_keyring", None)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_private_files_in_a_private_folder(tmp_path: Path) -> None:
    keys.signing_keys(tmp_path)
    keys.configure_encryption(tmp_path)
    assert mode(tmp_path / "keys") == 0o700
    assert {path.name: mode(path) for path in (tmp_path / "keys").iterdir()} == {
        "django.key": 0o600,
        "encryption.key": 0o600,
    }


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    script = "from clawdbot_site import settings; print(settings.SECRET_KEY)"

    def start(_: int) -> str:
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=True)
        return done.stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(start, range(4)))
    assert len(found) == 1
    assert len(found.pop()) >= 50


def test_a_rotated_key_signs_and_the_old_one_still_verifies(tmp_path: Path) -> None:
    keys.configure_encryption(tmp_path)
    (old,) = keys.signing_keys(tmp_path)
    keys.rotate(tmp_path)
    fresh, *fallbacks = keys.signing_keys(tmp_path)
    assert fresh != old
    assert fallbacks == [old]


def test_a_running_process_opens_what_another_encrypted_with_a_new_key(tmp_path: Path) -> None:
    keys.configure_encryption(tmp_path)
    running = crypto.keyring()
    keys.rotate(tmp_path)
    token = crypto.encrypt_json({"token": "x"})
    assert crypto.keyring() is not running
    assert running.decrypt(token) == b'{"token":"x"}'


def test_after_retiring_only_the_newest_key_opens(tmp_path: Path) -> None:
    keys.configure_encryption(tmp_path)
    old = crypto.encrypt_json({"token": "x"})
    keys.rotate(tmp_path)
    rotated = crypto.rotate(old)
    assert keys.retire(tmp_path) == 2  # one of each file
    assert crypto.decrypt_json(rotated) == {"token": "x"}
    with pytest.raises(crypto.DecryptionError):
        crypto.decrypt_json(old)


@pytest.mark.django_db
def test_rotate_keys_encrypts_every_credential_anew(settings: object, tmp_path: Path) -> None:
    from bots.models import Bot, Channel, ModelProvider

    settings.HOME = tmp_path  # type: ignore[attr-defined]
    keys.configure_encryption(tmp_path)
    bot = Bot.objects.create(slug="b", name="b")
    channel = Channel(bot=bot, platform="telegram")
    channel.credentials = {"token": "1:a"}
    channel.save()
    provider = ModelProvider(name="p", endpoint="http://h/v1", model="m")
    provider.api_key = "sk-1"
    provider.save()
    before = channel.credentials_encrypted
    call_command("rotate_keys")
    call_command("rotate_keys", "--retire")
    channel.refresh_from_db()
    provider.refresh_from_db()
    assert channel.credentials_encrypted != before
    assert channel.credentials == {"token": "1:a"}
    assert provider.api_key == "sk-1"


@pytest.mark.django_db
def test_a_credential_whose_key_is_gone_stops_the_retiring(settings: object, tmp_path: Path) -> None:
    from bots.models import ModelProvider

    settings.HOME = tmp_path  # type: ignore[attr-defined]
    keys.configure_encryption(tmp_path / "elsewhere")
    provider = ModelProvider(name="p", endpoint="http://h/v1", model="m")
    provider.api_key = "sk-1"
    provider.save()
    keys.configure_encryption(tmp_path)
    keys.rotate(tmp_path)
    with pytest.raises(CommandError, match="enter them again"):
        call_command("rotate_keys", "--retire")
    assert len(keys.signing_keys(tmp_path)) == 2


def start(home: Path) -> subprocess.CompletedProcess[str]:
    """Starts a process of the product on this home."""
    command = [sys.executable, "-c", "from clawdbot_site import settings"]
    return subprocess.run(command, cwd=ROOT, env=environment(home), capture_output=True, text=True)


def with_encrypted_row(home: Path) -> None:
    """Makes keys, and a database that holds a value encrypted with them."""
    assert start(home).returncode == 0
    keys.configure_encryption(home)
    with contextlib.closing(sqlite3.connect(home / "clawdbot.sqlite3")) as database, database:
        database.execute("CREATE TABLE bots_channel (credentials_encrypted text)")
        database.execute("INSERT INTO bots_channel VALUES (?)", [crypto.encrypt_json({"token": "x"})])


def test_a_missing_key_beside_encrypted_values_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with_encrypted_row(tmp_path)
    path = tmp_path / "keys" / "encryption.key"
    path.unlink()
    done = start(tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert str(path) in line
    assert "missing" in line
    assert not path.exists(), "no new key"


def test_a_missing_key_of_a_database_without_encrypted_values_is_made(tmp_path: Path) -> None:
    assert start(tmp_path).returncode == 0
    (tmp_path / "keys" / "encryption.key").unlink()
    assert start(tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("name", "content"), [("encryption.key", b""), ("encryption.key", b"\xff\xfe\x00k"), ("django.key", b"\n")]
)
def test_a_broken_key_file_stops_the_start_with_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    with_encrypted_row(tmp_path)
    path = tmp_path / "keys" / name
    path.write_bytes(content)
    done = start(tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert str(path) in line
    assert path.read_bytes() == content


@pytest.mark.parametrize("text", ["not a key", "c2hvcnQ="])
def test_a_key_that_is_cut_or_mistyped_stops_the_start_with_one_line(tmp_path: Path, text: str) -> None:
    with_encrypted_row(tmp_path)
    (tmp_path / "keys" / "encryption.key").write_text(text)
    done = start(tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "encryption.key" in line
    assert text not in line


def test_a_folder_in_place_of_the_key_file_stops_the_start_with_one_line(tmp_path: Path) -> None:
    assert start(tmp_path).returncode == 0
    path = tmp_path / "keys" / "encryption.key"
    path.unlink()
    path.mkdir()
    done = start(tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


def test_a_running_process_makes_no_key_when_its_file_is_gone(tmp_path: Path) -> None:
    keys.configure_encryption(tmp_path)
    token = crypto.encrypt_json({"token": "x"})
    path = tmp_path / "keys" / "encryption.key"
    path.unlink()
    assert crypto.decrypt_json(token) == {"token": "x"}
    with pytest.raises(crypto.DecryptionError):
        crypto.decrypt_json(crypto.Keyring([crypto.generate_key()]).encrypt(b"{}"))
    with pytest.raises(OSError):
        keys.rotate(tmp_path)
    assert not path.exists()
