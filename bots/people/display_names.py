"""Fetches the names of people whose platform sends only ids with a message, and stores them with the account."""

from __future__ import annotations

import logging
import threading

from cachetools import TTLCache

from adapters.errors import SendError
from adapters.events import Event
from bots.channels import lookup
from bots.models import Channel, Identity, Person
from clawdbot.errors import ClawdbotError

logger = logging.getLogger(__name__)

ASK_AGAIN_S = 3600.0  # after a failure, such as a missing permission
_lock = threading.Lock()
_asked: TTLCache[tuple[int, str], bool] = TTLCache(maxsize=10_000, ttl=ASK_AGAIN_S)


def learn(channel: Channel, event: Event, identity: Identity) -> None:
    """Sets the name of an account that has none, so that the model sees who says what. A failure changes nothing."""
    if identity.user_name or not event.user_id:
        return
    name = event.user_name or _ask(channel, event.user_id, event.chat_id)
    if not name:
        return
    identity.user_name = name[:200]
    Identity.objects.filter(pk=identity.pk, user_name="").update(user_name=identity.user_name)
    person = identity.person
    if not person.display_name:
        person.display_name = identity.user_name
        Person.objects.filter(pk=person.pk, display_name="").update(display_name=person.display_name)


def _ask(channel: Channel, user_id: str, chat_id: str | None) -> str:
    key = (channel.pk, user_id)
    with _lock:
        if key in _asked:
            return ""
        _asked[key] = True
    try:
        adapter = lookup.adapter_for(channel)
        return adapter.display_name(user_id, chat_id) if adapter.supports_names else ""
    except (SendError, ClawdbotError) as error:
        logger.info("the name of an account of channel %s could not be fetched: %s", channel.pk, error)
        return ""


def clear_cache() -> None:
    """Forgets who was asked for, so that every nameless account is asked for again."""
    with _lock:
        _asked.clear()
