"""What made clients of MCP servers fail, in whole turns: a model calls the tools of real servers, a person reads it.

The reports are named beside each kind; servers and words are our own.
"""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from bots.models import Channel, InboundEvent
from skills import tools
from skills.mcp.models import McpServer, McpTool
from skills.models import ToolCall
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking
from tests.skills.mcp.builders import SERVERS, allow, list_tools, make_server
from tests.tool_model import ToolModel, Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

TALKATIVE = str(Path(SERVERS) / "talkative.py")


def give(channel: Channel, server: McpServer) -> dict[str, str]:
    """Allows the bot all tools of the server, as tools that read. Returns the names of their calls."""
    list_tools(server)
    McpTool.objects.update(effects=["reads"])
    allow(channel.bot, *McpTool.objects.all())
    tools.clear_cache()
    return dict(McpTool.objects.values_list("name", "call_name"))


def well(model: ToolModel) -> None:
    """Checks that every prompt was well formed, and that nothing is left open."""
    assert model.malformed == []
    assert not InboundEvent.objects.open().exists()
    assert not ToolCall.objects.filter(state__in=("started", "waiting", "allowed")).exists()


def test_odd_names_logs_and_contents_of_a_program(channel: Channel) -> None:
    names = give(channel, make_server("talk", TALKATIVE))
    # dots, slashes, spaces, other scripts: langgenius/dify and openai/codex#8174, anthropics/claude-code#2257
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names.values())
    assert len(set(names.values())) == len(names), "“greet user” and “greet.user” are two tools"
    odd = ("mail.search/inbox", "搜索", "greet user", "greet.user")
    wanted = Wants("", tuple((names[name], {"text": "tea"}) for name in odd))
    files = Wants("", ((names["picture"], {}), (names["page"], {}), (names["refuse"], {})))
    with asking(wanted, files, Wants("It says tea at five.")) as model:
        assert ask(channel, "Search") == "It says tea at five."
        results = model.results
    # a log line before each answer: kud/mcp-jenkins#6, microsoft/azure-devops-mcp#147
    assert [f'{name}: {{"text": "tea"}}' in result for name, result in zip(odd, results, strict=False)] == [True] * 4
    assert "iVBORw0" not in "".join(results), "CherryHQ/cherry-studio#3360: no base64 in a prompt"
    assert "tea at five" in results[5], "coder/coder#23569"
    assert "Error: quota is used up" in results[6]
    well(model)


def test_a_program_that_dies_or_hangs_costs_a_turn_one_result(channel: Channel) -> None:
    names = give(channel, make_server("talk", TALKATIVE, call_limit_s=1.0))
    with asking(call(names["pid"]), call(names["die"]), call(names["pid"]), Wants("Done.")) as model:
        assert ask(channel, "go") == "Done."
        first, dead, again = (re.sub(r"</?result>", "", result).strip() for result in model.results)
    assert "not known whether it did" in dead, "modelcontextprotocol/python-sdk#1577"
    assert again.isdigit(), "Arthur-Ficial/apfel#216: it is started again, in the same turn"
    assert again != first
    os.kill(int(again), signal.SIGKILL)  # between two turns: MoonshotAI/kimi-code#2109
    with asking(call(names["pid"]), call(names["slow"]), Wants("Back.")) as model:
        assert ask(channel, "go on") == "Back."
        third, slow = (re.sub(r"</?result>", "", result).strip() for result in model.results)
    assert third.isdigit()
    assert third != again
    assert "did not answer in time" in slow, "anthropics/claude-code#69593, HKUDS/nanobot#950"
    well(model)


class Remote:
    """A server over HTTP that answers the next call of its tool as it is told, and then well."""

    def __init__(self) -> None:
        self.sessions, self.calls = 0, 0
        self.next: Answer | None = None

    def __call__(self, request: Recorded) -> Answer:
        if request.method != "POST":
            return Answer(405)
        message = request.json
        if "id" not in message:
            return Answer(202, b"")
        head = {"jsonrpc": "2.0", "id": message["id"]}
        if message["method"] == "initialize":
            self.sessions += 1
            info = {"name": "remote", "version": "1"}
            result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
            return json_answer(head | {"result": result}, **{"Mcp-Session-Id": f"s{self.sessions}"})
        if message["method"] == "tools/list":
            return json_answer(head | {"result": {"tools": [{"name": "count", "inputSchema": {"type": "object"}}]}})
        if message["method"] != "tools/call":
            return json_answer(head | {"error": {"code": -32601, "message": "Method not found"}})
        if (odd := self.next) is not None:
            self.next = None
            body = odd.body.replace(b'"ID"', str(message["id"]).encode())
            return Answer(odd.status, body, odd.headers)
        self.calls += 1
        return json_answer(head | {"result": {"content": [{"type": "text", "text": f"count {self.calls}"}]}})


UNKNOWN = {"jsonrpc": "2.0", "id": "ID", "error": {"code": -32001, "message": "Session not found"}}
INVALID = {"jsonrpc": "2.0", "id": "ID", "error": {"code": -32600, "message": "Session not found"}}
EVENT = b'event: message\ndata: {"error":"Session not found"}\n\n'
UNKNOWN_STATE = "not known whether it did"
NOT_DONE = "Nothing was done"
ODD = {
    "404: modelcontextprotocol/python-sdk#1676, rust-sdk#733": (Answer(404, b""), "count "),
    "404 with an error: metatool-ai/metamcp#166": (json_answer(UNKNOWN, 404), "count "),
    "400: BuilderIO/agent-native#5547": (json_answer(UNKNOWN, 400), "count "),
    "403: LanternOps/breeze#3744": (json_answer(UNKNOWN, 403), "count "),
    "200 with an error: aklivity/zilla#2525": (json_answer(INVALID), "count "),
    "200 with an event: actionhero/keryx#503": (
        Answer(200, EVENT, {"Content-Type": "text/event-stream"}),
        UNKNOWN_STATE,
    ),
    "an error of the server": (Answer(500, b"oops"), UNKNOWN_STATE),
    "too many": (Answer(429, b"", {"Retry-After": "1"}), NOT_DONE),
    "a key that is over": (Answer(401, b""), NOT_DONE),
    "a page to sign in": (Answer(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}), "refused the call"),
}


def test_a_session_that_is_over_is_opened_again_or_told_in_one_line(channel: Channel, server: Server) -> None:
    remote = server.respond = Remote()
    row = McpServer(name="remote", transport="http", url=f"{server.url}/mcp", call_limit_s=5.0)
    row.save()
    names = give(channel, row)
    for kind, (odd, outcome) in ODD.items():
        remote.next = odd
        with asking(call(names["count"]), call(names["count"]), Wants("So it is.")) as model:
            assert ask(channel, "count") == "So it is."
            told, then = (re.sub(r"</?result>", "", result).strip() for result in model.results)
        assert outcome in told, f"{kind}: {told}"
        assert then.startswith("count "), f"{kind}: the server is used again at once"
        well(model)
