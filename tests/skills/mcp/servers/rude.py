"""A server that speaks JSON-RPC by hand and misbehaves: `rude.py MODE [FILE]`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

MODE = sys.argv[1]
FILE = Path(sys.argv[2]) if len(sys.argv) > 2 else None
GOOD = {"name": "echo", "description": "Echoes.", "inputSchema": {"type": "object", "properties": {"text": {}}}}


def send(value: Any) -> None:
    print(json.dumps(value), flush=True)


def answer(request: Any, result: Any) -> None:
    send({"jsonrpc": "2.0", "id": request["id"], "result": result})


def refuse(request: Any, code: int, message: str) -> None:
    send({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}})


def tools(request: Any) -> Any:
    if MODE == "from-file" and FILE is not None:
        return json.loads(FILE.read_text("utf8"))
    if MODE == "pages":
        number = int(request.get("params", {}).get("cursor", "0"))
        return {"tools": [{**GOOD, "name": f"tool{number}"}], "nextCursor": str(number + 1) if number < 4 else ""}
    if MODE == "endless":
        return {"tools": [GOOD], "nextCursor": "again"}
    if MODE == "list-is-rubbish":
        return {"tools": "none"}
    return {"tools": [GOOD]}


def called(request: Any) -> None:
    name = request["params"]["name"]
    if MODE == "odd-results":
        odd: dict[str, Any] = {
            "unknown-kind": {"content": [{"type": "hologram", "data": 1}, {"type": "text", "text": "seen"}]},
            "plain-text": {"content": "just words"},
            "nothing": {},
            "no-content": {"structuredContent": {"a": 1}},
            "error-as-word": {"content": [], "isError": "true"},
            "halves": {"content": [{"type": "text", "text": "a\u0000b \ud83d c"}]},
            "broken-picture": {"content": [{"type": "image", "data": "!!!", "mimeType": "image/png"}]},
        }
        answer(request, odd[request["params"]["arguments"]["text"]])
    elif MODE == "line-too-long":
        answer(request, {"content": [{"type": "text", "text": "x" * (9 * 1024 * 1024)}]})
    elif MODE == "result-is-rubbish":
        send({"jsonrpc": "2.0", "id": request["id"], "result": 7})
        send({"jsonrpc": "2.0", "id": request["id"], "result": {"content": [{"type": "text", "text": "late"}]}})
    else:
        answer(request, {"content": [{"type": "text", "text": f"{name}: {request['params'].get('arguments')}"}]})


def begin() -> None:
    if MODE == "exits":
        print("no licence found", file=sys.stderr, flush=True)
        sys.exit(7)
    if MODE == "hangs":
        time.sleep(600)
    if MODE == "greets":
        print('Welcome!\n{\n[1, 2]\n\n{"half": ', flush=True)
    if MODE == "floods-stderr":
        print("e" * 1_000_000, file=sys.stderr, flush=True)
    if MODE == "stubborn" and FILE is not None:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        FILE.write_text(f"{os.getpid()} {child.pid}")


def respond(request: Any) -> None:
    method = request.get("method", "")
    if method == "initialize":
        version = "1999-01-01" if MODE == "old" else request["params"]["protocolVersion"]
        info = {"name": "rude", "version": "0"}
        answer(request, {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info})
    elif method == "tools/list":
        answer(request, tools(request))
    elif method == "tools/call":
        called(request)
    elif MODE == "ends-at-unknown":
        sys.exit(1)
    elif MODE != "mute-at-unknown":
        refuse(request, -32601, "Method not found")


begin()
for line in sys.stdin:
    incoming = json.loads(line)
    if "id" in incoming:
        respond(incoming)
if MODE == "stubborn":
    time.sleep(600)
