"""Background work of the memory app."""

from __future__ import annotations

from celery import shared_task

from memory import pending


@shared_task(name="memory.embed_pending", ignore_result=True)
def embed_pending() -> int:
    """Makes the missing vectors, oldest first, until none is left. Also run by beat, to catch up after a failure."""
    return pending.embed_waiting()
