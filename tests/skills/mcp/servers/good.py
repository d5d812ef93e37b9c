"""A server written with the official package: `good.py` speaks stdio, `good.py PORT` streamable HTTP."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, Image, MCPServer
from pydantic import BaseModel

server = MCPServer("good", version="1.2")


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def environment() -> list[str]:
    """Names of the variables that this program sees."""
    return sorted(os.environ)


@server.tool()
def secret(name: str) -> str:
    """Value of one variable."""
    return os.environ.get(name, "")


@server.tool()
def pid() -> int:
    """Id of this process."""
    return os.getpid()


@server.tool()
async def wait(seconds: float) -> str:
    """Answers late."""
    await asyncio.sleep(seconds)
    return "waited"


@server.tool()
def fail() -> str:
    """Raises."""
    raise ValueError("the shop is closed")


@server.tool()
def die() -> str:
    """Ends the process in the middle of a call."""
    print("last words", file=sys.stderr, flush=True)
    os._exit(3)


@server.tool()
def huge(size: int) -> str:
    """Answers with a long text."""
    return "x" * size


@server.tool()
def picture() -> Image:
    """Answers with a picture."""
    return Image(data=b"\x89PNG\r\n\x1a\n" + b"0" * 20, format="png")


@server.tool()
def table() -> dict[str, Any]:
    """Answers with structured content."""
    return {"rows": [1, 2], "name": "甲"}


class Answer(BaseModel):
    yes: bool


@server.tool()
async def asks(context: Context) -> str:
    """Asks the person back, which this client refuses."""
    answer = await context.elicit("Really?", Answer)
    return f"answered {answer}"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        app = server.streamable_http_app()
        uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
    else:
        print("good server is ready", file=sys.stderr, flush=True)
        server.run()
