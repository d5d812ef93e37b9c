"""Wake-ups for the workers: the queue rows are the truth, a task only says "look now".

Tasks are named, not imported, because the queues lie below `bots.tasks`; a test asserts that every name is registered.
"""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction

from bots.pipeline.queue import loopback

logger = logging.getLogger(__name__)

PROCESS = "bots.process_message"
DELIVER = "bots.deliver"
TASK_NAMES = (PROCESS, DELIVER)


def queue_for(platform: str) -> str:
    """Web-chat turns stream to sockets; with the in-memory channel layer only the web process reaches those."""
    return "live" if platform == "web" and not settings.CLAWDBOT.redis_url else "bots"


def after_commit(task: str, row_id: int, platform: str) -> None:
    """Enqueues `task(row_id)` once the surrounding transaction is committed; at once when there is none."""
    transaction.on_commit(lambda: send(task, row_id, platform))


def send(task: str, row_id: int, platform: str, *, in_s: float = 0.0) -> None:
    """Enqueues now, or for `in_s` seconds from now. A broker that is down costs time: the sweep finds the row."""
    queue = queue_for(platform)
    if not settings.CLAWDBOT.redis_url:
        loopback.send(queue, task, row_id, in_s)
        return
    try:
        current_app.send_task(task, (row_id,), queue=queue, countdown=in_s or None, ignore_result=True, retry=False)
    except Exception as error:  # any transport may raise its own kinds
        logger.warning("wake-up not sent, the sweep will find the row: %s", type(error).__name__)
