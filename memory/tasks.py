"""Background work of the memory app."""

from __future__ import annotations

from celery import shared_task

from memory import orphans, pending


@shared_task(name="memory.embed_pending", ignore_result=True)
def embed_pending() -> int:
    """Makes the missing vectors, oldest first, until none is left. Also run by beat, to catch up after a failure."""
    return pending.embed_waiting()


@shared_task(name="memory.sweep_orphans", ignore_result=True)
def sweep_orphans() -> int:
    """Removes memories whose person is gone: a crash came between the two. Run by beat."""
    return orphans.sweep()
