"""Key files: one key a line, newest first, readable by the owner alone."""

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
    """Reads the keys of a file, making the file with one fresh key when it does not exist.

    Two processes that start together end up with the same key: the file appears complete, or not at all.

    Args:
        path: The key file; its folder is made (mode 700) when missing.
        make: Makes one key; for instance `secrets.token_urlsafe` for a signing key.

    Raises:
        CryptoError: When the file is empty, or others may read it and that cannot be changed.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = _write_temporary(path, [make()])
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process was first; its keys count
        finally:
            fresh.unlink()
    _tighten(path)
    keys = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    if not keys:
        raise CryptoError(Reason("key_file_empty", name=path.name))
    return keys


def add_key(path: Path, make: Callable[[], str] = generate_key) -> list[str]:
    """Puts a fresh key in front of a key file, so that it encrypts from now on and the old ones still decrypt.

    Returns:
        All keys, newest first.
    """
    keys = [make(), *load_or_create(path, make)]
    os.replace(_write_temporary(path, keys), path)
    return keys


def _write_temporary(path: Path, keys: Sequence[str]) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes mode 600
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
