"""Runs the programs of the databases: pg_dump, pg_restore, psql, mariadb-dump, mariadb.

A password is passed in the environment or in a file of mode 600, never on the command line, which every user of the
machine can read.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from bots.maintenance.backup.errors import BackupError
from clawdbot.reasons import Reason
from clawdbot.redaction import redact

# What pg_dump says of a server that is newer than itself.
_VERSIONS = re.compile(r"server version: ([\d.]+).*?; pg_\w+ version: ([\d.]+)")
DEADLINE_S = 6 * 3600.0
_LIBPQ = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "channel_binding": "PGCHANNELBINDING",
}


def find(*names: str) -> str:
    """Returns the path of the first of these programs that is installed.

    Raises:
        BackupError: None is.
    """
    folder = settings.CLAWDBOT.backup.programs
    for name in names:
        found = shutil.which(name, path=folder or None)
        if found is not None:
            return found
    raise BackupError(Reason("backup_program_missing", program=names[0]))


def postgresql(database: Mapping[str, Any], name: str = "") -> dict[str, str]:
    """Returns the environment of libpq for a database of DATABASES; `name` replaces the name of the database."""
    values = {
        "PGHOST": database.get("HOST"),
        "PGPORT": database.get("PORT"),
        "PGUSER": database.get("USER"),
        "PGPASSWORD": database.get("PASSWORD"),
        "PGDATABASE": name or database.get("NAME"),
        "PGCONNECT_TIMEOUT": "10",
    }
    options = database.get("OPTIONS") or {}
    values |= {variable: options.get(key) for key, variable in _LIBPQ.items()}
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PG") or key == "PGPASSFILE"}
    return inherited | {key: str(value) for key, value in values.items() if value}


@contextlib.contextmanager
def mysql(database: Mapping[str, Any]) -> Iterator[str]:
    """Yields the option that names a file of mode 600 with the connection of a database of DATABASES."""
    options = database.get("OPTIONS") or {}
    host = str(database.get("HOST") or "")
    values = {
        "user": database.get("USER"),
        "password": database.get("PASSWORD"),
        "port": database.get("PORT"),
        "socket" if host.startswith("/") else "host": options.get("unix_socket") or host,
        "default-character-set": "utf8mb4",
    }
    lines = [f'{key} = "{_quoted(str(value))}"' for key, value in values.items() if value]
    with tempfile.TemporaryDirectory(prefix="clawdbot-") as folder:
        path = Path(folder) / "client.cnf"
        path.touch(mode=0o600)
        path.write_text("[client]\n" + "\n".join(lines) + "\n", "utf8")
        yield f"--defaults-file={path}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    feed: Callable[[IO[bytes]], object] | None = None,
    read: Callable[[IO[bytes]], object] | None = None,
    deadline_s: float = DEADLINE_S,
) -> None:
    """Runs a program to its end.

    Args:
        arguments: The program and its arguments.
        environment: Its whole environment; None for that of this process.
        feed: Writes its standard input.
        read: Reads its standard output, which is dropped without.
        deadline_s: It is ended after so many seconds.

    Raises:
        BackupError: It failed; the reason has the first line that it wrote about it.
    """
    program = Path(arguments[0]).name
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            arguments,
            env=None if environment is None else dict(environment),
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.PIPE if read else subprocess.DEVNULL,
            stderr=errors,
        )
        timer = threading.Timer(deadline_s, process.kill)
        timer.start()
        try:
            _talk(process, feed, read)
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            timer.cancel()
        if code:
            errors.seek(0)
            raise BackupError(_failure(program, code, errors.read(8000).decode("utf8", "replace")))


def _talk(
    process: subprocess.Popen[bytes],
    feed: Callable[[IO[bytes]], object] | None,
    read: Callable[[IO[bytes]], object] | None,
) -> None:
    if read is not None and process.stdout is not None:
        with process.stdout:
            read(process.stdout)
    if feed is not None and process.stdin is not None:
        # A program that has failed reads no more; its own words say why.
        with contextlib.suppress(BrokenPipeError), process.stdin:
            feed(process.stdin)


def _failure(program: str, code: int, text: str) -> Reason:
    if found := _VERSIONS.search(text):
        return Reason("backup_program_old", program=program, server=found[1], client=found[2])
    return Reason("backup_program_failed", program=program, told=_first(text.strip().splitlines()) or f"status {code}")


def _first(lines: Sequence[str]) -> str:
    """Returns the line that names the cause: an error before a note."""
    errors = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return redact((errors or list(lines) or [""])[0].strip())[:300]
