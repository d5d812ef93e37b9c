"""Mends answers of servers that break the protocol in small ways, before the SDK reads them.

The SDK checks a whole answer strictly: one tool with a schema of `true` would cost all tools of its server, one unknown
kind of content a whole result, one missing field of structured content that the tool has just promised. What is mended
here is data that this product does not use, or shows as unusable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

UNUSABLE = "clawdbot/unusable"
MOST_TOOLS = 500
_KINDS = frozenset({"text", "error", "image", "audio", "resource_link", "resource"})
_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
_LONGEST = 20_000


class MendingStream:
    """The stream of messages from a server, whose answers are mended in passing."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def __aenter__(self) -> MendingStream:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *args: Any) -> Any:
        return await self._inner.__aexit__(*args)

    def __aiter__(self) -> MendingStream:
        return self

    async def __anext__(self) -> Any:
        return _mended(await self._inner.__anext__())

    async def receive(self) -> Any:
        return _mended(await self._inner.receive())


def _mended(item: Any) -> Any:
    result = getattr(getattr(item, "message", None), "result", None)
    if isinstance(result, dict):
        mend(result)
    return item


def mend(result: dict[str, Any]) -> None:
    """Mends the result of `tools/list` or `tools/call`, in place. Leaves others as they are."""
    if isinstance(result.get("tools"), list):
        result["tools"] = [tool for tool in map(_tool, result["tools"][:MOST_TOOLS]) if tool is not None]
        if not isinstance(result.get("nextCursor"), str) or not result["nextCursor"]:
            result.pop("nextCursor", None)
    if isinstance(result.get("protocolVersion"), str):
        _mend_greeting(result)
    if not isinstance(result.get("_meta", {}), dict):
        result.pop("_meta")
    if isinstance(result.get("toolResult"), dict) and "content" not in result:  # as the protocol had it in 2024
        result.update(result.pop("toolResult"))
    if "content" in result or "structuredContent" in result or "isError" in result:
        _mend_call(result)


def _mend_call(result: dict[str, Any]) -> None:
    content = result.get("content")
    result["content"] = [_content(part) for part in content] if isinstance(content, list) else _spread(content)
    if not isinstance(result.get("isError", False), bool):
        result["isError"] = str(result["isError"]).lower() not in ("false", "none", "0", "")
    if any(isinstance(part, Mapping) and part.get("type") == "error" for part in _listed(content)):
        result["isError"] = True  # a kind of content that only some frameworks have
    structured = result.get("structuredContent")
    if structured is not None and not isinstance(structured, dict):
        result["structuredContent"] = {"result": structured}


def _listed(content: Any) -> list[Any]:
    return content if isinstance(content, list) else [content]


def _mend_greeting(result: dict[str, Any]) -> None:
    """Keeps of the answer to `initialize` what this product uses: whether there are tools, and the server's name."""
    offers, info = result.get("capabilities"), result.get("serverInfo")
    tools = offers.get("tools") if isinstance(offers, Mapping) else None
    changes = isinstance(tools, Mapping) and tools.get("listChanged") is True
    result["capabilities"] = {"tools": {"listChanged": changes}}  # who forgets to say so lists them all the same
    known = info if isinstance(info, Mapping) else {}
    result["serverInfo"] = {name: str(known.get(name) or "") for name in ("name", "version")}
    if not isinstance(result.get("instructions", ""), str):
        result.pop("instructions")


def _tool(given: Any) -> dict[str, Any] | None:
    """Returns only what this product uses of a tool. No output schema: a result that breaks it is a result still."""
    if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
        return None
    # The two other names are those of other protocols, from which servers take their tools over.
    schema = next((given[name] for name in ("inputSchema", "input_schema", "parameters") if given.get(name)), None)
    meta: dict[str, str] = {}
    if schema is None or schema is True:
        schema = {"type": "object"}
    elif not isinstance(schema, Mapping):
        schema, meta = {"type": "object"}, {UNUSABLE: "the schema of its arguments is no object"}
    if "type" not in schema or (isinstance(schema["type"], list) and "object" in schema["type"]):
        schema = {**schema, "type": "object"}
    elif schema["type"] != "object":
        # The SDK takes objects only; the schema is judged by its own reader.
        meta = {UNUSABLE: f"its arguments are of type {str(schema['type'])[:40]}, not object"}
        schema = {**schema, "type": "object"}
    properties = schema.get("properties", {})
    if not isinstance(properties, Mapping):
        properties = {}  # an empty array is how PHP writes an empty object
    # A misplaced `required` among the properties is one without a schema.
    fit = {key: value for key, value in properties.items() if isinstance(value, (Mapping, bool))}
    schema = {**schema, "properties": fit}
    hints = given.get("annotations")
    kept = (
        {name: hints[name] for name in _HINTS if isinstance(hints.get(name), bool)} if isinstance(hints, dict) else {}
    )
    description = given.get("description") or given.get("title")
    return {
        "name": given["name"],
        "inputSchema": schema,
        **({"description": description} if isinstance(description, str) else {}),
        **({"annotations": kept} if kept else {}),
        **({"_meta": meta} if meta else {}),
    }


def _content(part: Any) -> Any:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if isinstance(kind, str) and kind in _KINDS:
        if kind in ("text", "error") and isinstance(part.get("text"), str):
            return {"type": "text", "text": part["text"]}
        if kind in ("image", "audio") and isinstance(part.get("data"), str) and isinstance(part.get("mimeType"), str):
            return {"type": kind, "data": part["data"], "mimeType": part["mimeType"]}
        if kind in ("resource_link", "resource"):
            return _resource(part)
    return {"type": "text", "text": _as_text(part)}


def _resource(part: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps a resource whose fields the SDK takes; shows any other as text."""
    inner = part.get("resource") if part["type"] == "resource" else part
    if not isinstance(inner, Mapping) or not isinstance(inner.get("uri"), str):
        return {"type": "text", "text": _as_text(part)}
    mime = {"mimeType": inner["mimeType"]} if isinstance(inner.get("mimeType"), str) else {}
    if part["type"] == "resource_link":
        name = inner.get("name")
        return {"type": "resource_link", "uri": inner["uri"], "name": name if isinstance(name, str) else "", **mime}
    body = {name: inner[name] for name in ("text", "blob") if isinstance(inner.get(name), str)}
    if not body:
        return {"type": "text", "text": _as_text(part)}
    return {"type": "resource", "resource": {"uri": inner["uri"], **mime, **body}}


def _spread(content: Any) -> list[dict[str, Any]]:
    """Returns content that is no list: nothing, a single text, a single part."""
    return [] if content is None else [_content(content)]


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)[:_LONGEST]
