"""Names of people whose platform tells only their ids with a message: asked for once, kept with their account."""

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

ASK_AGAIN_S = 3600.0  # after a platform that did not tell, such as for want of a permission
_lock = threading.Lock()
_asked: TTLCache[tuple[int, str], bool] = TTLCache(maxsize=10_000, ttl=ASK_AGAIN_S)


def learn(channel: Channel, event: Event, identity: Identity) -> None:
    """Gives a nameless account its name, so that the model sees who says what. A failure leaves it as it is."""
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
        logger.info("the name of an account of channel %s is not told: %s", channel.pk, error)
        return ""


def clear_cache() -> None:
    """Asks again for everybody."""
    with _lock:
        _asked.clear()
