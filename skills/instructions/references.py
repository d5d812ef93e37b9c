"""Finds the file of a skill that a reference means, however an author or a model writes it."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote

# Where other programs keep the skill: "${CLAUDE_SKILL_DIR}/", "{baseDir}/", "<skill-dir>/", "file:///", "@".
_PLACE = re.compile(r"^(?:@|file://+|\$?\{\w+\}/|<[\w -]+>/|\$\w+/|~/)")
_EDGES = " \t\n`'\"()<>"


def named(reference: str, paths: Iterable[str]) -> str | None:
    """Returns the path that a reference means; None when it means none, or may mean several.

    Args:
        reference: For instance "./references/prices.md", "/home/x/skills/tea/references/prices.md#green",
            "references/tea%20prices.md". Where it points to counts for nothing: only `paths` are ever read.
        paths: The files of the skill.
    """
    known = list(paths)
    for written in dict.fromkeys((reference.strip(), unquote(reference))):
        for wanted in (written.strip(), re.split(r"[#?]", written, maxsplit=1)[0]):
            if found := _among(_plain(wanted), known):
                return found
    return None


def _plain(written: str) -> str:
    text = unicodedata.normalize("NFC", written.strip(_EDGES)).replace("\\", "/")
    return posixpath.normpath(_PLACE.sub("", text)) if text else ""


def _among(wanted: str, known: list[str]) -> str | None:
    """Returns the path itself; else the only one in another case; else the longest that the reference ends with."""
    if wanted in known:
        return wanted
    folded = wanted.casefold()
    same = [path for path in known if path.casefold() == folded]
    if same:
        return same[0] if len(same) == 1 else None
    return max((path for path in known if folded.endswith(f"/{path.casefold()}")), key=len, default=None)
