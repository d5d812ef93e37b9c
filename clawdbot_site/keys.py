"""Keys of this installation: files under CLAWDBOT_HOME/keys, created at the first start, newest key first."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from clawdbot import crypto
from clawdbot.keyfiles import add_key, load_or_create
from clawdbot.redaction import register_secret

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
    found = load_or_create(folder(home) / SIGNING, _new_signing_key)
    for key in found:
        register_secret(key)
    return found


class FileKeyring(crypto.Keyring):
    """A keyring of a key file. Reads the file again after a rotation while the process runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        super().__init__(load_or_create(path))

    def decrypt(self, token: str) -> bytes:
        """Decrypts with any key of the file. Reads the file again when no known key fits.

        Raises:
            DecryptionError: No key fits.
        """
        try:
            return super().decrypt(token)
        except crypto.DecryptionError:
            super().__init__(load_or_create(self._path))
            return super().decrypt(token)


def configure_encryption(home: Path) -> None:
    """Sets this process's keyring for credentials."""
    crypto.install(FileKeyring(folder(home) / ENCRYPTION))


def rotate(home: Path) -> None:
    """Puts a new key at the top of both files. The old keys stay, so nothing becomes unreadable."""
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
        found = load_or_create(path)
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
