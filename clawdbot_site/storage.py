"""Derives Django's settings of databases, files, cache, channel layer and task queue."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import dj_database_url

from clawdbot import __version__, redis_address
from clawdbot.redis_address import Address
from clawdbot_site.config import Config, UploadSettings

_KINDS = {
    "sqlite": "sqlite",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mongodb": "mongodb",
    "mongodb+srv": "mongodb",
}

# The cache is per connection; 8 MiB holds the hot pages of the queues and of one person's memory. Other pages are read
# from the system's page cache through a memory map (2 GB, SQLite's maximum), which takes address space, not memory: a
# recall among a million rows spends a third less time on reading.
_SQLITE_START = (
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-8192;"
    "PRAGMA temp_store=MEMORY;PRAGMA mmap_size=2147418112;"
    # Overwrites deleted data in the file; only some builds of SQLite do so by default.
    "PRAGMA secure_delete=ON;"
    # A message changes about 60 pages, mostly the same ones. At the default of 1000 pages a checkpoint would copy them
    # every dozen messages; at 10000 the log alone would fill a disk of 40 MB.
    "PRAGMA wal_autocheckpoint=2000;"
    # A log that a long read has made grow is cut to this size when it starts anew.
    "PRAGMA journal_size_limit=8388608;"
)


_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::(\d{1,5}))?")

# Parameters of libpq, in seconds; tcp_user_timeout in milliseconds. A Unix socket ignores all but the first.
_LIVENESS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}

# A Redis that accepts connections and does not answer must not hold webhooks, sends or sockets.
_REDIS_WAITS: dict[str, Any] = {
    "socket_connect_timeout": 3,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
}


def _waits(redis_url: str) -> dict[str, Any]:
    """Returns the time-outs of redis-py. A Unix socket takes none of the options of TCP."""
    local = redis_url.startswith("unix://")
    return {name: value for name, value in _REDIS_WAITS.items() if not (local and name == "socket_keepalive")}


def kind_of(url: str) -> str:
    """Returns the `memory.type` of a database address; "" for an unknown scheme. No address means SQLite under home."""
    return _KINDS.get(url.partition("://")[0], "") if url else "sqlite"


def implied_memory_type(config: Config) -> str:
    """Returns the `memory.type` that a database address implies while the type has its default; else ""."""
    memory = config.memory
    if memory.database_url:
        return kind_of(memory.database_url) if "type" not in memory.model_fields_set else ""
    # DATABASE_URL applies to everything, memories included.
    return "postgresql" if kind_of(config.database_url) == "postgresql" and memory.type == "sqlite" else ""


def databases(config: Config) -> dict[str, dict[str, Any]]:
    """Returns DATABASES: `default`, and `memory` if the memories have their own address."""
    found = {"default": database(config.database_url, config.home)}
    if config.memory.database_url and not mongodb(config):
        found["memory"] = memory_database(config.memory.database_url, config.home)
    return found


def mongodb(config: Config) -> str:
    """Returns the address of the MongoDB that holds the rows of memory; "" when a database of Django holds them."""
    return config.memory.database_url if kind_of(config.memory.database_url) == "mongodb" else ""


def database(url: str, home: Path) -> dict[str, Any]:
    """Returns DATABASES["default"]."""
    if url.startswith("postgres"):
        return _postgresql(url)
    return _sqlite(home / "clawdbot.sqlite3" if not url else _path(url), home / "test.sqlite3")


def memory_database(url: str, home: Path) -> dict[str, Any]:
    """Returns DATABASES["memory"]. `sqlite://` without a path means a file under home."""
    kind = kind_of(url)
    if kind == "postgresql":
        return _postgresql(url)
    if kind == "mysql":
        return _mysql(url)
    path = url.partition("://")[2].strip("/")
    return _sqlite(_path(url) if path else home / "memory.sqlite3", home / "test-memory.sqlite3")


def _path(url: str) -> Path:
    return Path(str(dj_database_url.parse(url)["NAME"]))


def _sqlite(path: Path, test: Path) -> dict[str, Any]:
    return {
        "ENGINE": "clawdbot_site.sqlite",
        "NAME": path,
        # IMMEDIATE takes the write lock at BEGIN, so a transaction waits at its start instead of failing half way.
        # WAL lets readers continue meanwhile. FULL makes a commit survive a power cut.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": _SQLITE_START},
        "TEST": {"NAME": test},
    }


def _mysql(url: str) -> dict[str, Any]:
    rest = url.partition("://")[2]
    # as on PostgreSQL, the percent-encoded path of a Unix socket can replace the host
    found: dict[str, Any] = dict(dj_database_url.parse(f"mysql://{rest}", engine="clawdbot_site.mysql"))
    # There is no pool: a thread keeps its connection for a minute and checks it before each reuse.
    return {**found, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def _postgresql(url: str) -> dict[str, Any]:
    first, hosts = _hosts(url)
    found: dict[str, Any] = {**dj_database_url.parse(first), **hosts}
    options = dict(found.get("OPTIONS") or {})
    if str(options.pop("pgbouncer", "")).lower() in ("true", "1"):
        # In transaction mode the next statement may run on another connection of the server, which has no such cursor.
        found["DISABLE_SERVER_SIDE_CURSORS"] = True
    # Web requests run on short-lived threads under ASGI, so connections are pooled per process.
    options.setdefault("pool", {"min_size": 1, "max_size": 16, "timeout": 20, **_reconnect()})
    # `manage.py upgrade` sees by it which versions hold the database.
    options.setdefault("application_name", f"clawdbot {__version__}")
    # A database that vanishes without a word is noticed in 15 seconds; the defaults wait for hours.
    for name, value in _LIVENESS.items():
        options.setdefault(name, value)
    # The pool checks each connection before its use, so a database restart loses no message.
    engine = "clawdbot_site.postgresql"
    return {**found, "ENGINE": engine, "OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}


def _hosts(url: str) -> tuple[str, dict[str, str]]:
    """Returns the address with its first host alone, and HOST and PORT of all of them as libpq takes them.

    libpq tries them one after the other, so that a standby that was promoted is found without a restart.
    """
    login = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    places = login.rpartition("@")[2]
    if "," not in places:
        return url, {}
    matches = [_HOST.fullmatch(place) for place in places.split(",")]
    if not all(matches):
        raise ValueError("a host or a port is none")
    hosts = [unquote(match[1].strip("[]")) for match in matches if match]
    ports = [match[2] or "5432" for match in matches if match]
    first = url.replace(places, places.partition(",")[0], 1)
    return first, {"HOST": ",".join(hosts), "PORT": ",".join(ports)}


def _reconnect() -> dict[str, Any]:
    """Returns the pool's options for a database that is away: an attempt every one or two seconds while threads wait.

    By default the pool doubles its pause, and after giving up it tries again only for the next request. Threads that
    wait already would wait in vain.
    """

    def again(pool: Any) -> None:
        if not pool.get_stats().get("requests_waiting"):
            return
        from psycopg_pool import PoolTimeout

        with contextlib.suppress(PoolTimeout):  # a request makes the pool try; the threads that wait come first
            pool.putconn(pool.getconn(timeout=0.001))

    return {"reconnect_timeout": 3, "reconnect_failed": again}


def files(config: UploadSettings, home: Path) -> dict[str, Any]:
    """Returns STORAGES["uploads"]. The files have no public address; operators read them through the admin."""
    if not config.bucket:
        options: dict[str, Any] = {"location": home / "uploads", "file_permissions_mode": 0o600}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    from botocore.config import Config as S3Config  # slow to import, and few installations use a bucket

    options = {
        "bucket_name": config.bucket,
        "endpoint_url": config.endpoint or None,
        "region_name": config.region or None,
        "access_key": config.access_key.get_secret_value() or None,
        "secret_key": config.secret_key.get_secret_value() or None,
        "default_acl": None,
        "querystring_auth": True,
        "file_overwrite": True,
        # Storages other than Amazon's need the bucket in the path and do not support Amazon's checksums.
        "client_config": S3Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def cache(redis_url: str) -> dict[str, Any]:
    """Returns CACHES["default"]."""
    if redis_url:
        options = _waits(redis_url)
        if redis_address.parse(redis_url).master:
            options["pool_class"] = "clawdbot.redis_address.SentinelPool"
        # A list, because Django splits a string at commas and semicolons.
        backend = "django.core.cache.backends.redis.RedisCache"
        return {"BACKEND": backend, "LOCATION": [redis_url], "KEY_PREFIX": "clawdbot", "OPTIONS": options}
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}


def channel_layer(redis_url: str) -> dict[str, Any]:
    """Returns CHANNEL_LAYERS["default"]."""
    if redis_url:
        return {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [_layer(redis_url)]}}
    return {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 5000}}


def _layer(redis_url: str) -> dict[str, Any]:
    address = redis_address.parse(redis_url)
    if not address.master:
        return {"address": redis_url, **_waits(redis_url)}
    return {
        "sentinels": list(address.hosts),
        "master_name": address.master,
        "sentinel_kwargs": redis_address.sentinel_options(address, _REDIS_WAITS),
        "db": address.db,
        **address.credentials,
        **({"ssl": True, **address.tls_options} if address.tls else {}),
        **_REDIS_WAITS,
    }


def queue(redis_url: str) -> tuple[str, dict[str, Any], dict[str, Any] | None]:
    """Returns Celery's broker address, its transport options, and its TLS options; None without TLS.

    Without Redis each process has an in-memory broker for its own worker. `bots.pipeline.queue.loopback` carries
    wake-ups between processes.
    """
    if redis_url:
        address = redis_address.parse(redis_url)
        options = {"global_keyprefix": "clawdbot:", "visibility_timeout": 3600, **_REDIS_WAITS}
        tls = {"ssl_cert_reqs": "required", **address.tls_options} if address.tls else None
        if not address.master:
            return _broker(redis_url), options, tls
        known = redis_address.sentinel_options(address, _REDIS_WAITS)
        return _sentinels(address), {**options, "master_name": address.master, "sentinel_kwargs": known}, tls
    # Only background tasks (embedding, sweeps) use this broker, so a fifth of a second is fast enough. At the 10 ms
    # that turns would need, polling alone took a third of a busy process's interpreter time.
    return "memory://", {"polling_interval": 0.2}, None


def _broker(redis_url: str) -> str:
    """Returns Celery's address of one server, which names the socket and the database of `unix://` differently."""
    if not redis_url.startswith("unix://"):
        return redis_url.partition("?")[0]
    found = urlsplit(redis_url)
    user, _, _host = found.netloc.rpartition("@")
    return f"redis+socket://{user}{'@' if user else ''}{found.path}?virtual_host={redis_address.parse(redis_url).db}"


def _sentinels(address: Address) -> str:
    """Returns Celery's address of Sentinels: one URL for each, with the credentials of the server."""
    user = ":".join(quote(address.credentials.get(name, ""), safe="") for name in ("username", "password"))
    at = f"{user}@" if address.credentials else ""
    return ";".join(f"sentinel://{at}{host}:{port}/{address.db}" for host, port in address.hosts)
