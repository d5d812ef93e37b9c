"""Starts the program of a server and speaks with it over its standard streams.

The SDK's own transport inherits standard error, reads lines of any length and leaves the program alive when this
process is killed. This one bounds what it reads, keeps the last words of standard error for the operator, and has the
whole process group killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from clawdbot.reasons import Reason
from skills.mcp import messages, reaper
from skills.mcp.endpoint import Endpoint

LONGEST_LINE = 8 * 1024 * 1024
_INHERITED = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER")
_STDERR_CHUNK = 4096
_MOST_CHUNKS = 16
_PATIENCE_S = 1.5  # for a program to end after its input is closed, and again after SIGTERM
_LAST_PATIENCE_S = 5.0


class Output:
    """The last words of a program on standard error, and lines of its standard output that are no messages.

    Attributes:
        closed: Whether it has closed its output.
        exit_code: Its exit code, if it ended before it was told to.
        problem: Why its output is read no further.
        rubbish: Whether it wrote lines that are no messages.
    """

    def __init__(self) -> None:
        self._chunks: deque[str] = deque(maxlen=_MOST_CHUNKS)
        self.closed = False
        self.exit_code: int | None = None
        self.problem: Reason | None = None
        self.rubbish = False

    def add(self, text: str) -> None:
        self._chunks.append(text[-_STDERR_CHUNK:])

    def text(self) -> str:
        return "".join(self._chunks)


def environment(endpoint: Endpoint) -> dict[str, str]:
    """Returns the environment of the program: a few harmless variables of this process, and what was configured."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**inherited, **endpoint.secrets}


def _folder() -> str:
    """Returns the home folder of the user, or "/" for a user who has none, as in many containers."""
    home = os.path.expanduser("~")
    return home if os.path.isdir(home) else "/"


@contextlib.asynccontextmanager
async def streams(endpoint: Endpoint, output: Output, ended: Callable[[], None]) -> AsyncIterator[tuple[Any, Any]]:
    """Runs the program as long as the block runs, and yields the streams of messages from it and to it.

    Args:
        endpoint: A program.
        output: Gets what the program says beside messages.
        ended: Called once the program has closed its output.

    Raises:
        OSError: The program cannot be started.
    """
    import anyio

    process = await asyncio.create_subprocess_exec(
        endpoint.command,
        *endpoint.arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(endpoint),
        cwd=_folder(),
        start_new_session=True,
        limit=LONGEST_LINE,
    )
    reaper.watch(process.pid)
    to_session, from_program = anyio.create_memory_object_stream[Any](0)
    to_program, from_session = anyio.create_memory_object_stream[Any](0)
    async with anyio.create_task_group() as group:
        group.start_soon(_read, process.stdout, to_session, output, ended)
        group.start_soon(_listen, process.stderr, output)
        group.start_soon(_write, process.stdin, from_session)
        try:
            yield from_program, to_program
        finally:
            with anyio.CancelScope(shield=True):
                await _stop(process, output)
            reaper.forget(process.pid)
            for stream in (from_program, to_program, to_session, from_session):
                stream.close()
            group.cancel_scope.cancel()


async def _read(stdout: Any, to_session: Any, output: Output, ended: Callable[[], None]) -> None:
    """Hands each line that is a message to the session."""
    import anyio

    async with to_session:
        try:
            while line := await stdout.readline():
                for message in _messages(line, output):
                    await to_session.send(message)
        except ValueError:  # asyncio's word for a line over the limit
            output.problem = Reason("response_too_large", size=LONGEST_LINE)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # the session is gone
        finally:
            output.closed = True
            ended()


def _messages(line: bytes, output: Output) -> list[Any]:
    """Returns the messages of a line. What is none is shown to the operator: many programs greet on this stream."""
    from mcp.shared.message import SessionMessage

    found = messages.read(line) if line.strip() else []
    if not found and line.strip():
        output.add(f"[stdout] {line[:500].decode('utf8', 'replace').rstrip()}\n")
        output.rubbish = True
    return list(map(SessionMessage, found))


async def _listen(stderr: Any, output: Output) -> None:
    while chunk := await stderr.read(_STDERR_CHUNK):
        output.add(chunk.decode("utf8", "replace"))


async def _write(stdin: Any, from_session: Any) -> None:
    async with from_session:
        async for message in from_session:
            text = message.message.model_dump(by_alias=True, mode="json", exclude_unset=True)
            stdin.write(json.dumps(text, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")
            try:
                await stdin.drain()
            except OSError:
                return  # its output ends too, which ends the connection


async def _stop(process: asyncio.subprocess.Process, output: Output) -> None:
    """Closes the program's input, then ends its whole group: children outlive a program that ends by itself."""
    try:
        if output.closed and output.problem is None:
            await _gone(process, 0.5)
            output.exit_code = process.returncode
        if process.stdin is not None:
            process.stdin.close()
        await _gone(process)
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
            except OSError:
                break
            await _gone(process)
        # A busy machine tells late of a program that has ended; until then the process object counts as running.
        await _gone(process, _LAST_PATIENCE_S)
    finally:
        transport = getattr(process, "_transport", None)
        if transport is not None:  # else it warns when it is collected while a descendant holds a pipe
            transport.close()


async def _gone(process: asyncio.subprocess.Process, patience_s: float = _PATIENCE_S) -> None:
    """Waits until the program has ended. Not by `wait`, which waits for the pipes too, and descendants hold them."""
    for _ in range(int(patience_s / 0.02)):
        if process.returncode is not None:
            return
        await asyncio.sleep(0.02)
