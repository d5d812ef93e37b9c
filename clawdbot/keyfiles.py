"""Reads and writes key files: one key per line, newest first, readable by the owner only."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from clawdbot.crypto import CryptoError, generate_key
from clawdbot.reasons import Reason

OWNER_ONLY = 0o600


def load_or_create(path: Path, make: Callable[[], str] = generate_key) -> list[str]:
    """Reads the keys of a file. Creates a missing file with one new key.

    The file is created atomically, so two processes that start together use the same key.

    Args:
        path: The key file; a missing folder is created with mode 700.
        make: Generates one key; for instance `secrets.token_urlsafe` for a signing key.

    Raises:
        CryptoError: The file is empty, or others can read it and its mode cannot be changed.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = _write_temporary(path, [make()])
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process was first; use its keys
        finally:
            fresh.unlink()
    return load(path)


def load(path: Path) -> list[str]:
    """Reads the keys of a file.

    Raises:
        CryptoError: The file is empty, or others can read it and its mode cannot be changed.
        OSError: The file is missing or cannot be read.
    """
    _tighten(path)
    keys = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    if not keys:
        raise CryptoError(Reason("key_file_empty", name=path.name))
    return keys


def add_key(path: Path, make: Callable[[], str] = generate_key) -> list[str]:
    """Puts a new key at the top of a key file. The new key encrypts from now on; the old ones still decrypt.

    Returns:
        All keys, newest first.

    Raises:
        CryptoError: As in `load`.
        OSError: The file is missing or cannot be read.
    """
    keys = [make(), *load(path)]
    os.replace(_write_temporary(path, keys), path)
    return keys


def _write_temporary(path: Path, keys: Sequence[str]) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # created with mode 600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _tighten(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        try:
            path.chmod(OWNER_ONLY)
        except OSError:
            raise CryptoError(Reason("key_file_open", name=path.name)) from None
