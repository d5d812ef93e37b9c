"""The tools of MCP servers that a bot may use, as the tool loop takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clawdbot.reasons import Reason, why
from clawdbot.skills.context import Context
from clawdbot.skills.effects import Effect
from skills.mcp import catalogue, pool, results, state
from skills.mcp.catalogue import Entry
from skills.mcp.failures import McpFailure
from skills.mcp.listings import Listing
from skills.mcp.models import McpServer
from skills.tool_types import Tool, ToolResult, asks_first

# Reasons that say nothing about this machine.
_PLAIN = frozenset(
    {"mcp_silent", "timed_out", "mcp_asks", "mcp_ended", "mcp_closed", "response_too_large", "connection_failed"}
)
LONGEST_DESCRIPTION = 1000  # characters; a server may write as much as it likes, and every turn pays for it


def of_bot(bot_id: int, language: str) -> tuple[Tool, ...]:
    """Returns the tools that were allowed to this bot. Connects to nothing: the stored list is used."""
    return tuple(map(_tool, catalogue.entries(bot_id)))


def _tool(entry: Entry) -> Tool:
    def call(arguments: Mapping[str, Any], context: Context) -> ToolResult:
        return run(entry, arguments, context.services.deadline_s)

    return Tool(
        name=entry.call_name,
        description=entry.description[:LONGEST_DESCRIPTION] or entry.name,
        schema=entry.schema,
        effects=entry.effects,
        source="mcp",
        source_id=entry.tool_id,
        label=f"{entry.name} ({entry.endpoint.name})",
        approval=asks_first(entry.effects),
        idempotent=entry.idempotent,
        timeout_s=entry.endpoint.call_s,
        outside_words=Effect.OUTSIDE in entry.effects,
        call=call,
    )


def run(entry: Entry, arguments: Mapping[str, Any], deadline_s: float | None = None) -> ToolResult:
    """Calls the tool. Every failure is a result that says what is known of its effect.

    Args:
        entry: The tool as it was approved.
        arguments: Values of JSON types.
        deadline_s: Seconds left for the call; None for the limit of the server.
    """
    limit_s = entry.endpoint.call_s if deadline_s is None else min(entry.endpoint.call_s, max(0.5, deadline_s))
    changed: list[Listing] = []

    def check(listing: Listing) -> None:
        """Compares what the server lists now with what was approved: a server may change a tool after that."""
        now = listing.by_name.get(entry.name)
        if now is None or now.fingerprint != entry.fingerprint or now.unusable:
            changed.append(listing)
            raise McpFailure(Reason("mcp_changed", tool=entry.name))

    try:
        found = pool.call(entry.endpoint, entry.name, arguments, limit_s=limit_s, check=check)
    except McpFailure as failure:
        if changed:
            _store(entry, changed[0])
        else:
            state.note_failure(entry.endpoint.server_id, failure)
        return ToolResult(_told(failure), ok=False)
    if entry.failing:
        state.note_ok(entry.endpoint.server_id)
    return results.read(found, entry.name)


def _store(entry: Entry, listing: Listing) -> None:
    server = McpServer.objects.filter(pk=entry.endpoint.server_id).first()
    if server is not None:
        state.note_listing(server, listing)


def _told(failure: McpFailure) -> str:
    """Returns the failure for the model. No words of the server: they come only as a result of its tool.

    No words for the operator either, such as where to enter a key: the model would tell the person.
    """
    reason = why(failure)
    code = reason.code if isinstance(reason, Reason) else ""
    if code == "mcp_changed":
        return "This tool is suspended: its server has changed it, and an operator must look at it first."
    if code == "mcp_said":
        return f"The server refused the call: {reason}"
    known = f" ({reason})" if code in _PLAIN else ""
    if failure.began:
        return f"The tool gave no result{known}. It is not known whether it did what was asked."
    return f"The tool is not available now{known}. Nothing was done."
