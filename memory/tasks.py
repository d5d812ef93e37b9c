"""Celery tasks of the memory app."""

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
    """Embeds rows without a vector, oldest first, until none is left. Beat runs it too, to catch up after failures."""
    return embedding_backfill.embed_waiting()


@shared_task(name="memory.sweep_orphans", ignore_result=True)
def sweep_orphans() -> int:
    """Removes expired work leases, and memories whose person was deleted just before a crash. Run by beat."""
    work_leases.sweep()
    return orphans.sweep()


@shared_task(name="memory.index_scope", ignore_result=True)
def index_scope(bot_id: int, person_id: int) -> bool:
    """Builds the indexes of a large scope."""
    return build.build(Scope(bot_id, person_id))


@shared_task(name="memory.index_sweep", ignore_result=True)
def index_sweep() -> int:
    """Rebuilds indexes with many changes and finishes interrupted builds. Run by beat."""
    return build.sweep()


@shared_task(name="memory.optimize", ignore_result=True)
def optimize(bot_id: int | None = None) -> None:
    """Consolidates the memory of one bot, or of all bots one by one. Beat runs it every night."""
    from memory.consolidation.optimize import optimize as consolidate  # not on the import path of a turn

    for bot in [bot_id] if bot_id is not None else scopes.bot_ids():
        try:
            consolidate(bot)
        except RunInProgress as error:
            logger.info("memory: bot %s is skipped: %s", bot, error)
        except Exception:  # the failure of one bot must not stop the others
            logger.exception("memory: consolidation of bot %s failed", bot)
