"""Turns the result of an MCP tool into one for the model and the person: texts, structured content, files. Bounded."""

from __future__ import annotations

import base64
import binascii
import json
import mimetypes
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from clawdbot.files import File
from clawdbot.storable_text import storable
from skills.tool_types import ToolResult

if TYPE_CHECKING:
    from mcp_types import CallToolResult

MOST_TEXT = 60_000  # characters; the tool loop cuts to its own, smaller budget
MOST_FILES = 4
MOST_FILE_BYTES = 5 * 1024 * 1024
_SHORT = 2000


def read(result: CallToolResult, label: str) -> ToolResult:
    """Returns what a call gave.

    Args:
        result: Of the SDK.
        label: Name of the tool, from which files without a name get one.
    """
    texts: list[str] = []
    files: list[File] = []
    for part in result.content:
        text, file = _part(part, label, len(files))
        if file is not None and len(files) < MOST_FILES:
            files.append(file)
        elif file is not None:
            text = f"[one more file: {file.name}; only {MOST_FILES} are shown]"
        if text:
            texts.append(text)
    if structured := _structured(result.structured_content, texts):
        texts.append(structured)
    text = _cut("\n\n".join(texts))
    if result.is_error:
        return ToolResult(text or "The tool reported an error without a text.", ok=False)
    return ToolResult(text or "The tool gave no text.", parts=tuple(files))


def _part(part: Any, label: str, number: int) -> tuple[str, File | None]:
    if part.type == "text":
        return storable(part.text), None
    if part.type in ("image", "audio"):
        return _file(part.data, part.mime_type, "", label, number)
    if part.type == "resource_link":
        return f"[resource {storable(part.name)}: {storable(part.uri)[:_SHORT]}]", None
    resource = part.resource
    if getattr(resource, "blob", None) is not None:
        return _file(resource.blob, resource.mime_type or "", str(resource.uri), label, number)
    return storable(getattr(resource, "text", "")), None


def _file(data: str, mime: str, uri: str, label: str, number: int) -> tuple[str, File | None]:
    """Returns a note for the model and the file; only a note when the file is broken, empty or too large."""
    kind = storable(mime).split(";")[0].strip()[:80] or "application/octet-stream"
    if len(data) > MOST_FILE_BYTES * 4 // 3 + 4:
        return f"[a file of type {kind}, larger than {MOST_FILE_BYTES // 2**20} MiB, was left out]", None
    try:
        body = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return f"[a file of type {kind} that cannot be decoded]", None
    if not body:
        return f"[an empty file of type {kind}]", None
    given = storable(uri).split("?")[0].rstrip("/").rsplit("/", 1)[-1][:80]
    name = given or f"{label}-{number + 1}{mimetypes.guess_extension(kind) or '.bin'}"
    return f"[file {name} of type {kind}, {len(body)} bytes: it is shown to the person]", File(body, name)


def _structured(value: Any, texts: Iterable[str]) -> str:
    """Returns structured content as JSON, unless a text says the same: most servers give both."""
    if value is None or value == {"result": None}:  # the second is how the official SDK wraps "nothing"
        return ""
    for text in texts:
        try:
            if len(text) <= MOST_TEXT and json.loads(text) == value:
                return ""
        except (ValueError, RecursionError):
            continue
    if isinstance(value, dict) and set(value) == {"result"} and any(str(value["result"]) == text for text in texts):
        return ""  # how the official SDK wraps a plain value
    return storable(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    if len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}\n[cut: {len(text) - MOST_TEXT} more characters]"
