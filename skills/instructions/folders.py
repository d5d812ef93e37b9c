"""Reads skills from a folder of this machine, whose sub-folders are one skill each. Links are not followed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from django.utils.translation import gettext as _

from skills.instructions.errors import InvalidSkill
from skills.instructions.packages import MANIFEST, MOST_BYTES, MOST_FILES, is_junk

MOST_SKILLS = 500
_DEEPEST = 3  # folders that group skills


def skill_folders(folder: Path) -> list[Path]:
    """Returns the folder itself if it is a skill, else those below it that are, in the order of their names.

    A folder that is no skill may group others. A link to a skill is among them, so that `read` refuses it aloud.
    """
    if _is_skill(folder):
        return [folder]
    try:
        return _below(folder, _DEEPEST)[:MOST_SKILLS]
    except OSError as error:
        shown = {"folder": str(folder), "why": error.strerror or type(error).__name__}
        raise InvalidSkill(_("The folder %(folder)s cannot be read: %(why)s") % shown) from None


def _below(folder: Path, deeper: int) -> list[Path]:
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if is_junk(path.name) or not path.is_dir():
            continue
        if _is_skill(path):
            found.append(path)
        elif deeper and not path.is_symlink():
            with contextlib.suppress(OSError):  # one that may not be read costs only itself
                found += _below(path, deeper - 1)
    return found


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
    _refuse_link(folder, folder.name)
    for place, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        for name in sorted([*names, *linked]):
            path = Path(place) / name
            shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            if is_junk(shown):
                continue
            _refuse_link(path, shown)
            total += path.stat().st_size
            if len(found) >= MOST_FILES or total > MOST_BYTES:
                limits = {"files": MOST_FILES, "limit": MOST_BYTES // 2**20}
                raise InvalidSkill(_("The folder holds more than %(files)s files or %(limit)s MiB.") % limits)
            found[shown] = _content(path, shown)
    return found


def _refuse_link(path: Path, shown: str) -> None:
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        message = _("“%(path)s” is a symbolic link; a skill must hold the file itself.")
        raise InvalidSkill(message % {"path": shown[:200]})


def _content(path: Path, shown: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        values = {"path": shown[:200], "why": error.strerror or type(error).__name__}
        raise InvalidSkill(_("“%(path)s” cannot be read: %(why)s") % values) from None
