"""Settings of database, cache, channel layer and task queue: embedded, or PostgreSQL and Redis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url

# Read and write caches are per connection; 8 MiB holds the hot pages of the queues and of one person's memory.
_SQLITE_START = (
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-8192;"
    "PRAGMA temp_store=MEMORY;PRAGMA mmap_size=268435456;"
    # A message changes some 60 pages, most of them the same ones: copying them back every 1000 pages (the default) did
    # that work every dozen messages.
    "PRAGMA wal_autocheckpoint=10000;"
)


def database(url: str, home: Path) -> dict[str, Any]:
    """DATABASES["default"]."""
    if url.startswith("postgres"):
        return _postgresql(url)
    path = home / "clawdbot.sqlite3" if not url else Path(str(dj_database_url.parse(url)["NAME"]))
    return {
        "ENGINE": "clawdbot_site.sqlite",
        "NAME": path,
        # IMMEDIATE takes the write lock at BEGIN, so a transaction waits its turn instead of failing half way;
        # WAL lets readers go on meanwhile; FULL makes a commit survive a power cut.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": _SQLITE_START},
        "TEST": {"NAME": home / "test.sqlite3"},
    }


def _postgresql(url: str) -> dict[str, Any]:
    found: dict[str, Any] = dict(dj_database_url.parse(url))
    options = dict(found.get("OPTIONS") or {})
    # Web requests run on short-lived threads under ASGI, so connections are pooled per process.
    options.setdefault("pool", {"min_size": 1, "max_size": 16, "timeout": 20})
    # The pool checks a connection before it hands it out: a restarted database costs no message.
    return {**found, "OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}


def cache(redis_url: str) -> dict[str, Any]:
    """CACHES["default"]."""
    if redis_url:
        backend = "django.core.cache.backends.redis.RedisCache"
        return {"BACKEND": backend, "LOCATION": redis_url, "KEY_PREFIX": "clawdbot"}
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}


def channel_layer(redis_url: str) -> dict[str, Any]:
    """CHANNEL_LAYERS["default"]."""
    if redis_url:
        return {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [redis_url]}}
    return {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 5000}}


def queue(redis_url: str) -> tuple[str, dict[str, Any]]:
    """Celery's broker address and its transport options.

    Without Redis each process has a broker in memory for its own worker; `bots.bus` carries wake-ups between processes.
    """
    if redis_url:
        return redis_url, {"global_keyprefix": "clawdbot:", "visibility_timeout": 3600}
    # Only chores (embedding, the sweep) come this way, so a fifth of a second is soon enough; at the 10 ms that turns
    # would need, the polling alone took a third of a busy process's interpreter time.
    return "memory://", {"polling_interval": 0.2}
