"""Background work of the memory app."""

from __future__ import annotations

from celery import shared_task

from memory import orphans, pending
from memory.indexes import build
from memory.types import Scope


@shared_task(name="memory.embed_pending", ignore_result=True)
def embed_pending() -> int:
    """Makes the missing vectors, oldest first, until none is left. Also run by beat, to catch up after a failure."""
    return pending.embed_waiting()


@shared_task(name="memory.sweep_orphans", ignore_result=True)
def sweep_orphans() -> int:
    """Removes memories whose person is gone: a crash came between the two. Run by beat."""
    return orphans.sweep()


@shared_task(name="memory.index_scope", ignore_result=True)
def index_scope(bot_id: int, person_id: int) -> bool:
    """Builds the indexes of a scope that has grown large."""
    return build.build(Scope(bot_id, person_id))


@shared_task(name="memory.index_sweep", ignore_result=True)
def index_sweep() -> int:
    """Renews the indexes that much has changed for, and finishes builds that were cut off. Run by beat."""
    return build.sweep()
