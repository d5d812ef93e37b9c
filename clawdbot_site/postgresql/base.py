"""Django's back end for PostgreSQL, whose server lets go of a client that has vanished within a transaction.

A node that loses its network in the middle of a transaction leaves its locks behind. By default the server keeps them
for hours, and all other nodes wait for them.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

# The server's view of a silent client. In milliseconds and seconds; ignored on a Unix socket, all but the first.
SETTINGS = {
    "idle_in_transaction_session_timeout": "20000",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "15000",
}


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper, which sets these times on each new connection."""

    def _configure_connection(self, connection: Any) -> bool:
        commit = bool(super()._configure_connection(connection))  # type: ignore[misc]  # no part of the stubs
        calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in SETTINGS.items())
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {calls}")
        return commit or not connection.autocommit
