"""Background work of the memory app."""

from __future__ import annotations

import logging

from celery import shared_task

from memory.errors import RunInProgress
from memory.indexes import build
from memory.storage import embedding_backfill, orphans, scopes, work_leases
from memory.types import Scope

logger = logging.getLogger(__name__)


@shared_task(name="memory.embed_pending", ignore_result=True)
def embed_pending() -> int:
    """Makes the missing vectors, oldest first, until none is left. Also run by beat, to catch up after a failure."""
    return embedding_backfill.embed_waiting()


@shared_task(name="memory.sweep_orphans", ignore_result=True)
def sweep_orphans() -> int:
    """Removes memories whose person is gone: a crash came between the two. Run by beat."""
    work_leases.sweep()
    return orphans.sweep()


@shared_task(name="memory.index_scope", ignore_result=True)
def index_scope(bot_id: int, person_id: int) -> bool:
    """Builds the indexes of a scope that has grown large."""
    return build.build(Scope(bot_id, person_id))


@shared_task(name="memory.index_sweep", ignore_result=True)
def index_sweep() -> int:
    """Renews the indexes that much has changed for, and finishes builds that were cut off. Run by beat."""
    return build.sweep()


@shared_task(name="memory.optimize", ignore_result=True)
def optimize(bot_id: int | None = None) -> None:
    """Consolidates the memory of one bot, or of all, one after the other. Run by beat at night."""
    from memory.consolidation.optimize import optimize as consolidate  # not on the import path of a turn

    for bot in [bot_id] if bot_id is not None else scopes.bot_ids():
        try:
            consolidate(bot)
        except RunInProgress as error:
            logger.info("memory: bot %s is left alone: %s", bot, error)
        except Exception:  # one bot's trouble must not keep the others from their night
            logger.exception("memory: consolidation of bot %s failed", bot)
