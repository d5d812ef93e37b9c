"""Reads skills from a folder of this machine, whose sub-folders are one skill each. Links are not followed."""

from __future__ import annotations

import os
from pathlib import Path

from django.utils.translation import gettext as _

from skills.instructions.errors import InvalidSkill
from skills.instructions.packages import MANIFEST, MOST_BYTES, MOST_FILES, is_junk

MOST_SKILLS = 500


def skill_folders(folder: Path) -> list[Path]:
    """Returns the folder itself if it is a skill, else its sub-folders that are, in the order of their names."""
    if _is_skill(folder):
        return [folder]
    try:
        inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError as error:
        shown = {"folder": str(folder), "why": error.strerror or type(error).__name__}
        raise InvalidSkill(_("The folder %(folder)s cannot be read: %(why)s") % shown) from None
    return [path for path in inside if _is_skill(path)][:MOST_SKILLS]


def _is_skill(folder: Path) -> bool:
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return any(name.lower() == MANIFEST.lower() for name in names)


def read(folder: Path) -> dict[str, bytes]:
    """Returns contents by path, below the name of the folder.

    Raises:
        InvalidSkill: It cannot be read, or is too large.
    """
    found: dict[str, bytes] = {}
    total = 0
    for place, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            if is_junk(shown):
                continue
            if path.is_symlink() or not path.is_file():
                message = _("“%(path)s” is a symbolic link; a skill must hold the file itself.")
                raise InvalidSkill(message % {"path": shown[:200]})
            total += path.stat().st_size
            if len(found) >= MOST_FILES or total > MOST_BYTES:
                limits = {"files": MOST_FILES, "limit": MOST_BYTES // 2**20}
                raise InvalidSkill(_("The folder holds more than %(files)s files or %(limit)s MiB.") % limits)
            found[shown] = _content(path, shown)
    return found


def _content(path: Path, shown: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        values = {"path": shown[:200], "why": error.strerror or type(error).__name__}
        raise InvalidSkill(_("“%(path)s” cannot be read: %(why)s") % values) from None
