"""Names the authors of quoted and forwarded messages, where the platform sends only their ids."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cachetools import TTLCache
from django.db.models import Q
from django.utils.translation import gettext as _

from adapters.base import Adapter
from adapters.errors import SendError
from adapters.events import Passage
from bots.models import Channel, Identity
from clawdbot.errors import ClawdbotError

logger = logging.getLogger(__name__)

MOST_ASKED = 5  # ids that the platform is asked for in one turn
KEPT_S = 3600.0
_lock = threading.Lock()
_names: TTLCache[tuple[int, str], str] = TTLCache(maxsize=10_000, ttl=KEPT_S)  # "": the platform does not say


def named(
    channel: Channel, adapter: Adapter[Any], chat_id: str | None, passages: Sequence[Passage]
) -> tuple[Passage, ...]:
    """Returns the passages with the names of their authors; an author without a name gets a number."""
    nameless = list(dict.fromkeys(one.author_id for one in passages if _is_nameless(one)))
    if not nameless:
        return tuple(passages)
    names = _of_accounts(channel, nameless)
    for user_id in [one for one in nameless if one not in names][:MOST_ASKED]:
        if name := _of_platform(channel, adapter, user_id, chat_id):
            names[user_id] = name
    several = len(passages) > 1
    for number, user_id in enumerate((one for one in nameless if one not in names), 1):
        names[user_id] = _("Person %(number)s") % {"number": number} if several else ""
    return tuple(replace(one, author=names[one.author_id]) if _is_nameless(one) else one for one in passages)


def _is_nameless(passage: Passage) -> bool:
    return bool(passage.author_id) and not passage.author and not passage.by_bot


def _of_accounts(channel: Channel, ids: Sequence[str]) -> dict[str, str]:
    """Returns the names of people who have talked to this channel."""
    rows = Identity.objects.filter(Q(external_id__in=ids) | Q(alt_id__in=ids), channel=channel).exclude(user_name="")
    names: dict[str, str] = {}
    for external_id, alt_id, name in rows.values_list("external_id", "alt_id", "user_name"):
        names |= {external_id: name, alt_id: name}
    return {user_id: name for user_id, name in names.items() if user_id in ids}


def _of_platform(channel: Channel, adapter: Adapter[Any], user_id: str, chat_id: str | None) -> str:
    if not adapter.supports_names:
        return ""
    key = (channel.pk, user_id)
    with _lock:
        known = _names.get(key)
    if known is not None:
        return known
    try:
        name = adapter.display_name(user_id, chat_id)[:200]
    except (SendError, ClawdbotError) as error:
        logger.info("the name of an author could not be fetched: %s", error)
        name = ""
    with _lock:
        _names[key] = name
    return name


def clear_cache() -> None:
    """Forgets the names that the platform gave."""
    with _lock:
        _names.clear()
