"""Checks which parts of the product are ready to work."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from bots.llm import candidates, embedded_discovery, embedded_state, model_choice
from bots.models import ModelProvider, WaitingMemory
from bots.monitoring import backups, signs
from memory import database
from memory.embedders import choice
from memory.storage import embedding_backfill
from memory.storage.port import store

logger = logging.getLogger(__name__)
# The model server has begun to load by then, or does not run.
STARTING_S = 30.0
_began = time.monotonic()


@dataclass(frozen=True, slots=True)
class Part:
    """Readiness of one part of the product.

    Attributes:
        ready: Whether the part works.
        note: One line that holds no secret.
        blocks: Whether this instance can take no message without the part.
    """

    ready: bool
    note: str = ""
    blocks: bool = False


def status(parts: Mapping[str, Part]) -> str:
    """Returns "ready", "degraded" (messages are taken, something else is down) or "not ready"."""
    down = [part for part in parts.values() if not part.ready]
    if any(part.blocks for part in down):
        return "not ready"
    return "degraded" if down else "ready"


def check() -> dict[str, Part]:
    """Returns every part by name. Never raises.

    The parts: database, disk, broker, memory (its database), queue (worker processes), beat, chats (none is stuck),
    model, backup (the daily one), index.
    """
    found = {"database": _guarded("database", _database, blocks=True), "disk": _guarded("disk", _disk)}
    found["broker"] = _guarded("broker", _broker)
    rest = ("memory", "queue", "beat", "chats", "model", "backup", "index")
    if not found["database"].ready:
        return found | dict.fromkeys(rest, Part(False, "needs the database"))
    found |= {
        "memory": _guarded("memory", _memory),
        "queue": _guarded("queue", _queue),
        "beat": _guarded("beat", _beat),
        "chats": _guarded("chats", _chats),
        "model": _guarded("model", _model),
        "backup": _guarded("backup", _backup),
    }
    if not found["memory"].ready:
        return found | {"index": Part(False, "needs the memory database")}
    return found | {"index": _guarded("index", _index)}


def _guarded(name: str, look: Callable[[], Part], *, blocks: bool = False) -> Part:
    try:
        return look()
    except Exception as error:  # any failure means "not ready", never a traceback
        logger.warning("readiness: %s failed: %s", name, type(error).__name__)
        return Part(False, type(error).__name__, blocks)


def _database() -> Part:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Part(True, connection.vendor)


def _memory() -> Part:
    if not database.separate():
        return Part(True, "same as the main database")
    try:
        store().reach()
        with database.connection().cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        database.close_if_broken()
        raise
    waiting = WaitingMemory.objects.count()
    return Part(True, f"{database.vendor()}; {waiting} turns wait to be written" if waiting else database.vendor())


def _disk() -> Part:
    space = signs.disk()
    return Part(not space.low, f"{space.free // 2**20} MiB free", blocks=space.full)


def _broker() -> Part:
    failure = signs.broker_failure()
    if failure:
        return Part(False, f"Redis does not answer: {failure}")
    return Part(True, "Redis answers" if settings.CLAWDBOT.redis_url else "none is configured")


def _beat() -> Part:
    age = signs.beat_age()
    if age is None:
        return Part(False, "has not run yet")
    return Part(age < signs.BEAT_LATE, f"ran {max(0, round(age.total_seconds()))} s ago")


def _chats() -> Part:
    count, longest = signs.stuck()
    seconds = round(longest.total_seconds())
    return Part(not count, f"{count} wait without reason, the longest for {seconds} s" if count else "none is stuck")


def _queue() -> Part:
    count = signs.fresh_workers()
    return Part(count > 0, f"{count} workers" if count else "no worker with a fresh heartbeat")


def _model() -> Part:
    providers = candidates.configured()
    if providers:
        failing = [row.name for row in ModelProvider.objects.chat().filter(enabled=True) if row.failing]
        note = f"{len(providers)} providers" + (f"; failing: {', '.join(sorted(failing))}" if failing else "")
        return Part(len(failing) < len(providers), "; ".join(filter(None, (note, _model_server()))))
    if embedded_discovery.target() is not None:
        return Part(True, "embedded model")
    # Without a model the bot answers all the same, so nothing waits for one that loads.
    return Part(True, f"{_model_server() or 'no model is connected'}; the built-in responder answers")


def _model_server() -> str:
    """Returns what the model server does while it does not answer; "" when it answers, or has nothing to serve."""
    config = settings.CLAWDBOT.model_server
    file = model_choice.wanted()
    if not config.enable or not (file or config.words_answers) or embedded_discovery.find() is not None:
        return ""
    state = embedded_state.read()
    # A name alone: who may read this page need not know the folders of this machine.
    name = Path(state.model if state else file).name or "the demonstration model"
    if state is None:
        starts = time.monotonic() - _began < STARTING_S
        return f"the model server is {'starting' if starts else 'not running'}"
    return f"{name} did not start" if state.failure else f"{name} has been loading for {state.seconds} s"


def _backup() -> Part:
    if not settings.CLAWDBOT.backup.at:
        return Part(True, "none is scheduled")
    found = backups.look()
    if found.age is None:
        return Part(not found.late, "there is none yet")
    hours = round(found.age.total_seconds() / 3600)
    return Part(not found.late, f"the latest is {hours} hours old" + ("; the last try failed" if found.failed else ""))


def _index() -> Part:
    # A person's index is built from the rows at its first use. Only vectors can be missing, and recall by words works
    # without them.
    if not settings.CLAWDBOT.semantic_search.enable:
        return Part(True, "by words only")
    waiting = embedding_backfill.waiting().count()
    if choice.trouble():
        return Part(True, f"degraded to recall by words: the embedder fails; {waiting} memories wait for their vector")
    return Part(True, f"{waiting} memories wait for their vector" if waiting else "complete")
