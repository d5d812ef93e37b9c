"""Servers for the tests of MCP: real programs and a real HTTP server on loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bots.models import Bot
from skills.mcp import catalogue, endpoint, pool, state, tools
from skills.mcp.endpoint import Endpoint
from skills.mcp.models import McpGrant, McpServer, McpTool
from skills.tool_types import ToolResult

SERVERS = Path(__file__).parent / "servers"
GOOD = str(SERVERS / "good.py")
RUDE = str(SERVERS / "rude.py")


def program(*arguments: str, start_s: float = 60.0, call_s: float = 10.0, **secrets: str) -> Endpoint:
    return Endpoint(1, "srv", sys.executable, arguments, "", secrets, False, start_s, call_s)


def address(url: str, *, public_only: bool = False, start_s: float = 30.0, **headers: str) -> Endpoint:
    return Endpoint(1, "web", "", (), url, headers, public_only, start_s, 10.0)


def make_server(name: str = "srv", *arguments: str, **values: Any) -> McpServer:
    made = McpServer(
        name=name,
        transport="stdio",
        command=sys.executable,
        arguments=list(arguments or (GOOD,)),
        **{"start_limit_s": 60.0, **values},
    )
    made.save()
    return made


def list_tools(server: McpServer) -> list[McpTool]:
    state.note_listing(server, pool.tools(endpoint.of(server), fresh=True))
    return list(server.tools.order_by("name"))


def allow(bot: Bot, *rows: McpTool) -> None:
    for row in rows:
        grant = McpGrant(bot=bot, tool=row)
        grant.approve()
        grant.save()
    catalogue.clear_cache()


def run(bot: Bot, name: str, arguments: dict[str, Any], limit_s: float | None = None) -> ToolResult:
    entry = next(one for one in catalogue.entries(bot.pk) if one.name == name)
    return tools.run(entry, arguments, limit_s)


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text("utf8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return status != "Z"


def gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@contextlib.contextmanager
def http_server() -> Iterator[str]:
    """Runs the good server on a free port; yields the address of its endpoint."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, GOOD, str(port)], env={"PATH": os.environ["PATH"]})
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        process.wait()
