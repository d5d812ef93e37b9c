"""Measures how deeply a JSON text is nested, without parsing it."""

from __future__ import annotations

import re

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def too_deep(body: bytes, limit: int) -> bool:
    """Returns True when `body` is a JSON object or array nested deeper than `limit` levels."""
    # Nearly every real body has fewer brackets than allowed levels and returns here.
    if body.count(b"{") + body.count(b"[") <= limit:
        return False
    if body.lstrip()[:1] not in (b"{", b"["):
        return False
    depth = 0
    for match in _BRACKET.finditer(_STRING.sub(b"", body)):
        depth += 1 if match[0] in b"[{" else -1
        if depth > limit:
            return True
    return False
