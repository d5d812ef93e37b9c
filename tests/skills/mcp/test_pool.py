"""Connections to real servers: programs over stdio and streamable HTTP, good and misbehaving ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skills.mcp import pool, results
from skills.mcp.failures import McpFailure, code_of
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.skills.mcp.builders import GOOD, RUDE, address, alive, gone_within, http_server, program

ROOT = Path(__file__).resolve().parents[3]


def refused(endpoint: Any) -> McpFailure:
    with pytest.raises(McpFailure) as caught:
        pool.tools(endpoint)
    return caught.value


def call(endpoint: Any, name: str, limit_s: float = 10.0, /, **arguments: Any) -> Any:
    return results.read(pool.call(endpoint, name, arguments, limit_s=limit_s), name)


def failure(endpoint: Any, name: str, limit_s: float = 10.0, /, **arguments: Any) -> McpFailure:
    with pytest.raises(McpFailure) as caught:
        pool.call(endpoint, name, arguments, limit_s=limit_s)
    return caught.value


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with http_server() as url:
        yield url


# Programs


def test_a_program_lists_answers_and_is_reused() -> None:
    server = program(GOOD)
    listing = pool.tools(server)
    assert {"add", "wait", "picture"} <= set(listing.by_name)
    assert listing.program == "good 1.2"
    assert call(server, "add", a=2, b=3).text == "5"
    first = call(server, "pid").text
    assert call(server, "pid").text == first


def test_a_program_gets_no_variables_of_this_process_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAWDBOT_SECRET_KEY", "do-not-tell")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/n")
    server = program(GOOD, TOKEN="abc12345")
    seen = set(call(server, "environment").text.split("\n"))
    assert "TOKEN" in seen
    assert not {name for name in seen if name.startswith(("CLAWDBOT", "DATABASE", "DJANGO"))}
    assert call(server, "secret", name="TOKEN").text == "abc12345"


def test_results_of_every_kind() -> None:
    server = program(GOOD)
    picture = call(server, "picture")
    assert picture.parts[0].body.startswith(b"\x89PNG")
    assert picture.parts[0].name == "picture-1.png"
    assert json.loads(call(server, "table").text) == {"rows": [1, 2], "name": "甲"}
    wrong, failed = call(server, "add", a="x"), call(server, "fail")
    assert not wrong.ok
    assert "validation error" in wrong.text
    assert not failed.ok
    assert "Error executing tool fail" in failed.text
    huge = call(server, "huge", size=300_000)
    assert len(huge.text) < 61_000
    assert huge.text.endswith("[cut: 240000 more characters]")


def test_a_server_that_asks_back_is_refused_and_goes_on() -> None:
    server = program(GOOD)
    assert "Elicitation not supported" in str(failure(server, "asks"))
    assert call(server, "add", a=1, b=1).text == "2"


def test_a_slow_call_ends_in_time_and_the_connection_stays() -> None:
    server = program(GOOD)
    before = call(server, "pid").text
    began = time.monotonic()
    late = failure(server, "wait", 0.5, seconds=30)
    assert time.monotonic() - began < 3
    assert late.began
    assert code_of(late) == "mcp_silent"
    assert call(server, "pid").text == before


def test_a_program_that_dies_in_a_call_is_started_again_for_the_next_one() -> None:
    server = program(GOOD)
    before = call(server, "pid").text
    dead = failure(server, "die")
    assert dead.began
    assert str(dead) == "the program ended with code 3"
    assert "last words" in dead.output
    assert call(server, "pid").text != before


def test_many_threads_share_one_program() -> None:
    from concurrent.futures import ThreadPoolExecutor

    server = program(GOOD)
    with ThreadPoolExecutor(8) as threads:
        seen = set(threads.map(lambda _number: call(server, "pid").text, range(24)))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("exits", "the program ended with code 7"),
        ("hangs", "no answer within 2 s"),
        ("old", "the server speaks no version of MCP that is known here"),
        ("list-is-rubbish", "the answer of the server is not one of MCP"),
    ],
)
def test_a_program_that_does_not_start_well_says_why(mode: str, told: str) -> None:
    server = program(RUDE, mode, start_s=2 if mode == "hangs" else 60)
    found = refused(server)
    assert str(found) == told
    assert not found.began
    assert mode != "exits" or "no licence found" in found.output


def test_a_program_that_is_not_there() -> None:
    from dataclasses import replace

    server = program(RUDE)
    assert str(refused(replace(server, command="/nowhere/mcp"))).startswith("the program /nowhere/mcp is not there")
    pool.breaker.clear_cache()
    assert "cannot be started" in str(refused(replace(server, command=str(ROOT / "README.md"))))


@pytest.mark.parametrize("mode", ["greets", "floods-stderr", "mute-at-unknown", "ends-at-unknown", "endless"])
def test_a_program_that_is_only_untidy_works(mode: str) -> None:
    server = program(RUDE, mode)
    assert [tool.name for tool in pool.tools(server).tools] == ["echo"]
    assert call(server, "echo", text="hi").text == "echo: {'text': 'hi'}"


def test_all_pages_of_a_list_are_read() -> None:
    assert [tool.name for tool in pool.tools(program(RUDE, "pages")).tools] == [f"tool{n}" for n in range(5)]


def test_a_line_without_end_closes_the_connection() -> None:
    found = failure(program(RUDE, "line-too-long"), "echo", text="")
    assert "larger than" in str(found)
    assert found.began


@pytest.mark.parametrize(
    ("kind", "ok", "text"),
    [
        ("unknown-kind", True, '{"type": "hologram", "data": 1}\n\nseen'),
        ("plain-text", True, "just words"),
        ("no-content", True, '{"a": 1}'),
        ("error-as-word", False, "The tool reported an error without a text."),
        ("halves", True, "ab � c"),
        ("broken-picture", True, "[a file of type image/png that cannot be decoded]"),
    ],
)
def test_odd_results_are_mended(kind: str, ok: bool, text: str) -> None:
    found = call(program(RUDE, "odd-results"), "echo", text=kind)
    assert (found.ok, found.text) == (ok, text)


def test_after_a_failed_start_others_are_refused_at_once() -> None:
    server = program(RUDE, "hangs", start_s=1)
    refused(server)
    began = time.monotonic()
    second = refused(server)
    assert time.monotonic() - began < 0.1
    assert code_of(second) == "mcp_pause"
    assert "no answer within 1 s" in str(second)


def test_a_changed_row_gets_a_new_connection() -> None:
    before = call(program(GOOD), "pid").text
    assert call(program(GOOD, TOKEN="another1"), "pid").text != before
    assert gone_within(int(before), 5)


def test_a_stubborn_program_and_its_child_end_with_the_connection(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    pool.tools(program(RUDE, "stubborn", str(note)))
    pids = [int(one) for one in note.read_text().split()]
    assert all(map(alive, pids))
    pool.clear_cache()
    assert all(gone_within(pid, 5) for pid in pids)


def test_a_killed_process_leaves_no_program_behind(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    code = (
        "import time; from tests.skills.mcp.builders import program, RUDE; from skills.mcp import pool;"
        f"pool.tools(program(RUDE, 'stubborn', {str(note)!r})); print('ready', flush=True); time.sleep(60)"
    )
    starter = (
        f"import os, django; os.environ['DJANGO_SETTINGS_MODULE']='clawdbot_site.settings'; django.setup(); {code}"
    )
    environment = {**os.environ, "CLAWDBOT_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    owner = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, env=environment, cwd=ROOT)
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"ready\n"
        pids = [int(one) for one in note.read_text().split()]
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        assert all(gone_within(pid, 6) for pid in pids)
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()


# Streamable HTTP


def test_an_address_lists_and_answers(web: str) -> None:
    server = address(web)
    assert {"add", "wait"} <= set(pool.tools(server).by_name)
    assert call(server, "add", a=2, b=3).text == "5"
    assert call(server, "picture").parts[0].body.startswith(b"\x89PNG")
    assert code_of(failure(server, "wait", 0.5, seconds=30)) == "mcp_silent"
    assert code_of(failure(server, "asks")) == "mcp_said"


def test_a_huge_answer_over_http_is_not_read(web: str) -> None:
    assert code_of(failure(address(web), "huge", size=9_000_000)) == "response_too_large"


def test_nobody_listens() -> None:
    found = refused(address("http://127.0.0.1:9/mcp"))
    assert str(found) == "the connection failed"


def test_an_address_inside_is_refused_to_those_who_may_reach_public_ones_only(web: str) -> None:
    assert code_of(refused(address(web, public_only=True))) == "host_not_public"


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_the_status_of_a_refusal_is_told(server: Server, status: int) -> None:
    server.answer(Answer(status, b"no", {"Content-Type": "text/plain"}))
    assert f"status {status}" in str(refused(address(f"{server.url}/mcp", Authorization="Bearer secret-token")))
    assert server.requests[0].headers["authorization"] == "Bearer secret-token"


def test_a_redirect_to_another_server_gets_no_secret(server: Server) -> None:
    with http_like() as other:
        server.answer(Answer(307, b"", {"Location": f"{other.url}/mcp?key=1"}))
        told = str(refused(address(f"{server.url}/mcp", Authorization="Bearer secret-token")))
        assert told == f"the endpoint redirects to another address: enter {other.url}/mcp"
        assert other.requests == []


def http_like() -> Any:
    from tests.http_server import serve

    return serve()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>It works</html>", {"Content-Type": "text/html"}),
        Answer(200, b"{", {"Content-Type": "application/json"}),
        Answer(200, b"[]", {"Content-Type": "application/json"}),
        json_answer({"jsonrpc": "2.0", "id": 1, "result": {}}),
        Answer(202, b""),
        Answer(200, b"data: {\n\n", {"Content-Type": "text/event-stream"}),
    ],
    ids=["html", "half", "list", "empty-result", "accepted", "broken-stream"],
)
def test_what_is_no_mcp_server_is_refused(server: Server, answer: Answer) -> None:
    server.answer(answer)
    began = time.monotonic()
    assert not refused(address(f"{server.url}/mcp", start_s=5)).began
    assert time.monotonic() - began < 12


def test_a_packed_answer_is_refused(server: Server) -> None:
    server.answer(Answer(200, b"\x1f\x8b", {"Content-Type": "application/json", "Content-Encoding": "gzip"}))
    assert code_of(refused(address(f"{server.url}/mcp"))) == "response_not_decompressed"


class Forgetful:
    """A server of the old handshake that forgets its session once."""

    def __init__(self, refusal: Answer) -> None:
        self.sessions, self.calls, self.refusal = 0, 0, refusal

    def __call__(self, request: Recorded) -> Answer:
        if request.method != "POST":
            return Answer(405)
        message = request.json
        if "id" not in message:
            return Answer(202, b"")
        respond = {"initialize": self.begin, "tools/list": self.tools, "tools/call": self.answer}.get(message["method"])
        if respond is None:
            error = {"code": -32601, "message": "Method not found"}
            return json_answer({"jsonrpc": "2.0", "id": message["id"], "error": error})
        return respond(message, request.headers.get("mcp-session-id", ""))

    def begin(self, message: Any, _session: str) -> Answer:
        self.sessions += 1
        result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": INFO}
        body = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        return json_answer(body, **{"Mcp-Session-Id": f"s{self.sessions}"})

    def tools(self, message: Any, _session: str) -> Answer:
        tool = {"name": "count", "inputSchema": {"type": "object"}}
        return json_answer({"jsonrpc": "2.0", "id": message["id"], "result": {"tools": [tool]}})

    def answer(self, message: Any, session: str) -> Answer:
        if session == "s1":
            return self.refusal
        self.calls += 1
        content = [{"type": "text", "text": f"{self.calls} \U0001f600"}, {"type": "text", "text": "half \ud83d"}]
        return json_answer({"jsonrpc": "2.0", "id": message["id"], "result": {"content": content}})


INFO = {"name": "forgetful", "version": "1"}


UNKNOWN = {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "Session not found"}}


@pytest.mark.parametrize(
    "refusal",
    [
        Answer(404, b"", {"Content-Type": "text/plain"}),
        json_answer(UNKNOWN, 404),
        json_answer(UNKNOWN, 400),
    ],
    ids=["404", "404-with-error", "400-with-error"],
)
def test_a_forgotten_session_is_opened_again_and_the_call_made_once(server: Server, refusal: Answer) -> None:
    forgetful = server.respond = Forgetful(refusal)
    endpoint = address(f"{server.url}/mcp")
    assert call(endpoint, "count").text == "1 \U0001f600\n\nhalf \ufffd"
    assert (forgetful.sessions, forgetful.calls) == (2, 1)


async def test_halves_of_emoji_are_mended_wherever_a_body_is_cut() -> None:
    from skills.mcp.http_transport import _Checked

    body = b'{"a": "\\ud83d\\ude00 \\ud83d x \\ude00 \\u00e9 \\\\"}'

    async def chunks(size: int) -> Any:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    for size in range(1, len(body) + 1):
        found = b"".join([chunk async for chunk in _Checked(chunks(size), endless=False)])
        assert json.loads(found) == {"a": "\U0001f600 \ufffd x \ufffd \u00e9 \\"}, size
