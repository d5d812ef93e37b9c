"""Keys of this installation: files under CLAWDBOT_HOME/keys, created at the first start, newest key first."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from clawdbot import crypto
from clawdbot.keyfiles import add_key, load, load_or_create
from clawdbot.redaction import register_secret
from clawdbot_site import encrypted_rows
from clawdbot_site.sources import ConfigError

SIGNING = "django.key"
ENCRYPTION = "encryption.key"


def folder(home: Path) -> Path:
    """Returns the folder of the keys, which only the owner can open."""
    path = home / "keys"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o077 and path.stat().st_uid == os.getuid():
        path.chmod(0o700)
    return path


def signing_keys(home: Path) -> list[str]:
    """Returns Django's secret keys: the first signs, the others still verify."""
    path = folder(home) / SIGNING
    with _one_line(path):
        found = load_or_create(path, _new_signing_key)
    for key in found:
        register_secret(key)
    return found


class FileKeyring(crypto.Keyring):
    """A keyring of a key file. Reads the file again after a rotation while the process runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        super().__init__(load(path))

    def decrypt(self, token: str) -> bytes:
        """Decrypts with any key of the file. Reads the file again when no known key fits.

        Raises:
            DecryptionError: No key fits.
        """
        try:
            return super().decrypt(token)
        except crypto.DecryptionError:
            with contextlib.suppress(OSError, ValueError, crypto.CryptoError):  # then the known keys decide
                super().__init__(load(self._path))
            return super().decrypt(token)


def configure_encryption(home: Path, has_encrypted: Callable[[], bool] = bool) -> None:
    """Sets this process's keyring for credentials. Makes the key of a new installation.

    Args:
        home: CLAWDBOT_HOME.
        has_encrypted: Returns whether the database holds encrypted values; asked when the key file is missing.

    Raises:
        ConfigError: The key file is broken, or it is missing although the database holds encrypted values.
    """
    path = folder(home) / ENCRYPTION
    with _one_line(path):
        if not path.exists():
            _refuse_beside_encrypted(path, has_encrypted)
            load_or_create(path)
        crypto.install(FileKeyring(path))


def _refuse_beside_encrypted(path: Path, has_encrypted: Callable[[], bool]) -> None:
    try:
        found = has_encrypted()
    except encrypted_rows.Unknown as error:
        raise ConfigError(
            f"{path}: the file is missing, and the database does not say whether it needs it ({error})"
        ) from None
    if found:
        raise ConfigError(
            f"{path}: the file is missing, but the database holds values that only its keys decrypt: "
            "restore it from the backup or copy it from the other machine"
        )


@contextlib.contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Turns every failure of a key file into one line that names the file."""
    try:
        yield
    except crypto.CryptoError as error:
        raise ConfigError(f"{path}: {error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: the file is not text") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or type(error).__name__}") from None


def rotate(home: Path) -> None:
    """Puts a new key at the top of both files. The old keys stay, so nothing becomes unreadable."""
    signing_keys(home)  # makes a missing one: nothing stored depends on it
    add_key(folder(home) / SIGNING, _new_signing_key)
    add_key(folder(home) / ENCRYPTION)
    configure_encryption(home)


def retire(home: Path) -> int:
    """Removes all keys but the newest from both files.

    Returns:
        The number of removed keys.
    """
    dropped = 0
    for name in (SIGNING, ENCRYPTION):
        path = folder(home) / name
        found = load(path)
        dropped += len(found) - 1
        fresh = path.with_name(f".{name}.{secrets.token_hex(8)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(found[0] + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    configure_encryption(home)
    return dropped


def _new_signing_key() -> str:
    return secrets.token_urlsafe(50)
