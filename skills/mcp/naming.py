"""Names under which a model calls the tools of MCP servers: `server__tool`, as every provider accepts them."""

from __future__ import annotations

import hashlib
import re

LONGEST = 64
_OTHER = re.compile(r"[^a-zA-Z0-9_-]+")
_DIGEST = 8


def call_name(server: str, tool: str) -> str:
    """Returns the unique name of a tool.

    A name that has to be changed or cut ends with a digest of the original, so that two tools never share one.

    Args:
        server: Name of the server's row: at most 24 characters, without two underscores in a row.
        tool: Name of the tool at its server; any text.
    """
    plain = f"{server}__{tool}"
    if len(plain) <= LONGEST and tool and not _OTHER.search(tool):
        return plain
    digest = hashlib.sha256(tool.encode("utf8", "surrogatepass")).hexdigest()[:_DIGEST]
    kept = _OTHER.sub("_", tool).strip("_")
    return f"{server}__{kept}"[: LONGEST - _DIGEST - 1].rstrip("_") + f"_{digest}"
