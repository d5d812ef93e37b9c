"""Finds the skills in a set of files, whether it comes from a zip or from a folder, and checks them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from clawdbot.storable_text import storable
from skills.instructions import parser
from skills.instructions.errors import InvalidSkill
from skills.instructions.models import PATH_LENGTH
from skills.instructions.parser import Parsed

MOST_FILES = 2000
MOST_BYTES = 10 * 1024 * 1024  # of all files of one upload together, unpacked
MOST_TEXT = 256 * 1024  # bytes of one text that is kept
MANIFEST = "SKILL.md"
_TEXTS = (".md", ".txt", ".json", ".csv", ".yaml", ".yml", ".html")
_JUNK = ("__MACOSX", ".git", "node_modules", "__pycache__")


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file beside SKILL.md; `text` is None for what is no text or too long to keep."""

    path: str
    size: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Package:
    """One skill with its files."""

    parsed: Parsed
    files: tuple[PackedFile, ...]
    fingerprint: str


def is_junk(path: str) -> bool:
    """Returns whether an operating system or a tool made this file, not the author."""
    parts = path.split("/")
    return any(part in _JUNK or part.startswith("._") or part in (".DS_Store", "Thumbs.db") for part in parts)


def read(files: Mapping[str, bytes]) -> Package:
    """Returns the only skill in these files.

    Args:
        files: Contents by path, with "/" between folders; no junk.

    Raises:
        InvalidSkill: There is none, more than one, or an invalid one.
    """
    named = [path for path in files if path.rpartition("/")[2].lower() == MANIFEST.lower()]
    found = sorted(named, key=lambda path: path.count("/"))
    if not found:
        raise InvalidSkill(_("There is no SKILL.md."))
    root = found[0].rpartition("/")[0]
    prefix = f"{root}/" if root else ""
    # A SKILL.md inside the folder of another one is a file of that one.
    if others := [path for path in found[1:] if not path.startswith(prefix)]:
        sentence = _("There is more than one skill: %(paths)s. Add them one by one.")
        raise InvalidSkill(sentence % {"paths": ", ".join([found[0], *others][:5])[:300]})
    own = {path.removeprefix(prefix): body for path, body in files.items() if path.startswith(prefix)}
    fingerprint = _fingerprint(own)
    manifest = found[0].removeprefix(prefix)
    parsed = parser.parse(_decoded(own.pop(manifest), MANIFEST), root.rpartition("/")[2])
    if manifest != MANIFEST:
        told = _("The file is called “%(name)s”; many programs read it only when it is called SKILL.md.")
        parsed = replace(parsed, warnings=(*parsed.warnings, told % {"name": manifest}))
    packed = tuple(_packed(path, body) for path, body in sorted(own.items()))
    if large := [file.path for file in packed if file.text is None and file.path.endswith(_TEXTS)]:
        limits = {"paths": ", ".join(large)[:200], "limit": MOST_TEXT // 1024}
        told = (
            _("Not readable for a model, because larger than %(limit)s KiB or in no known encoding: %(paths)s") % limits
        )
        parsed = replace(parsed, warnings=(*parsed.warnings, told))
    return Package(parsed, packed, fingerprint)


def _decoded(body: bytes, path: str) -> str:
    """Decodes a text: UTF-8 with or without a mark, UTF-16 with one, or GBK, in this order."""
    encodings = ("utf-16",) if body[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidSkill(_("%(path)s is not a text in UTF-8.") % {"path": path})


def _packed(path: str, body: bytes) -> PackedFile:
    if len(path) > PATH_LENGTH:
        raise InvalidSkill(_("The path “%(path)s…” is too long.") % {"path": path[:80]})
    text = None
    if len(body) <= MOST_TEXT and b"\0" not in body:
        try:
            text = storable(_decoded(body, path))
        except InvalidSkill:
            text = None
    return PackedFile(storable(path), len(body), text)


def _fingerprint(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, body in sorted(files.items()):
        digest.update(f"\0{path}\0{len(body)}\0".encode("utf8", "surrogatepass") + body)
    return digest.hexdigest()
