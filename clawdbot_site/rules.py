"""What single settings cannot know: which of them go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clawdbot_site.config import Config

_DATABASES = ("postgresql", "postgres", "sqlite")


def broken_rule(config: Config) -> tuple[str, str] | None:
    """The first rule that these settings break, as (dotted key, reason); None when they fit together."""
    for rule in (_database, _broker, _memory, _index, _production):
        if broken := rule(config):
            return broken
    return None


def _database(config: Config) -> tuple[str, str] | None:
    scheme, found, _ = config.database_url.partition("://")
    if config.database_url and (not found or scheme not in _DATABASES):
        return "database_url", f"must begin with one of {', '.join(f'{name}://' for name in _DATABASES)}"
    return None


def _broker(config: Config) -> tuple[str, str] | None:
    if config.redis_url and not config.redis_url.startswith(("redis://", "rediss://", "unix://")):
        return "redis_url", "must begin with redis://, rediss:// or unix://"
    return None


def _memory(config: Config) -> tuple[str, str] | None:
    kind = config.memory.type
    if kind in ("mysql", "mongodb"):
        return "memory.type", f"{kind} is not built yet; use sqlite or postgresql"
    if kind == "postgresql" and not config.database_url.startswith("postgres"):
        return "memory.type", "postgresql needs database_url (environment: DATABASE_URL=postgresql://...)"
    return None


def _index(config: Config) -> tuple[str, str] | None:
    if config.semantic_search.index_type == "pgvector" and config.memory.type != "postgresql":
        return "semantic_search.index_type", "pgvector needs memory.type postgresql"
    return None


def _production(config: Config) -> tuple[str, str] | None:
    if config.web.https and config.debug:
        return "debug", "must be off when web.https is on"
    return None
