"""Runs the model server in a child process and publishes its address.

The native library ends its process when a file is damaged in a way that it does not expect. The command, its parent,
survives that and says in one line what to do.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from bots.llm import embedded_discovery, embedded_server
from bots.llm.embedded_server import Plan, Unavailable, plan
from bots.pipeline.engine.answer import small_model_prompt
from bots.runtime import children

__all__ = ["Crashed", "Plan", "Unavailable", "plan", "run"]

# The exit code of a child whose model could not be loaded; it has said why.
_NICENESS = 2
_TOLD = re.compile(r"error loading model: (.+)|(GGML_ASSERT\(.+\) failed)|(CUDA error.*|out of memory.*)")
_LONGEST_TOLD = 160


class Crashed(Exception):
    """The server has ended by itself after it was ready; it may be started again."""


def run(model: Plan, port: int, ready: Callable[[str], None]) -> None:
    """Serves the model until this process is told to end (SIGTERM, SIGINT).

    Args:
        model: What to serve.
        port: Port to listen on, or the next free one.
        ready: Called in the child process with the URL when the model answers.

    Raises:
        Unavailable: The model cannot run on this machine.
        Crashed: The native library ended the process later.
    """
    with tempfile.TemporaryFile("w+b") as told, tempfile.TemporaryFile("w+b") as failure:
        # Before this process has threads, which do not survive in the child.
        child = os.fork()
        if child == 0:
            _serve(model, port, ready, told, failure)
        children.end_with_parent()
        stopped = _pass_on_signals(child)
        _pid, status = os.waitpid(child, 0)
        failure.seek(0)
        reason = failure.read().decode(errors="replace")
        if reason and reason != _READY:
            raise Unavailable(_with_cause(reason, told))
        code = os.waitstatus_to_exitcode(status)
        if code == 0 or (stopped and code < 0):
            return
        how = signal.Signals(-code).name if code < 0 else f"code {code}"
        if reason == _READY:
            raise Crashed(f"the model server ended by itself ({how})")
        line = f"{model.file}: the native library ended with {how} while it loaded the model"
        raise Unavailable(f"{_with_cause(line, told)}: the file is damaged, or needs a newer xllamacpp or more memory")


_READY = "ready"


def _serve(model: Plan, port: int, ready: Callable[[str], None], told: IO[bytes], failure: IO[bytes]) -> None:
    """Runs the server in the child process, which never returns from here."""
    os.environ[children.PARENT_VARIABLE] = str(os.getppid())
    children.end_with_parent()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.nice(_NICENESS)
    try:
        with _running(model, port, told) as url:
            _write(failure, _READY)
            ready(url)
            stop.wait()
        code = 0
    except Unavailable as error:
        _write(failure, str(error))
        code = 1
    finally:
        sys.stdout.flush()
    # The server's native threads would otherwise delay the exit by seconds.
    os._exit(code)


def _write(file: IO[bytes], text: str) -> None:
    file.write(text.encode())
    file.flush()


@contextmanager
def _running(model: Plan, port: int, told: IO[bytes]) -> Iterator[str]:
    """Starts the model on this port or the next free one, warms it up, publishes its URL and yields it."""
    with _errors_in(told):
        server, url = embedded_server.start(model, port)
    if model.is_demo:
        embedded_server.warm_up(url, small_model_prompt.usual(), model.api_key)
    embedded_discovery.announce(
        url,
        model.name,
        context_tokens=model.context_tokens,
        is_demo=model.is_demo,
        takes_tools=model.takes_tools,
        api_key=model.api_key,
    )
    try:
        yield url
    finally:
        embedded_discovery.withdraw()
        del server


@contextmanager
def _errors_in(file: IO[bytes]) -> Iterator[None]:
    """Collects what the native library writes to the standard error, which names the cause."""
    sys.stderr.flush()
    kept = os.dup(2)
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _with_cause(line: str, told: IO[bytes]) -> str:
    told.seek(0)
    found = _TOLD.search(told.read().decode(errors="replace"))
    cause = next(filter(None, found.groups()), "").strip() if found else ""
    return f"{line} ({cause[:_LONGEST_TOLD]})" if cause else line


def _pass_on_signals(child: int) -> list[int]:
    """Passes the signals to end on to the child; the returned list is filled with them."""
    received: list[int] = []

    def pass_on(number: int, _frame: Any) -> None:
        received.append(number)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    return received
