"""What a connection needs to know of a server: a value that the thread of connections reads without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clawdbot.redaction import MASK, redact_value, register_secret
from skills.mcp.models import McpServer


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is and how long it may take. Two equal endpoints share a connection.

    Attributes:
        secrets: Environment of a program, headers of an address.
        public_only: No connection to addresses of a private network.
        start_s: Time limit of start, handshake and list together, in seconds.
    """

    server_id: int
    name: str
    command: str
    arguments: tuple[str, ...]
    url: str
    secrets: Mapping[str, str] = field(repr=False)
    public_only: bool
    start_s: float
    call_s: float


def of(server: McpServer) -> Endpoint:
    """Returns the endpoint of a row.

    Raises:
        clawdbot.crypto.CryptoError: Its secrets cannot be decrypted.
    """
    secrets = server.secrets
    _protect(secrets)
    stdio = server.transport == McpServer.Transport.STDIO
    return Endpoint(
        server_id=server.pk,
        name=server.name,
        command=server.command if stdio else "",
        arguments=tuple(map(str, server.arguments or ())) if stdio else (),
        url="" if stdio else server.url,
        secrets=secrets,
        public_only=server.public_only,
        start_s=server.start_limit_s,
        call_s=server.call_limit_s,
    )


def _protect(secrets: Mapping[str, str]) -> None:
    """Has the values masked in logs and results whose names say that they are secret, and no ordinary word."""
    for name, value in secrets.items():
        if redact_value({name: value})[name] == MASK:
            register_secret(value)
            register_secret(value.rpartition(" ")[2])  # without "Bearer"
