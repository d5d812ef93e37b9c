"""Starts the child processes of `manage.py serve`, restarts dead ones with back-off and stops all at the end."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from clawdbot.backoff import Backoff

logger = logging.getLogger(__name__)

PARENT_VARIABLE = "SERVE_PARENT_PID"  # without the settings' prefix, under which an unknown name is a start-up error
STOP_WAIT_S = 10.0
BACKOFF = Backoff(first_s=1.0, longest_s=30.0, jitter=0.0)
EXIT_UNAVAILABLE = 1  # an optional child with this exit code is not restarted
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """One `manage.py` command to keep running. An `optional` one may end with `EXIT_UNAVAILABLE`.

    Attributes:
        wanted: Returns the command that is wanted now, which replaces a running one; None for no command.
        kill_at: When a process that was told to end is killed; 0.0 while none was.
    """

    name: str
    arguments: tuple[str, ...]
    optional: bool = False
    wanted: Callable[[], tuple[str, ...] | None] | None = None
    kill_at: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    restart_at: float = 0.0
    gone: bool = False


@dataclass(slots=True)
class Children:
    """The child processes of this process. A thread watches them.

    Attributes:
        command: Starts a process of the product; the arguments of a child follow.
    """

    command: Sequence[str]
    _children: list[Child] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def add(self, name: str, *arguments: str, optional: bool = False) -> None:
        child = Child(name, arguments, optional)
        self._start(child)
        self._children.append(child)

    def follow(self, name: str, wanted: Callable[[], tuple[str, ...] | None]) -> None:
        """Keeps the optional command running that `wanted` returns; it is asked twice a second."""
        child = Child(name, wanted() or (), optional=True, wanted=wanted)
        child.gone = not child.arguments
        if child.arguments:
            self._start(child)
        self._children.append(child)

    def watch(self) -> None:
        """Starts the thread that restarts dead children."""
        threading.Thread(target=self._watch, name="children", daemon=True).start()

    def stop(self) -> None:
        """Terminates all children and kills those that do not end within `STOP_WAIT_S`."""
        self._stopping.set()
        running = [child.process for child in self._children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_WAIT_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()

    def _start(self, child: Child) -> None:
        environment = os.environ | {PARENT_VARIABLE: str(os.getpid())}
        child.kill_at = 0.0
        child.process = subprocess.Popen([*self.command, *child.arguments], env=environment)
        logger.info("started %s (process %s)", child.name, child.process.pid)

    def _watch(self) -> None:
        while not self._stopping.wait(0.5):
            for child in self._children:
                self._look_after(child)

    def _look_after(self, child: Child) -> None:
        if child.wanted is not None:
            self._replace(child, child.wanted() or ())
        if child.gone or child.process is None or (code := child.process.poll()) is None:
            return
        now = time.monotonic()
        if not child.restart_at:
            if child.optional and code == EXIT_UNAVAILABLE:
                child.gone = True
                return
            child.failures += 1
            pause = BACKOFF.delay_s(child.failures)
            child.restart_at = now + pause
            logger.error("%s ended with code %s; starting again in %.1f s", child.name, code, pause)
        elif now >= child.restart_at:
            child.restart_at = 0.0
            self._start(child)

    def _replace(self, child: Child, wanted: tuple[str, ...]) -> None:
        """Ends the process when another command is wanted, and lets that one start."""
        process, now = child.process, time.monotonic()
        runs = process is not None and process.poll() is None
        if process is not None and runs and child.kill_at and now > child.kill_at:
            process.kill()
        if wanted == child.arguments:
            return
        logger.info("%s: %s", child.name, "another command is wanted" if wanted else "is no longer wanted")
        child.arguments, child.gone, child.failures, child.kill_at = wanted, not wanted, 0, 0.0
        if process is None:
            if wanted:
                self._start(child)
            return
        if runs:
            process.terminate()
            child.kill_at = now + STOP_WAIT_S
        child.restart_at = now  # it starts as soon as the old process has ended


def end_with_parent() -> None:
    """Makes this child process end when its parent ends for any reason, SIGKILL included."""
    parent = int(os.environ.get(PARENT_VARIABLE) or 0)
    if not parent:
        return
    with contextlib.suppress(OSError, AttributeError):  # Linux only; elsewhere the thread below does it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(3)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
