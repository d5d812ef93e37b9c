"""A server by hand with the habits of servers in the wild: it greets and logs on its standard output, and it dies."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}}
NAMES = ("mail.search/inbox", "搜索", "greet user", "greet.user", "picture", "page", "die", "slow", "refuse", "pid")


def send(value: Any) -> None:
    print(json.dumps(value), flush=True)


def called(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    print(f"DEBUG calling {name}", flush=True)
    text = f"{name}: {json.dumps(arguments, ensure_ascii=False)}"
    if name == "die":
        os._exit(3)
    if name == "slow":
        time.sleep(30)
    if name == "refuse":
        return {"content": [{"type": "text", "text": "quota is used up"}], "isError": True}
    if name == "pid":
        text = str(os.getpid())
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}]
    if name == "picture":
        parts.append({"type": "image", "data": PIXEL, "mimeType": "image/png"})
    if name == "page":
        parts = [{"type": "resource", "resource": {"uri": "file:///a/notes.txt", "text": "tea at five"}}]
    return {"content": parts}


print("Talkative MCP server v1 is running on stdio", flush=True)
print(json.dumps({"level": "info", "msg": "initialized"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request:
        continue
    method, result = request["method"], None
    if method == "initialize":
        info = {"name": "talkative", "version": "1"}
        result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
    elif method == "tools/list":
        result = {"tools": [{"name": name, "description": f"{name}.", "inputSchema": TEXT} for name in NAMES]}
    elif method == "tools/call":
        result = called(request["params"]["name"], request["params"].get("arguments") or {})
    error = {"code": -32601, "message": "Method not found"}
    answer = {"result": result} if result is not None else {"error": error}
    send({"jsonrpc": "2.0", "id": request["id"], **answer})
