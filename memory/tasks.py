"""Celery tasks of the memory app."""

from __future__ import annotations

import logging

from celery import shared_task

from clawdbot import leadership
from clawdbot.leadership import LeadershipLost
from memory.errors import RunInProgress
from memory.indexes import build
from memory.storage import embedding_backfill, orphans, scopes, wakeups, work_leases
from memory.types import Scope

logger = logging.getLogger(__name__)


@shared_task(name="memory.embed_pending", ignore_result=True)
def embed_pending() -> int:
    """Embeds rows without a vector, oldest first, until none is left. Beat runs it too, to catch up after failures."""
    return embedding_backfill.embed_waiting()


@shared_task(name="memory.sweep_orphans", ignore_result=True)
def sweep_orphans() -> int:
    """Removes expired work leases, and memories whose person was deleted just before a crash. Run by beat."""
    with leadership.lead("memory.sweep_orphans") as leads:
        if leads is None:
            return 0
        work_leases.sweep()
        return orphans.sweep()


@shared_task(name="memory.index_scope", ignore_result=True)
def index_scope(bot_id: int, person_id: int) -> bool:
    """Builds the indexes of a large scope."""
    return build.build(Scope(bot_id, person_id))


@shared_task(name="memory.index_sweep", ignore_result=True)
def index_sweep() -> int:
    """Rebuilds indexes with many changes and finishes interrupted builds. Run by beat."""
    with leadership.lead("memory.index_sweep") as leads:
        return build.sweep() if leads is not None else 0


@shared_task(name="memory.optimize", ignore_result=True)
def optimize(bot_id: int | None = None) -> None:
    """Consolidates the memory of one bot, or of all bots one by one. Beat runs it every night."""
    if bot_id is not None:
        _optimize(bot_id)
        return
    with leadership.lead(wakeups.OPTIMIZE) as leads:
        if leads is None:
            return
        for bot in scopes.bot_ids():
            leads.check()
            _optimize(bot)


def _optimize(bot_id: int) -> None:
    from memory.consolidation.optimize import optimize as consolidate  # not on the import path of a turn

    try:
        consolidate(bot_id)
    except (RunInProgress, LeadershipLost) as error:
        logger.info("memory: bot %s is skipped: %s", bot_id, error)
    except Exception:  # the failure of one bot must not stop the others
        logger.exception("memory: consolidation of bot %s failed", bot_id)
