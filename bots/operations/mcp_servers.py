"""Adds, changes and lists MCP servers, and says which bot may use which of their tools."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bots.i18n.failure_texts import describe, describe_error
from bots.models import Bot
from bots.operations import address_rules, configuration_log, row_changes
from bots.operations.configuration_log import COMMAND, Action
from bots.operations.errors import OperationError
from clawdbot.crypto import CryptoError
from clawdbot.http.addresses import origin
from clawdbot.reasons import why
from clawdbot.skills.effects import Effect
from skills.mcp import catalogue, endpoint, pool, state, tools
from skills.mcp.failures import McpFailure
from skills.mcp.models import McpGrant, McpServer, McpTool
from skills.tool_types import ToolResult

if TYPE_CHECKING:
    from bots.people.audit_log import Actor

Transport = McpServer.Transport
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
# Set by the client itself, for each request.
_TAKEN = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "accept"})
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Listed:
    """What a listing found: all tools, and the names of those that are new, changed or gone."""

    count: int
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]


def may_run_programs(actor: Actor) -> bool:
    """Returns whether this actor may add and change servers that are programs of this machine."""
    return address_rules.may_reach_private(actor)


def parse_secrets(text: str, transport: str) -> dict[str, str]:
    """Reads one value per line: `NAME=value` for a program, `Name: value` for an address.

    Raises:
        OperationError: A line is no such pair; the text names the line, never a value.
    """
    sign, name_of = ("=", _VARIABLE) if transport == Transport.STDIO else (":", _HEADER)
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, there, value = (part.strip() for part in line.partition(sign))
        fits = name_of.fullmatch(name) and value and "\0" not in value
        if transport == Transport.HTTP and (name.lower() in _TAKEN or not (value.isascii() and value.isprintable())):
            fits = None
        if not there or not fits:
            told = _("Line %(line)s must be a name, %(sign)s and a value.")
            raise OperationError(told % {"line": number, "sign": sign})
        found[name] = value
    return found


def check(server: McpServer, before: McpServer | None, actor: Actor, *, keeps_secrets: bool) -> None:
    """Checks where a server is to be, and sets `public_only`.

    Args:
        server: The row with the values to store.
        before: The stored row; None for a new one.
        actor: Who stores it.
        keeps_secrets: Whether stored headers or variables would be used on.

    Raises:
        OperationError: The place is missing or not for this actor, or the secrets have to be entered again.
    """
    was_program = before is not None and before.transport == Transport.STDIO
    if (server.transport == Transport.STDIO or was_program) and not may_run_programs(actor):
        raise OperationError(_("Only a superuser may let this machine run a program."))
    if server.transport == Transport.STDIO:
        _check_program(server)
        server.url, server.public_only = "", False
    else:
        _check_address(server.url)
        server.command, server.arguments = "", []
    if keeps_secrets and before is not None and before.place != server.place:
        raise OperationError(_("The server is another one now: enter its headers or variables again, or remove them."))
    if server.transport == Transport.HTTP:
        old = before.url if before is not None else ""
        public_only = address_rules.check_endpoint(old, server.url, actor, keeps_key=False)
        if public_only is not None:
            server.public_only = public_only


def _check_program(server: McpServer) -> None:
    texts = [server.command, *map(str, server.arguments or ())]
    if not server.command.strip():
        raise OperationError(_("Name the program."))
    first, space, _rest = server.command.strip().partition(" ")
    if space and shutil.which(server.command) is None and shutil.which(first) is not None:
        told = _("The program is %(name)s; enter what follows it as arguments, one per line.")
        raise OperationError(told % {"name": first})
    if not isinstance(server.arguments, list) or any("\0" in text for text in texts):
        raise OperationError(_("The arguments must be a list of texts."))


def _check_address(url: str) -> None:
    if not url.lower().startswith(("http://", "https://")) or not origin(url):
        raise OperationError(_("The address must begin with http:// or https:// and name a host."))
    if "@" in url.split("//", 1)[1].split("/", 1)[0]:
        raise OperationError(_("The address must hold no password: enter a header instead."))


def add(
    name: str,
    *,
    command: str = "",
    arguments: list[str] | None = None,
    url: str = "",
    secrets: Mapping[str, str] | None = None,
    actor: Actor = COMMAND,
) -> McpServer:
    """Adds a server: a program with arguments, or an address.

    Raises:
        OperationError: The name is taken, or a value is invalid or not for this actor.
    """
    transport = Transport.STDIO if command else Transport.HTTP
    server = McpServer(name=name, transport=transport, command=command, arguments=arguments or [], url=url)
    check(server, None, actor, keeps_secrets=False)
    server.secrets = dict(secrets or {})
    with transaction.atomic():
        row_changes.insert(server)
        configuration_log.record(Action.ADDED, server, actor)
    return server


def get(name: str) -> McpServer:
    """Returns the server with this name.

    Raises:
        OperationError: When there is none.
    """
    found = McpServer.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(McpServer.objects.values_list("name", flat=True)) or _("none")
        raise OperationError(_("There is no MCP server %(name)s; known: %(known)s.") % {"name": name, "known": known})
    return found


def get_tool(call_name: str) -> McpTool:
    """Returns the tool with this name for the model, such as "github__search".

    Raises:
        OperationError: When there is none.
    """
    found = McpTool.objects.select_related("server").filter(call_name=call_name).first()
    if found is None:
        raise OperationError(_("There is no MCP tool %(name)s.") % {"name": call_name})
    return found


def forget_connection(server_id: int) -> None:
    """Closes what this process holds of a changed or deleted server. Others notice at their next call."""
    pool.forget(server_id)
    catalogue.clear_cache()


def clear_cache() -> None:
    """Has this process read the rows again after an admin page changed them."""
    catalogue.clear_cache()


def list_tools(server: McpServer) -> Listed:
    """Connects, stores the tools of the server, and returns what is different.

    Raises:
        OperationError: The server gives no list; its row says so too.
    """
    known = dict(server.tools.filter(listed=True).values_list("name", "fingerprint"))
    try:
        found = pool.tools(endpoint.of(server), fresh=True)
    except McpFailure as failure:
        state.note_failure(server.pk, failure)
        raise OperationError(describe(why(failure))) from None
    except CryptoError as error:
        raise OperationError(describe_error(error)) from None
    state.note_listing(server, found)
    names = found.by_name
    return Listed(
        len(names),
        tuple(name for name in names if name not in known),
        tuple(name for name, digest in known.items() if name in names and names[name].fingerprint != digest),
        tuple(name for name in known if name not in names),
    )


def refresh_due() -> int:
    """Lists the tools of every enabled server whose list is older than its row allows. Returns how many were read."""
    now = timezone.now()
    due = [
        server
        for server in McpServer.objects.filter(enabled=True, refresh_minutes__gt=0)
        if server.listed_at is None or now - server.listed_at >= timedelta(minutes=server.refresh_minutes)
    ]
    if not due:
        return 0
    places = [(server, place) for server in due if (place := _place(server)) is not None]
    with ThreadPoolExecutor(_AT_ONCE) as threads:  # they wait for servers and touch no row
        found = list(threads.map(_listing, [place for _server, place in places]))
    for (server, _place_of), one in zip(places, found, strict=True):
        if isinstance(one, McpFailure):
            state.note_failure(server.pk, one)
        else:
            state.note_listing(server, one)
    return sum(not isinstance(one, McpFailure) for one in found)


def _place(server: McpServer) -> endpoint.Endpoint | None:
    try:
        return endpoint.of(server)
    except CryptoError:
        return None


def _listing(place: endpoint.Endpoint) -> Any:
    try:
        return pool.tools(place, fresh=True)
    except McpFailure as failure:
        return failure


def set_effects(tool: McpTool, effects: list[str], actor: Actor = COMMAND) -> None:
    """Says what a tool does to the world. Until then it counts as destructive and reaching outside.

    Raises:
        OperationError: There is no such effect.
    """
    known = [str(effect) for effect in Effect]
    if not effects or not set(effects) <= set(known):
        raise OperationError(_("Effects are: %(known)s") % {"known": ", ".join(known)})
    with transaction.atomic():
        McpTool.objects.filter(pk=tool.pk).update(effects=sorted(set(effects)))
        configuration_log.record(Action.CHANGED, tool, actor, ["effects"])
    catalogue.clear_cache()


def allow(tool: McpTool, bot: Bot, actor: Actor = COMMAND) -> McpGrant:
    """Lets a bot use a tool as it is now, also after its server has changed it.

    Raises:
        OperationError: No model can be given the tool.
    """
    if tool.unusable:
        raise OperationError(_("The tool cannot be used: %(why)s") % {"why": tool.unusable})
    with transaction.atomic():
        grant = McpGrant.objects.filter(tool=tool, bot=bot).first()
        action = Action.CHANGED if grant is not None else Action.ADDED
        grant = grant or McpGrant(tool=tool, bot=bot)
        grant.approve()
        grant.save()
        configuration_log.record(action, grant, actor, ["fingerprint"])
    catalogue.clear_cache()
    return grant


def disallow(tool: McpTool, bot: Bot, actor: Actor = COMMAND) -> None:
    """Takes a tool away from a bot; nothing happens when the bot has not got it."""
    for grant in McpGrant.objects.filter(tool=tool, bot=bot):
        row_changes.delete(grant, actor)
    catalogue.clear_cache()


def try_tool(tool: McpTool, arguments: Mapping[str, Any], actor: Actor = COMMAND) -> ToolResult:
    """Calls a tool for the operator, whatever bots may use it. It has its effects. The audit log tells of it.

    Raises:
        OperationError: The server is off, or its secrets cannot be decrypted.
    """
    if not tool.server.enabled:
        raise OperationError(_("The server is switched off."))
    try:
        entry = catalogue.entry_of(tool, endpoint.of(tool.server))
    except CryptoError as error:
        raise OperationError(describe_error(error)) from None
    configuration_log.record(Action.CHANGED, tool, actor, ["tried"])
    return tools.run(entry, arguments)
