"""Gives names to what a received text names by ids.

Names are looked up among the accounts of the channel, then at the platform: a few, within a total time, and each of
them once an hour.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from dataclasses import replace

from cachetools import TTLCache

from adapters import registry
from adapters.errors import SendError
from adapters.events import Event
from bots.channels import lookup
from bots.models import Channel, Identity
from clawdbot.errors import ClawdbotError

logger = logging.getLogger(__name__)

AT_MOST = 20  # references of one message that get names
ASK_S = 5.0  # for all questions to the platform about one message
LONGEST_NAME = 80
_SIGNS = {"user": "@", "role": "@", "chat": "#"}

Reference = tuple[str, str]  # kind, id
_lock = threading.Lock()
_names: TTLCache[tuple[int, str, str], str] = TTLCache(maxsize=10_000, ttl=3600.0)


def named(channel: Channel, event: Event) -> Event:
    """Returns the event with names in place of ids in its text. An id without a name stays."""
    pattern = registry.adapter_class(channel.platform).reference
    if pattern is None or pattern.search(event.text) is None:
        return event
    found = dict.fromkeys(_reference(match) for match in pattern.finditer(event.text))
    names = _names_of(channel, event, list(found)[:AT_MOST])

    def written(match: re.Match[str]) -> str:
        kind, _id = _reference(match)
        name = names.get((kind, _id))
        return f"{_SIGNS[kind]}{name}" if name else match[0]

    args = pattern.sub(written, event.args) if isinstance(event.args, str) else event.args
    return replace(event, text=pattern.sub(written, event.text), args=args)


def _reference(match: re.Match[str]) -> Reference:
    kind = match.lastgroup or "user"
    return kind, match[kind]


def _names_of(channel: Channel, event: Event, wanted: list[Reference]) -> dict[Reference, str]:
    ids = [one for kind, one in wanted if kind == "user"]
    accounts = Identity.objects.filter(channel=channel, external_id__in=ids).select_related("person")
    names = {("user", one.external_id): one.user_name or one.person.display_name for one in accounts}
    ends = time.monotonic() + ASK_S
    for kind, one in wanted:
        if not names.get((kind, one)):
            names[kind, one] = _ask(channel, event, kind, one, ends)
    # People choose their names: they stay short, on one line, and without signs of their own.
    return {key: re.sub(r"[\s<>@#]+", " ", name).strip()[:LONGEST_NAME] for key, name in names.items()}


def _ask(channel: Channel, event: Event, kind: str, reference_id: str, ends: float) -> str:
    key = (channel.pk, kind, reference_id)
    with _lock:
        if key in _names:
            return _names[key]
    if time.monotonic() >= ends:
        return ""
    try:
        name = lookup.adapter_for(channel).reference_name(kind, reference_id, event.chat_id)
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
