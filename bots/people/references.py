"""Gives names to what a received text names by ids.

Names are looked up among the accounts of the channel, then at the platform: a few, within a total time, and each of
them once an hour.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace

from adapters import registry
from adapters.events import Event
from bots.models import Channel, Identity
from bots.people import platform_names

AT_MOST = 20  # references of one message that get names
LONGEST_NAME = 80
_SIGNS = {"user": "@", "role": "@", "chat": "#"}

Reference = tuple[str, str]  # kind, id


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
    ends = time.monotonic() + platform_names.ASK_S
    for kind, one in wanted:
        if not names.get((kind, one)):
            names[kind, one] = platform_names.name_of(channel, one, kind=kind, chat_id=event.chat_id, ends=ends)
    # People choose their names: they stay short, on one line, and without signs of their own.
    return {key: re.sub(r"[\s<>@#]+", " ", name).strip()[:LONGEST_NAME] for key, name in names.items()}
