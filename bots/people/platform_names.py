"""Asks platforms for the names behind ids: each id once an hour, and no longer than a message may wait for it."""

from __future__ import annotations

import logging
import threading
import time

from cachetools import TTLCache

from adapters.errors import SendError
from bots.channels import lookup
from bots.models import Channel
from clawdbot.errors import ClawdbotError

logger = logging.getLogger(__name__)

ASK_S = 5.0  # for all questions about one message
KEPT_S = 3600.0
_lock = threading.Lock()
_names: TTLCache[tuple[int, str, str], str] = TTLCache(maxsize=10_000, ttl=KEPT_S)  # "": the platform does not say


def name_of(channel: Channel, reference_id: str, *, kind: str, chat_id: str | None, ends: float) -> str:
    """Returns the name behind an id, as the platform gives it; "" when it gives none.

    Args:
        channel: The channel of the message.
        reference_id: The id.
        kind: "user", "chat" or "role".
        chat_id: The chat of the message.
        ends: `time.monotonic()` after which the platform is asked no more.
    """
    key = (channel.pk, kind, reference_id)
    with _lock:
        known = _names.get(key)
    if known is not None:
        return known
    if time.monotonic() >= ends:
        return ""
    try:
        name = lookup.adapter_for(channel).reference_name(kind, reference_id, chat_id)
    except (SendError, ClawdbotError) as error:
        logger.info("the name of a %s of channel %s could not be fetched: %s", kind, channel.pk, error)
        name = ""
    with _lock:
        _names[key] = name
    return name


def clear_cache() -> None:
    """Forgets all fetched names."""
    with _lock:
        _names.clear()
