"""Names the authors of quoted and forwarded messages, where the platform sends only their ids."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext as _

from adapters.events import Passage
from bots.models import Channel, Identity
from bots.people import platform_names

MOST_ASKED = 5  # ids that the platform is asked for in one turn
LONGEST_NAME = 200


def named(channel: Channel, chat_id: str | None, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Returns the passages with the names of their authors; an author without a name gets a number."""
    nameless = list(dict.fromkeys(one.author_id for one in passages if _is_nameless(one)))
    if not nameless:
        return tuple(passages)
    names = _of_accounts(channel, nameless)
    ends = time.monotonic() + platform_names.ASK_S
    for user_id in [one for one in nameless if one not in names][:MOST_ASKED]:
        if name := platform_names.name_of(channel, user_id, kind="user", chat_id=chat_id, ends=ends):
            names[user_id] = name[:LONGEST_NAME]
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
