"""What a server lists: its tools as values, with a digest of what somebody approves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clawdbot.storable_text import storable
from skills.mcp import schemas
from skills.mcp.mending import MOST_TOOLS, UNUSABLE
from skills.mcp.models import DESCRIPTION_LENGTH, ERROR_LENGTH

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import ListToolsResult

MOST_PAGES = 50
_LONGEST_NAME = 200
_NO_SUCH_METHOD = -32601


@dataclass(frozen=True, slots=True)
class ListedTool:
    """One tool. `unusable` says why no model can be given it; "" for most."""

    name: str
    description: str
    schema: dict[str, Any]
    hints: dict[str, bool]
    fingerprint: str
    unusable: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """All tools of a server, and what the server calls itself."""

    tools: tuple[ListedTool, ...]
    program: str = ""
    protocol: str = ""
    by_name: dict[str, ListedTool] = field(default_factory=dict, repr=False)


async def read(client: Client) -> Listing:
    """Reads all pages of the list. A list without end is cut."""
    found: list[Any] = []
    cursor: str | None = None
    seen: set[str] = set()
    for _page in range(MOST_PAGES):
        page = await _page_of(client, cursor)
        found.extend(page.tools if page is not None else ())
        cursor = page.next_cursor if page is not None else None
        if not cursor or cursor in seen or len(found) >= MOST_TOOLS:
            break
        seen.add(cursor)
    tools = _distinct(map(_listed, found[:MOST_TOOLS]))
    info = client.server_info
    program = storable(f"{info.name} {info.version}".strip())[:200] if info is not None else ""
    return Listing(tools, program, client.protocol_version[:40], {tool.name: tool for tool in tools})


async def _page_of(client: Client, cursor: str | None) -> ListToolsResult | None:
    """Returns a page; None of a server that has no tools at all. Whether it has, some forget to say when they greet."""
    from mcp.shared.exceptions import MCPError

    try:
        return await client.list_tools(cursor=cursor)
    except MCPError as error:
        if error.code == _NO_SUCH_METHOD and cursor is None:
            return None
        raise


def _listed(tool: Any) -> ListedTool:
    meta = tool.meta or {}
    problem = str(meta.get(UNUSABLE, ""))
    schema: dict[str, Any] = {}
    try:
        schema = _storable(schemas.normalised(tool.input_schema))
    except schemas.Unusable as error:
        problem = problem or str(error)
    except RecursionError:
        problem = problem or "the schema of its arguments is nested too deep"
    name, description = storable(tool.name), storable(tool.description or "").strip()[:DESCRIPTION_LENGTH]
    if not 0 < len(name) <= _LONGEST_NAME:
        problem, name = "its name is empty or longer than 200 characters", name[:_LONGEST_NAME]
    hints = tool.annotations.model_dump(exclude_none=True, by_alias=True) if tool.annotations is not None else {}
    return ListedTool(name, description, schema, hints, _digest(name, description, schema), problem[:ERROR_LENGTH])


def _storable(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema without what no database takes: NUL characters, halves of emoji, numbers that are none."""
    text = json.dumps(schema, ensure_ascii=False).replace("\\u0000", "")
    made: dict[str, Any] = json.loads(storable(text), parse_constant=lambda _name: None)
    return made


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _distinct(tools: Iterable[ListedTool]) -> tuple[ListedTool, ...]:
    """Returns each name once. Which one of two different tools a call would reach, nobody can tell."""
    found: dict[str, ListedTool] = {}
    for tool in tools:
        first = found.setdefault(tool.name, tool)
        if first.fingerprint != tool.fingerprint:
            problem = "the server lists this name twice, with different contents"
            found[tool.name] = ListedTool(
                first.name, first.description, first.schema, first.hints, first.fingerprint, problem
            )
    return tuple(found.values())
