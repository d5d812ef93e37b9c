"""Skills as zips, written byte by byte where a packer would do it wrong."""

from __future__ import annotations

import io
import zipfile

MANIFEST = """---
name: price-list
description: Answers questions about prices. Use it when somebody asks what something costs.
license: MIT
allowed-tools: Read Bash(git add:*)
metadata:
  version: "1.0"
---
# Prices

Read references/prices.md first.
"""


def packed(files: dict[str, str | bytes], *, mode: int = 0) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in files.items():
            entry = zipfile.ZipInfo(path)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = mode << 16
            archive.writestr(entry, body)
    return target.getvalue()


def named_in(data: bytes, plain: str, name: bytes) -> bytes:
    """Puts the bytes of a name in the place of another one of the same length, without the flag for UTF-8."""
    assert len(plain.encode()) == len(name)
    return data.replace(plain.encode(), name)
