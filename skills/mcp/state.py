"""Writes to the rows what a contact with a server showed: its tools, its success, its failure."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.db import DatabaseError, transaction
from django.utils import timezone

from clawdbot.reasons import columns, why
from clawdbot.redaction import redact
from clawdbot.storable_text import storable
from skills.mcp import catalogue
from skills.mcp.failures import McpFailure
from skills.mcp.listings import ListedTool, Listing
from skills.mcp.models import ERROR_LENGTH, OUTPUT_LENGTH, McpServer, McpTool
from skills.mcp.naming import call_name

logger = logging.getLogger(__name__)
_COLUMNS = ("description", "schema", "hints", "fingerprint", "unusable")


def note_listing(server: McpServer, listing: Listing) -> None:
    """Stores the tools. New ones are allowed to no bot; a changed one is suspended, because its digest differs."""
    now = timezone.now()
    with transaction.atomic():
        known = {tool.name: tool for tool in McpTool.objects.filter(server=server)}
        for listed in listing.tools:
            _store(server, known.get(listed.name), listed)
        gone = [tool.pk for name, tool in known.items() if name not in listing.by_name and tool.listed]
        if gone:
            McpTool.objects.filter(pk__in=gone).update(listed=False)
        McpServer.objects.filter(pk=server.pk).update(
            listed_at=now, last_ok_at=now, program=listing.program, protocol=listing.protocol
        )
    catalogue.clear_cache()


def _store(server: McpServer, row: McpTool | None, listed: ListedTool) -> None:
    values: Mapping[str, object] = {name: getattr(listed, name) for name in _COLUMNS}
    if row is None:
        McpTool.objects.create(server=server, name=listed.name, call_name=call_name(server.name, listed.name), **values)
        return
    if row.listed and all(getattr(row, name) == value for name, value in values.items()):
        return
    changed = {} if row.fingerprint == listed.fingerprint else {"changed_at": timezone.now()}
    McpTool.objects.filter(pk=row.pk).update(listed=True, **values, **changed)


def note_ok(server_id: int) -> None:
    """Notes a success after a failure. Others are not written: a row is no log."""
    _update(server_id, last_ok_at=timezone.now())


def note_failure(server_id: int, failure: McpFailure) -> None:
    """Stores why the server gave nothing, and the last words of its program."""
    values: dict[str, object] = columns("last_error", why(failure), ERROR_LENGTH)
    if failure.output:
        values["last_output"] = redact(storable(failure.output))[-OUTPUT_LENGTH:]
    _update(server_id, last_error_at=timezone.now(), **values)


def _update(server_id: int, **values: object) -> None:
    try:
        McpServer.objects.filter(pk=server_id).update(**values)
    except DatabaseError:
        # The turn goes on; the next contact writes the state again.
        logger.warning("mcp: could not note the state of server %s", server_id)
