"""`manage.py mcp`: connect tool servers, and say which bot may use which tool."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError

from bots.i18n.program import as_typed
from bots.management.base import OperatorCommand, add_json, add_yes, read_secret, require_yes
from bots.operations import mcp_servers
from bots.operations.bots import get_bot
from bots.operations.configuration_log import COMMAND
from bots.operations.row_changes import delete
from clawdbot.skills.effects import Effect
from skills.mcp.models import McpServer, McpTool


class Command(OperatorCommand):
    help = "Connects MCP servers: adds and lists them, lists, allows and calls their tools."

    def add_actions(self, actions: Any) -> None:
        add = actions.add_parser("add", help="add a server: --url ADDRESS, or --program PROGRAM")
        add.add_argument("name", help="small letters and digits; begins the names of its tools")
        add.add_argument("--url", default="", metavar="ADDRESS", help="e.g. https://mcp.example.com/mcp")
        add.add_argument(
            "--secrets-file",
            metavar="FILE",
            help='file with one "NAME=value" (program) or "Name: value" (address) per line',
        )
        add.add_argument("--program", default="", metavar="PROGRAM", help="e.g. npx")
        add.add_argument(
            "--argument",
            action="append",
            default=[],
            metavar="TEXT",
            help="of the program, e.g. --argument=-y; repeat it",
        )
        add_json(actions.add_parser("list", help="list the servers and how they are"))
        tools = actions.add_parser("tools", help="connect, and list the tools of a server")
        tools.add_argument("name")
        add_json(tools)
        for action, text in (("allow", "let a bot use a tool as it is now"), ("deny", "take a tool from a bot")):
            parser = actions.add_parser(action, help=text)
            parser.add_argument("tool", help="e.g. github__search")
            parser.add_argument("bot")
            if action == "allow":
                known = ", ".join(effect.value for effect in Effect)
                parser.add_argument("--effects", metavar="E,E", help=f"what it does to the world: {known}")
        call = actions.add_parser("call", help="call a tool for real")
        call.add_argument("tool")
        call.add_argument("arguments", nargs="?", default="{}", help="a JSON object")
        remove = actions.add_parser("remove", help="forget a server and its tools")
        remove.add_argument("name")
        add_yes(remove)

    def do_add(self, options: dict[str, Any]) -> None:
        program = options["program"]
        if bool(program) == bool(options["url"]):
            raise CommandError("give either --url ADDRESS or --program PROGRAM")
        transport = McpServer.Transport.STDIO if program else McpServer.Transport.HTTP
        text = _lines(options["secrets_file"]) if options["secrets_file"] else ""
        server = mcp_servers.add(
            options["name"],
            command=program,
            arguments=options["argument"],
            url=options["url"],
            secrets=mcp_servers.parse_secrets(text, transport),
        )
        self.stdout.write(as_typed(f"Server {server.name} is added. Next: python manage.py mcp tools {server.name}"))

    def do_list(self, options: dict[str, Any]) -> None:
        rows = [_server(server) for server in McpServer.objects.all()]
        if options["json"]:
            self.print_json(rows)
            return
        self.print_table(rows, ("name", "where", "enabled", "tools", "state"), empty="No MCP servers.")

    def do_tools(self, options: dict[str, Any]) -> None:
        server = mcp_servers.get(options["name"])
        found = mcp_servers.list_tools(server)
        rows = [
            _tool(tool) for tool in server.tools.filter(listed=True).prefetch_related("grants__bot", "grants__tool")
        ]
        if options["json"]:
            self.print_json(rows)
            return
        self.print_table(rows, ("tool", "state", "effects", "bots", "description"), empty="It lists no tools.")
        if found.changed:
            self.stdout.write(f"Changed by the server and suspended: {', '.join(found.changed)}")

    def do_allow(self, options: dict[str, Any]) -> None:
        tool, bot = mcp_servers.get_tool(options["tool"]), get_bot(options["bot"])
        if options["effects"]:
            mcp_servers.set_effects(tool, options["effects"].split(","))
        mcp_servers.allow(tool, bot)
        self.stdout.write(f"{bot.slug} may use {tool.call_name}.")

    def do_deny(self, options: dict[str, Any]) -> None:
        tool, bot = mcp_servers.get_tool(options["tool"]), get_bot(options["bot"])
        mcp_servers.disallow(tool, bot)
        self.stdout.write(f"{bot.slug} may not use {tool.call_name}.")

    def do_call(self, options: dict[str, Any]) -> None:
        try:
            arguments = json.loads(options["arguments"])
        except ValueError as error:
            raise CommandError(f"the arguments are no JSON: {error}") from None
        if not isinstance(arguments, dict):
            raise CommandError("the arguments must be a JSON object")
        result = mcp_servers.try_tool(mcp_servers.get_tool(options["tool"]), arguments)
        if not result.ok:
            raise CommandError(result.text)
        self.stdout.write(result.text)

    def do_remove(self, options: dict[str, Any]) -> None:
        server = mcp_servers.get(options["name"])
        require_yes(options, f"server {server.name}, its secrets, its tools and who may use them")
        number = server.pk
        delete(server, COMMAND)
        mcp_servers.forget_connection(number)
        self.stdout.write(f"Server {server.name} is gone.")


def _lines(path: str) -> str:
    if path == "-":
        raise CommandError("--secrets-file needs a file")
    read_secret(path)  # its errors: missing, empty, not text
    with open(path, encoding="utf8") as file:
        return file.read()


def _server(server: McpServer) -> dict[str, Any]:
    return {
        "name": server.name,
        "where": server.url or " ".join([server.command, *map(str, server.arguments)]),
        "enabled": server.enabled,
        "tools": server.tools.filter(listed=True).count(),
        "state": f"failing: {server.last_error}" if server.failing else "ok" if server.last_ok_at else "not tried yet",
    }


def _tool(tool: McpTool) -> dict[str, Any]:
    grants = list(tool.grants.all())
    suspended = any(grant.suspended for grant in grants)
    return {
        "tool": tool.call_name,
        "state": tool.unusable
        or ("suspended: allow it again" if suspended else "allowed" if grants else "not allowed"),
        "effects": ",".join(sorted(tool.known_effects)),
        "bots": ",".join(grant.bot.slug for grant in grants),
        "description": tool.description.split("\n")[0][:60],
    }
