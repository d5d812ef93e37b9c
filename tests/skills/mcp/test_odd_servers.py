"""Servers as public bug reports of MCP clients describe them: each works, or gets one line that says what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clawdbot.http import proxies
from skills.mcp import messages, pool, results
from skills.mcp.failures import McpFailure
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.proxy_server import ProxyServer, serve_proxy
from tests.skills.mcp.builders import RUDE, address, program

TOOL = {"name": "echo", "inputSchema": {"type": "object"}}
GREETING = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "o", "version": "1"}}
SAID = {"content": [{"type": "text", "text": "hi"}]}
Body = dict[str, Any]


class Odd:
    """A server of the old handshake over HTTP with one oddity.

    Args:
        unknown: How it answers what it does not know; None: as the protocol says.
        written: Changes each answer before it is sent.
        results: Answers by method, in place of good ones.
    """

    def __init__(
        self, unknown: Answer | None = None, written: Callable[[Body], Any] = lambda body: body, **results: Any
    ) -> None:
        self._unknown, self._written = unknown, written
        self._results = {"initialize": GREETING, "list": {"tools": [TOOL]}, "call": SAID, **results}

    def __call__(self, request: Recorded) -> Answer:
        if request.method != "POST":
            return Answer(405)
        message = request.json
        if "id" not in message:
            return Answer(202, b"")
        method = message["method"].removeprefix("tools/")
        if method in self._results and self._results[method] is not None:
            return self._answer(message["id"], result=self._results[method])
        return self._unknown or self._answer(message["id"], error={"code": -32601, "message": "Method not found"})

    def _answer(self, number: Any, **values: Any) -> Answer:
        return json_answer(self._written({"jsonrpc": "2.0", "id": number, **values}))


def greeting(**values: Any) -> Body:
    return {**GREETING, **values}


def tool(**values: Any) -> Body:
    return {"tools": [{**TOOL, **values}]}


def properties(**values: Any) -> Body:
    return tool(inputSchema={"type": "object", **values})


NO_SESSION = {"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": "Bad Request: no valid session ID"}}


@pytest.mark.parametrize(
    "odd",
    [
        # What servers of the old handshake say to the question of the new one.
        Odd(json_answer(NO_SESSION, 400)),
        Odd(Answer(400, b"Invalid or missing session ID", {"Content-Type": "text/plain"})),
        Odd(Answer(404, b"")),
        Odd(Answer(405, b"")),
        Odd(json_answer({"detail": "unknown"}, 422)),
        Odd(Answer(500, b"Internal Server Error", {"Content-Type": "text/plain"})),
        Odd(Answer(202, b"")),
        Odd(Answer(200, b"", {"Content-Type": "application/json"})),
        # Greetings.
        Odd(initialize=greeting(capabilities={})),
        Odd(initialize=greeting(capabilities={"tools": None})),
        Odd(initialize=greeting(capabilities={"tools": {"listChanged": "yes"}, "logging": True, "resources": []})),
        Odd(initialize={"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}),
        Odd(initialize=greeting(serverInfo={"name": "x", "icons": "none"})),
        # Answers.
        Odd(written=lambda body: [body]),
        Odd(written=lambda body: {**body, "id": str(body["id"])}),
        Odd(written=lambda body: {name: value for name, value in body.items() if name != "jsonrpc"}),
        Odd(written=lambda body: {"result": None, "error": None, **body}),
        # Lists.
        Odd(list=properties(properties={"a": {"type": "string"}, "required": ["a"]})),
        Odd(list=properties(properties=[])),
        Odd(list=properties(properties=None, required=None)),
        Odd(list=tool(title={"en": "Echo"}, icons="none", execution="now", outputSchema=7)),
        # Results.
        Odd(call={**SAID, "_meta": []}),
        Odd(call={"content": [{"type": "text", "text": "hi", "annotations": {"priority": 7}}]}),
        Odd(call="hi"),
        Odd(call=[{"type": "text", "text": "hi"}]),
        Odd(call={"toolResult": SAID}),
    ],
)
def test_what_breaks_the_form_and_says_clearly_what_it_means_works(server: Server, odd: Odd) -> None:
    server.respond = odd
    endpoint = address(f"{server.url}/mcp", start_s=10)
    assert [one.unusable for one in pool.tools(endpoint).tools] == [""]
    assert results.read(pool.call(endpoint, "echo", {}, limit_s=5), "echo").text == "hi"


@pytest.mark.parametrize(
    ("odd", "text"),
    [
        (Odd(call={"content": [], "structuredContent": [1, 2]}), '{"result": [1, 2]}'),
        (Odd(call=7), "7"),
        (Odd(call={"content": [{"type": "text", "text": None}]}), '{"type": "text", "text": null}'),
    ],
)
def test_results_of_other_types_are_shown(server: Server, odd: Odd, text: str) -> None:
    server.respond = odd
    assert results.read(pool.call(address(f"{server.url}/mcp"), "echo", {}, limit_s=5), "echo").text == text


def test_content_of_the_kind_error_is_a_failure_with_its_text(server: Server) -> None:
    server.respond = Odd(call={"content": [{"type": "error", "text": "the account is closed"}]})
    found = results.read(pool.call(address(f"{server.url}/mcp"), "echo", {}, limit_s=5), "echo")
    assert (found.ok, found.text) == (False, "the account is closed")


@pytest.mark.parametrize("key", ["input_schema", "parameters"])
def test_arguments_under_the_name_of_another_protocol_are_not_lost(server: Server, key: str) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    server.respond = Odd(list={"tools": [{"name": "echo", key: schema}]})
    assert pool.tools(address(f"{server.url}/mcp")).by_name["echo"].schema == schema


@pytest.mark.parametrize("status", [400, 401, 404, 406, 500])
def test_a_server_without_a_stream_of_notifications_works(server: Server, status: int) -> None:
    odd = Odd()
    server.respond = lambda request: odd(request) if request.method == "POST" else Answer(status, b"no")
    endpoint = address(f"{server.url}/mcp", start_s=10)
    for _time in range(2):
        assert results.read(pool.call(endpoint, "echo", {}, limit_s=5), "echo").text == "hi"


def test_a_promised_but_missing_structure_is_no_failure(server: Server) -> None:
    server.respond = Odd(list=tool(outputSchema={"type": "object", "required": ["a"]}))
    assert results.read(pool.call(address(f"{server.url}/mcp"), "echo", {}, limit_s=5), "echo").ok


def test_a_server_without_tools_has_none(server: Server) -> None:
    server.respond = Odd(initialize=greeting(capabilities={"prompts": {}}), list=None)
    assert pool.tools(address(f"{server.url}/mcp")).tools == ()


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_to_another_path_of_the_server_is_followed_with_the_headers(server: Server, status: int) -> None:
    odd = Odd()

    def respond(request: Recorded) -> Answer:
        moved = request.path == "/mcp" and request.method == "POST"
        return Answer(status, b"", {"Location": "/mcp/"}) if moved else odd(request)

    server.respond = respond
    assert len(pool.tools(address(f"{server.url}/mcp", Authorization="Bearer secret-token")).tools) == 1
    assert {one.headers.get("authorization") for one in server.requests} == {"Bearer secret-token"}


def old_sse(request: Recorded) -> Answer:
    start = b"event: endpoint\ndata: /messages/?session_id=1\n\n"
    return Answer(200, b"", {"Content-Type": "text/event-stream"}, (start,)) if request.method == "GET" else Answer(405)


def to_log_in(_request: Recorded) -> Answer:
    return Answer(302, b"", {"Location": "https://login.example/start?token=abc"})


@pytest.mark.parametrize(
    ("respond", "told"),
    [
        (old_sse, "the server speaks the old transport (SSE), which is not supported: ask for its streamable HTTP"),
        (lambda _request: Answer(401, b""), "the server refuses the headers (status 401): enter valid ones"),
        (lambda _request: json_answer(NO_SESSION, 403), "the server refuses the headers (status 403): enter valid"),
        (lambda _request: Answer(404, b""), "no MCP server answers at this address (status 404): check its path"),
        (to_log_in, "the endpoint redirects to another address: enter https://login.example/start"),
        (lambda _request: Answer(307, b"", {"Location": "/mcp"}), "too many redirects"),
        (Odd(initialize=greeting(protocolVersion="2024-10-07")), "the server speaks no version of MCP"),
        (Odd(list={"tools": "none"}), "the answer of the server is not one of MCP"),
        (Odd(initialize=7), "the answer of the server is not one of MCP"),
    ],
)
def test_what_cannot_work_says_why_and_what_to_do(server: Server, respond: Any, told: str) -> None:
    server.respond = respond
    with pytest.raises(McpFailure) as caught:
        pool.tools(address(f"{server.url}/mcp", start_s=10))
    assert str(caught.value).startswith(told)
    assert "abc" not in str(caught.value)


@pytest.fixture
def proxied(server: Server) -> Iterator[ProxyServer]:
    """A proxy that leads every host to the server."""
    with serve_proxy(target=int(server.url.rpartition(":")[2])) as proxy:
        yield proxy
    proxies.configure_proxies(None)


def test_the_proxy_of_the_environment_is_used(server: Server, proxied: ProxyServer) -> None:
    server.respond = Odd()
    proxies.configure_proxies({"http": proxied.url("http")})
    assert len(pool.tools(address("http://mcp.example.com/mcp")).tools) == 1
    assert set(proxied.asked) == {"http://mcp.example.com/mcp"}


def test_a_socks_proxy_is_one_line(proxied: ProxyServer) -> None:
    proxies.configure_proxies({"http": proxied.url("socks5", "user:secret@")})
    with pytest.raises(McpFailure) as caught:
        pool.tools(address("http://mcp.example.com/mcp"))
    assert str(caught.value).startswith("MCP servers cannot be reached through a SOCKS proxy")
    assert "secret" not in str(caught.value)
    assert proxied.asked == []


def line(value: Any) -> bytes:
    return json.dumps(value).encode()


ANSWER = {"jsonrpc": "2.0", "id": 1, "result": SAID}


@pytest.mark.parametrize(
    "raw",
    [
        line(ANSWER),
        b"\xef\xbb\xbf" + line(ANSWER) + b"\r\n",
        b"\x1b[32m" + line(ANSWER) + b"\x1b[0m\n",
        b"2026-12-01 INFO: " + line(ANSWER),
        line([ANSWER]),
        line({"id": 1, "result": SAID["content"]}),
    ],
)
def test_a_line_that_holds_one_message_is_read(raw: bytes) -> None:
    (message,) = messages.read(raw)
    assert (message.id, message.result) == (1, SAID)


@pytest.mark.parametrize(
    "raw",
    [
        b"Welcome!",
        b"{",
        b"7",
        b"null",
        b'{"level": "info", "id": "x"}',
        b'{"result": 1}',
        b"Content-Length: 7",
        b"[" * 9999,
    ],
)
def test_a_line_that_holds_no_message_is_passed_over(raw: bytes) -> None:
    assert messages.read(raw) == []


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        ("closed", -32603, "closed"),
        ({"code": "E1", "message": "closed"}, -32603, "closed"),
        ({"message": ["a"]}, -32603, '["a"]'),
        ({"code": 5, "message": "closed", "data": 1}, 5, "closed"),
    ],
)
def test_an_error_in_another_form_is_told_at_once(error: Any, code: int, told: str) -> None:
    (message,) = messages.read(line({"jsonrpc": "2.0", "id": 1, "error": error}))
    assert (message.error.code, message.error.message) == (code, told)


def test_a_program_that_writes_only_rubbish_is_named_so() -> None:
    with pytest.raises(McpFailure) as caught:
        pool.tools(program("-c", "print('Content-Length: 7', flush=True); import time; time.sleep(60)", start_s=3))
    assert "writes other things than messages" in str(caught.value)
    assert "Content-Length" in caught.value.output


def test_a_user_without_a_home_folder_can_run_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    assert len(pool.tools(program(RUDE, "usual")).tools) == 1


def test_a_script_whose_interpreter_is_missing_is_told_from_a_missing_script(tmp_path: Path) -> None:
    script = tmp_path / "server"
    script.write_text("#!/nowhere/node\n")
    script.chmod(0o755)
    with pytest.raises(McpFailure) as caught:
        pool.tools(replace(program(), command=str(script)))
    assert "interpreter" in str(caught.value)
    assert sys.executable not in str(caught.value)
