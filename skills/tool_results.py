"""Bounds and cleans what tools return, and keeps parts for the person as JSON."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from clawdbot.files import File
from clawdbot.redaction import redact
from clawdbot.storable_text import storable
from skills.models.tool_call import RESULT_LENGTH
from skills.tool_types import ToolResult

# Files inside of a text say nothing to a model, and a picture of one megabyte fills its context window.
_DATA_URI = re.compile(r"data:([\w.+/-]{1,80})[\w=;.+-]{0,80};base64,[A-Za-z0-9+/_=\s-]{64,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{1000,}={0,2}")
MARK = "\n[… %d characters left out …]\n"
# Larger files are not kept for a retried turn: their place gets a note.
_MOST_BYTES = 4_000_000
_LONGEST_ARGUMENTS = 8_000


def bounded(result: ToolResult) -> ToolResult:
    """Returns the result with secrets masked and a long text cut in the middle."""
    return replace(result, text=cut_middle(redact(without_files(storable(result.text))), RESULT_LENGTH))


def without_files(text: str) -> str:
    """Returns the text with a note in place of each file that stands in it as base64."""
    text = _DATA_URI.sub(lambda uri: f"[a file of type {uri[1]} was left out]", text)
    return _BASE64.sub(lambda found: "[a file was left out]" if _is_base64(found[0]) else found[0], text)


def _is_base64(run: str) -> bool:
    return any(map(str.isdigit, run)) and any(map(str.isupper, run)) and any(map(str.islower, run))


def cut_middle(text: str, limit: int) -> str:
    """Returns a text of at most about `limit` characters: its beginning, a mark and its end."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}{MARK % (len(text) - 2 * half)}{text[-half:]}"


def shown(arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns arguments as they are stored for show; very long ones only begin."""
    written = storable(json.dumps(arguments, ensure_ascii=False, default=str))
    if len(written) <= _LONGEST_ARGUMENTS:
        return json.loads(written)  # type: ignore[no-any-return]
    return {"…": cut_middle(written, _LONGEST_ARGUMENTS)}


def parts_as_json(parts: Sequence[str | File]) -> list[Any]:
    room = _MOST_BYTES
    kept: list[Any] = []
    for part in parts:
        if isinstance(part, str):
            kept.append(storable(part))
            continue
        room -= len(part.body)
        body = base64.b64encode(part.body).decode() if room >= 0 else ""
        kept.append(
            {"name": part.name, "caption": part.caption, "voice": part.voice, "s": part.duration_s, "body": body}
        )
    return kept


def parts_of(kept: Sequence[Any]) -> tuple[str | File, ...]:
    """Returns the parts that `parts_as_json` wrote; of a file that was too large only its name."""
    return tuple(part if isinstance(part, str) else _file(part) for part in kept)


def _file(kept: dict[str, Any]) -> str | File:
    if not kept["body"]:
        return "\n".join(filter(None, (kept["caption"], f"[{kept['name']}]")))
    return File(base64.b64decode(kept["body"]), kept["name"], kept["caption"], kept["voice"], kept["s"])
