"""Finds channels by address and adapters by channel, without a query or a decryption per request.

Look-ups are cached for a second, and a change in this process clears the cache. So an edit in the admin takes effect in
every process within a second. Adapters are cached by the row's `updated_at`: a changed credential makes a new one.
"""

from __future__ import annotations

import re
import threading
from functools import partial
from typing import Any

from cachetools import LRUCache, TTLCache
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from adapters import registry
from adapters.base import Adapter
from adapters.web.events import PLATFORM
from bots.channels.credential_rotation import ChannelVault
from bots.channels.stream_replies import OutboxStreams
from bots.channels.web import broadcast
from bots.models import Bot, Channel
from clawdbot.clock import system_clock

LOOKUP_TTL_S = 1.0

_PUBLIC_ID = re.compile(r"[0-9A-Za-z_-]{1,32}")
_lock = threading.Lock()
# Unknown ids are cached too, so that guessing ids costs no queries.
_by_public_id: TTLCache[str, Channel | None] = TTLCache(maxsize=4096, ttl=LOOKUP_TTL_S)
_by_id: TTLCache[int, Channel] = TTLCache(maxsize=4096, ttl=LOOKUP_TTL_S)
_by_platform: TTLCache[str, tuple[Channel, ...]] = TTLCache(maxsize=64, ttl=LOOKUP_TTL_S)
_adapters: LRUCache[int, tuple[Any, Adapter[Any]]] = LRUCache(maxsize=1024)


def find(public_id: str) -> Channel | None:
    """Returns the channel with this public id, with `bot` loaded, if both are enabled; else None."""
    if not _PUBLIC_ID.fullmatch(public_id):  # some databases refuse some strings as query values
        return None
    with _lock:
        if public_id in _by_public_id:
            return _by_public_id[public_id]
    found = Channel.objects.reachable().select_related("bot").filter(public_id=public_id).first()
    with _lock:
        _by_public_id[public_id] = found
    return found


def get(channel_id: int) -> Channel:
    """Returns the channel with this primary key, enabled or not, with `bot` loaded; at most a second old.

    Raises:
        Channel.DoesNotExist: The channel was deleted.
    """
    with _lock:
        known = _by_id.get(channel_id)
    if known is not None:
        return known
    found = Channel.objects.select_related("bot").get(pk=channel_id)
    with _lock:
        _by_id[channel_id] = found
    return found


def of_platform(platform: str) -> tuple[Channel, ...]:
    """Returns every enabled channel of a platform whose bot is enabled, with `bot` loaded."""
    with _lock:
        if platform in _by_platform:
            return _by_platform[platform]
    found = tuple(Channel.objects.reachable().select_related("bot").filter(platform=platform).order_by("pk"))
    with _lock:
        _by_platform[platform] = found
    return found


def adapter_for(channel: Channel) -> Adapter[Any]:
    """Returns the adapter of a channel, made once per version of its row and shared by all threads.

    Raises:
        AccountError: The stored credentials do not fit the platform's schema.
        DecryptionError: The stored credentials were encrypted with a key that is no longer configured.
        UnknownPlatform: There is no adapter of this name.
    """
    with _lock:
        known = _adapters.get(channel.pk)
    if known is not None and known[0] == channel.updated_at:
        return known[1]
    account = channel.credentials | {"public_only": channel.public_only}
    if channel.platform == PLATFORM:
        account["publish"] = partial(broadcast.publish, channel.pk)
    taken = registry.adapter_class(channel.platform).schema.model_fields
    if "streams" in taken:
        account["streams"] = OutboxStreams(channel.pk)
    if "vault" in taken:
        account["vault"] = ChannelVault(channel.pk)
    made = registry.create(channel.platform, account, clock=system_clock)
    with _lock:
        _adapters[channel.pk] = (channel.updated_at, made)
    return made


def is_simulated(channel: Channel) -> bool:
    """Returns whether the channel is one of `manage.py simulate`: named so, with its platform on this machine."""
    if channel.name != Channel.SIMULATOR:
        return False
    return any(str(value).startswith("http://127.0.0.1:") for value in channel.credentials.values())


def clear_cache() -> None:
    """Drops every cached look-up. Adapters stay: they are cached by version."""
    with _lock:
        _by_public_id.clear()
        _by_id.clear()
        _by_platform.clear()


@receiver((post_save, post_delete), sender=Channel, dispatch_uid="channels.clear_cache.channel")
@receiver((post_save, post_delete), sender=Bot, dispatch_uid="channels.clear_cache.bot")
def _row_changed(**_kwargs: object) -> None:
    clear_cache()
