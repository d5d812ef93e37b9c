"""How deeply a JSON text is nested, told from its bytes."""

from __future__ import annotations

import re

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def too_deep(body: bytes, limit: int) -> bool:
    """True when `body` is JSON nested deeper than `limit` levels. Anything else than an object or array is not deep."""
    # Nearly every real body ends here: it has fewer brackets altogether than levels are allowed.
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
