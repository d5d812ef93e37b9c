"""Working folders below a home, which hold data and keys and must not outlive their process."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from clawdbot import home_swap, processes


@contextlib.contextmanager
def folder(home: Path, kind: str) -> Iterator[Path]:
    """Yields a new folder of mode 700 and removes it at the end. Removes those that killed processes have left.

    Args:
        home: The home that it lies in, so that a rename within the home is enough to put files in place.
        kind: Beginning of its name: dump, verify, restore.
    """
    above = home / "run" / "backup"
    above.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in above.iterdir():
        found = re.fullmatch(r"[a-z]+-(\d+)-\w+", left.name)
        if found and not processes.is_alive(int(found[1]), ""):
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{kind}-{os.getpid()}-", dir=above))
    try:
        yield made
    finally:
        if not (home / home_swap.PLAN).exists():  # else files of it are still to be put in place
            shutil.rmtree(made, ignore_errors=True)
