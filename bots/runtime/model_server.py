"""Runs the model server in a child process and publishes its address.

The native library ends its process when a file is damaged in a way that it does not expect. The command, its parent,
survives that and says in one line what to do.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings

from bots.llm import embedded_discovery, embedded_server, embedded_state
from bots.llm.embedded_server import Plan, Unavailable, plan
from bots.llm.model_choice import wanted
from bots.pipeline.engine.answer import small_model_prompt
from bots.runtime import children
from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Reason, columns, from_columns, why

__all__ = ["Crashed", "Plan", "Unavailable", "arguments", "note_failure", "plan", "run", "wanted"]

# The exit code of a child whose model could not be loaded; it has said why.
_NICENESS = 2
_TOLD = re.compile(r"error loading model: (.+)|(GGML_ASSERT\(.+\) failed)|(CUDA error.*|out of memory.*)")
_LONGEST_TOLD = 160
_LONGEST_REASON = 1000
_LOOK_S = 0.5


class Crashed(ClawdbotError):
    """The server has ended by itself after it was ready; it may be started again."""


def arguments(*, has_provider: bool) -> tuple[str, ...] | None:
    """Returns the command with which `serve` starts the model server; None when nothing is to be served.

    The demonstration model words nothing unless the operator lets it, so without that it would only take memory.

    Args:
        has_provider: A provider is enabled, which answers instead of the demonstration model.
    """
    config = settings.CLAWDBOT.model_server
    file = wanted()
    if not config.enable or not (file or (config.words_answers and not has_provider)):
        return None
    named = ("--model-file", file) if file else ()
    return ("modelserver", "--port", str(config.port), *named)


def note_failure(model_file: str, error: Unavailable) -> None:
    """Keeps why the model does not run, for readiness and the admin."""
    embedded_state.failed(model_file or embedded_server.MODEL_NAME, why(error))


def run(model: Plan, port: int, ready: Callable[[str], None], changed: Callable[[], bool] | None = None) -> bool:
    """Serves the model until this process is told to end (SIGTERM, SIGINT).

    Args:
        model: What to serve.
        port: Port to listen on, or the next free one.
        ready: Called in the child process with the URL when the model answers.
        changed: Asked twice a second whether another model is wanted; then the server ends.

    Returns:
        Whether it ended because another model is wanted.

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
        code, replaced = _wait(child, changed)
        failure.seek(0)
        written = failure.read().decode(errors="replace")
        if code == 0 or (code < 0 and (stopped or replaced)):
            return replaced
        if written and written != _READY:
            reason = from_columns(_Written(**json.loads(written)), "failure")
            cause = _cause(told)
            raise Unavailable(Reason("with_cause", why=reason, cause=cause) if cause else reason)
        how = signal.Signals(-code).name if code < 0 else f"code {code}"
        if written == _READY:
            raise Crashed(Reason("model_crashed", how=how))
        cause = f" ({cause})" if (cause := _cause(told)) else ""
        raise Unavailable(Reason("model_library_ended", path=str(model.file), how=how, cause=cause))


_READY = "ready"


@dataclass(frozen=True, slots=True)
class _Written:
    """The reason of a failure as the child process writes it."""

    failure: str
    failure_code: str
    failure_params: dict[str, Any]


def _wait(child: int, changed: Callable[[], bool] | None) -> tuple[int, bool]:
    """Waits for the end of the process. Returns its exit code, and whether another model was wanted."""
    kill_at = 0.0
    while True:
        pid, status = os.waitpid(child, os.WNOHANG if changed is not None else 0)
        if pid:
            return os.waitstatus_to_exitcode(status), bool(kill_at)
        now = time.monotonic()
        if kill_at:
            if now > kill_at:  # a library that loads takes no signals
                os.kill(child, signal.SIGKILL)
        elif changed is not None and changed():
            kill_at = now + children.STOP_WAIT_S
            os.kill(child, signal.SIGTERM)
        time.sleep(_LOOK_S)


def _serve(model: Plan, port: int, ready: Callable[[str], None], told: IO[bytes], failure: IO[bytes]) -> None:
    """Runs the server in the child process, which never returns from here."""
    os.environ[children.PARENT_VARIABLE] = str(os.getppid())
    children.end_with_parent()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.nice(_NICENESS)
    try:
        embedded_state.loading(model.name)
        with _running(model, port, told) as url:
            embedded_state.clear()
            _write(failure, _READY)
            ready(url)
            stop.wait()
        code = 0
    except Unavailable as error:
        _write(failure, json.dumps(columns("failure", why(error), _LONGEST_REASON)))
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


def _cause(told: IO[bytes]) -> str:
    """Returns what the native library says was wrong; "" when it says nothing known."""
    told.seek(0)
    found = _TOLD.search(told.read().decode(errors="replace"))
    return next(filter(None, found.groups()), "").strip()[:_LONGEST_TOLD] if found else ""


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
