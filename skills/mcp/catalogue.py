"""The tools that bots may use. Reads the rows of all bots at most once every two seconds."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clawdbot.cached_value import CachedValue
from clawdbot.crypto import CryptoError
from clawdbot.skills.effects import READS_ONLY, Effects
from skills.mcp import endpoint
from skills.mcp.endpoint import Endpoint
from skills.mcp.models import McpGrant, McpTool

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A tool that a bot may use: approved, listed, usable, of an enabled server."""

    tool_id: int
    endpoint: Endpoint
    name: str
    call_name: str
    description: str
    schema: Mapping[str, Any] = field(repr=False)
    fingerprint: str
    effects: Effects
    idempotent: bool
    failing: bool


_Entries = Mapping[int, tuple[Entry, ...]]


def entries(bot_id: int) -> tuple[Entry, ...]:
    """Returns the tools of a bot in the order of their names."""
    return _rows.get().get(bot_id, ())


def clear_cache() -> None:
    """Makes the next call read the rows again."""
    _rows.clear()


def _read() -> _Entries:
    rows = McpGrant.objects.filter(tool__server__enabled=True, tool__listed=True, tool__unusable="")
    found: dict[int, list[Entry]] = {}
    endpoints: dict[int, Endpoint | None] = {}
    for grant in rows.select_related("tool__server").order_by("tool__call_name"):
        server = grant.tool.server
        if server.pk not in endpoints:
            endpoints[server.pk] = _endpoint(server)
        place = endpoints[server.pk]
        if place is not None and not grant.suspended:
            found.setdefault(grant.bot_id, []).append(entry_of(grant.tool, place))
    return {bot: tuple(made) for bot, made in found.items()}


def _endpoint(server: Any) -> Endpoint | None:
    try:
        return endpoint.of(server)
    except CryptoError:  # the doctor says so; the bot answers without these tools
        logger.warning("mcp: the secrets of server %s cannot be decrypted", server.name)
        return None


def entry_of(tool: McpTool, place: Endpoint) -> Entry:
    """Returns a tool as its row is now, whichever bots may use it."""
    return Entry(
        tool_id=tool.pk,
        endpoint=place,
        name=tool.name,
        call_name=tool.call_name,
        description=tool.description,
        schema=tool.schema,
        fingerprint=tool.fingerprint,
        effects=tool.known_effects,
        idempotent=tool.idempotent or tool.known_effects == READS_ONLY,
        failing=tool.server.failing,
    )


_rows = CachedValue(_read, 2.0)
