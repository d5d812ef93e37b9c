"""Reads the files of an uploaded zip into memory. Nothing is written to a disk, so no path in it can lead anywhere."""

from __future__ import annotations

import codecs
import io
import lzma
import stat
import struct
import unicodedata
import zipfile
import zlib

from django.utils.translation import gettext as _

from skills.instructions.errors import InvalidSkill
from skills.instructions.packages import MANIFEST, MOST_BYTES, MOST_FILES, is_junk

MOST_ZIP_BYTES = 10 * 1024 * 1024
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_CHUNK = 64 * 1024
# What Python's readers of the methods of a zip raise at bytes that are none of theirs.
_DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError, ValueError,
    RuntimeError, OverflowError,
)  # fmt: skip


def read(data: bytes) -> dict[str, bytes]:
    """Returns contents by path.

    Raises:
        InvalidSkill: It is no zip, too large unpacked, has too many files, links, passwords, or paths that lead out.
    """
    if len(data) > MOST_ZIP_BYTES:
        raise InvalidSkill(_("The zip is larger than %(limit)s MiB.") % {"limit": MOST_ZIP_BYTES // 2**20})
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _files(archive)
    except NotImplementedError:
        raise InvalidSkill(_("The zip is packed in an unusual way; pack it again with deflate.")) from None
    except _DAMAGED:
        if data.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"---", b"<!--")):
            return {MANIFEST: data}  # a SKILL.md alone: many skills are no more
        if data[:4] == b"PK\3\4":
            raise InvalidSkill(_("The zip file is damaged.")) from None
        raise InvalidSkill(_("This is no zip file: pack the folder with the SKILL.md into one.")) from None


def _files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise InvalidSkill(_("The zip holds more than %(limit)s files.") % {"limit": MOST_FILES})
    found: dict[str, bytes] = {}
    known: set[str] = set()
    left = MOST_BYTES
    for entry in entries:
        path = _path(entry)
        if is_junk(path):
            continue
        _check(entry, path)
        if (folded := path.casefold()) in known:  # also when only the case differs: not every system tells them apart
            raise InvalidSkill(_("The zip holds “%(path)s” twice.") % {"path": path[:200]})
        known.add(folded)
        found[path] = _content(archive, entry, left)
        left -= len(found[path])
    return found


def _check(entry: zipfile.ZipInfo, path: str) -> None:
    shown = {"path": "".join(sign if sign.isprintable() else "?" for sign in path[:200])}
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in path):
        raise InvalidSkill(_("The name “%(path)s” holds control characters.") % shown)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InvalidSkill(_("“%(path)s” is a symbolic link; a skill must hold the file itself.") % shown)
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise InvalidSkill(_("The zip is protected with a password."))
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or (len(path) > 1 and path[1] == ":"):
        raise InvalidSkill(_("“%(path)s” leads out of the folder of the skill.") % shown)


def _path(entry: zipfile.ZipInfo) -> str:
    """Returns the path with "/" between its parts, decoded as its packer meant it.

    Without the flag for UTF-8, Python reads names as cp437. Packers on Chinese Windows write GBK there, and some others
    write UTF-8 without the flag.
    """
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8_FLAG:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    name = unicodedata.normalize("NFC", name)  # macOS takes é apart
    parts = [part for part in name.replace("\\", "/").split("/") if part != "."]
    return "/".join(parts[:1] + [part for part in parts[1:] if part])


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    """Unpacks one file; stops where the sizes in the zip have lied."""
    pieces: list[bytes] = []
    total = 0
    with archive.open(entry) as file:
        while piece := file.read(_CHUNK):
            total += len(piece)
            if total > left:
                limit = {"limit": MOST_BYTES // 2**20}
                raise InvalidSkill(_("The files together are larger than %(limit)s MiB.") % limit)
            pieces.append(piece)
    return b"".join(pieces)
