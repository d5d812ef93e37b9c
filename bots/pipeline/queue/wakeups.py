"""Wakes the workers. A wake-up only says "look now": the row holds the state, so a lost wake-up costs only time.

Tasks are sent by name, because this package lies below `bots.tasks`. A test asserts that every name is registered.
"""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction

from bots.pipeline.queue import chats, loopback
from clawdbot.circuit_breaker import CircuitBreaker

logger = logging.getLogger(__name__)

PROCESS = "bots.process_message"
DELIVER = "bots.deliver"
REMIND = "bots.remind"
BROADCAST = "bots.broadcast"
REPLAY = "bots.replay"
TASK_NAMES = (PROCESS, DELIVER, REMIND, BROADCAST, REPLAY)
# A broker that does not answer costs a time-out per attempt: for a moment after a failure none is made.
_BROKER = "broker"
_broker: CircuitBreaker[str] = CircuitBreaker(pause_s=1.0, longest_pause_s=5.0)


def queue_for(platform: str) -> str:
    """Returns the Celery queue of a platform.

    Web-chat turns stream to sockets, which only the web process reaches with the in-memory channel layer.
    """
    return "live" if platform == "web" and not settings.CLAWDBOT.redis_url else "bots"


def after_commit(task: str, row_id: int, platform: str, *, in_s: float = 0.0, queue_key: str = "") -> None:
    """Sends the wake-up after the surrounding transaction commits, due in `in_s` seconds from then."""
    transaction.on_commit(lambda: send(task, row_id, platform, in_s=in_s, queue_key=queue_key))


def send(task: str, row_id: int, platform: str, *, in_s: float = 0.0, queue_key: str = "") -> None:
    """Sends the wake-up, due in `in_s` seconds. When the broker is down, the sweep finds the row later.

    Args:
        task: One of `TASK_NAMES`.
        row_id: The row to look at.
        platform: The platform of its channel.
        in_s: Seconds until it is due.
        queue_key: Its chat; without Redis all wake-ups of a chat go to one process.
    """
    queue = queue_for(platform)
    if not settings.CLAWDBOT.redis_url:
        loopback.send(queue, task, row_id, in_s, chats.sign(queue_key) if queue_key else "")
        return
    if _broker.refusal(_BROKER) is not None:
        return
    try:
        current_app.send_task(task, (row_id,), queue=queue, countdown=in_s or None, ignore_result=True, retry=False)
    except Exception as error:  # each transport raises its own errors
        _broker.failed(_BROKER)
        logger.warning("wake-up not sent, the sweep will find the row: %s", type(error).__name__)
    else:
        _broker.succeeded(_BROKER)


def clear_cache() -> None:
    """Tries the broker again at the next wake-up."""
    _broker.clear_cache()
