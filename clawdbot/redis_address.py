"""Reads `redis_url`, also one that names the Sentinels of a Redis with replicas, and connects to it.

    redis://[user:password@]host:6379/0             one server; rediss:// with TLS; unix:///path of a socket
    redis+sentinel://[user:password@]h1:26379,h2:26379/0?master=NAME    its Sentinels; rediss+sentinel:// with TLS

Parameters of TLS, as redis-py names them: ssl_ca_certs, ssl_certfile, ssl_keyfile, ssl_cert_reqs, ssl_check_hostname.
`sentinel_username` and `sentinel_password` are those of the Sentinels themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    import redis
    from redis.sentinel import SentinelConnectionPool

ONE_SERVER = ("redis", "rediss", "unix")
SENTINELS = ("redis+sentinel", "rediss+sentinel")
SENTINEL_PORT = 26379
_DEFAULT_MASTER = "mymaster"
_ENCODE = "is no address: write / ? # [ ] % in the password as %2F %3F %23 %5B %5D %25"
_TLS = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname"})


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address.

    Attributes:
        hosts: Host and port; several only of Sentinels; none of a Unix socket.
        master: The name that the Sentinels know the server by; "" without them.
        tls: Whether TLS is used, to Sentinels too.
        credentials: `username` and `password` of the server, where they are given.
        sentinel_credentials: The same of the Sentinels.
        tls_options: What redis-py takes for TLS.
    """

    hosts: tuple[tuple[str, int], ...]
    db: int
    master: str
    tls: bool
    credentials: dict[str, str]
    sentinel_credentials: dict[str, str]
    tls_options: dict[str, Any]


def parse(url: str) -> Address:
    """Returns the parts of an address.

    Raises:
        ValueError: It is none. The text says what to write instead, without the address, which has a password.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in (*ONE_SERVER, *SENTINELS):
        raise ValueError("must begin with redis://, rediss://, unix:// or redis+sentinel://")
    try:
        parts = urlsplit(f"//{rest}")
    except ValueError:
        raise ValueError(_ENCODE) from None
    by_sentinels = scheme in SENTINELS
    query, path = dict(parse_qsl(parts.query)), parts.path.strip("/")
    user, _, places = parts.netloc.rpartition("@")
    return Address(
        hosts=() if scheme == "unix" else tuple(_host(one, by_sentinels) for one in places.split(",")),
        db=_database(query.get("db", "0") if scheme == "unix" else path or query.get("db", "0")),
        master=query.get("master", _DEFAULT_MASTER) if by_sentinels else "",
        tls=scheme.startswith("rediss"),
        credentials=_credentials(*(unquote(part) for part in user.partition(":")[::2])),
        sentinel_credentials=_credentials(query.get("sentinel_username", ""), query.get("sentinel_password", "")),
        tls_options={name: _tls_value(name, value) for name, value in query.items() if name in _TLS},
    )


def _host(text: str, by_sentinels: bool) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(_ENCODE) from None
    if port == 0 or (by_sentinels and not host):
        raise ValueError(_ENCODE)
    return host or "localhost", port or (SENTINEL_PORT if by_sentinels else 6379)


def _database(text: str) -> int:
    if not text.isdecimal():
        # A password with a slash ends the host, so the rest of it looks like a path.
        raise ValueError(f"must end with the number of a database, such as /0; or it {_ENCODE}")
    return int(text)


def _credentials(username: str, password: str) -> dict[str, str]:
    return {name: value for name, value in (("username", username), ("password", password)) if value}


def _tls_value(name: str, value: str) -> Any:
    return value.lower() not in ("0", "false", "no") if name == "ssl_check_hostname" else value


def connect(url: str, **options: Any) -> redis.Redis:
    """Returns a client of the server, or of the one that the Sentinels call the master at each connection.

    options: Those of redis-py's connections, such as time-outs; they hold for the Sentinels too.
    """
    import redis

    if not url.startswith(SENTINELS):
        return redis.Redis.from_url(url, **options)
    return redis.Redis(connection_pool=SentinelPool.from_url(url, **options))


def sentinel_options(address: Address, options: dict[str, Any]) -> dict[str, Any]:
    """Returns what clients of the Sentinels take: the time-outs of `options`, their credentials and TLS."""
    waits = {name: value for name, value in options.items() if name.startswith("socket_")}
    tls = {"ssl": True, **address.tls_options} if address.tls else {}
    return {**waits, **address.sentinel_credentials, **tls}


class SentinelPool:
    """What Django's cache takes as the class of its connection pools."""

    @staticmethod
    def from_url(url: str, **options: Any) -> SentinelConnectionPool:
        """Returns a pool of connections to the present master."""
        from redis.sentinel import Sentinel, SentinelConnectionPool

        address = parse(url)
        tls = {"ssl": True, **address.tls_options} if address.tls else {}
        known = sentinel_options(address, options)
        manager = Sentinel(list(address.hosts), sentinel_kwargs=known)  # type: ignore[no-untyped-call]
        own: dict[str, Any] = {"db": address.db, **address.credentials, **tls, **options}
        return SentinelConnectionPool(address.master, manager, **own)  # type: ignore[no-untyped-call]
