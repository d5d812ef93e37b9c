"""Looks up bots and people by slug and key, without importing the bots app."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from clawdbot.storable_text import storable
from memory.errors import UnknownScope
from memory.types import Scope


def bot_id(slug: str) -> int:
    """Returns the id of the bot with this slug. Raises UnknownScope."""
    found = apps.get_model("bots", "Bot")._default_manager.filter(slug=slug).values_list("pk", flat=True).first()
    if found is None:
        raise UnknownScope(f"there is no bot {slug!r}; `manage.py bot list` shows them")
    return int(found)


def scope_of(slug: str, key: str, *, create: bool = False) -> Scope:
    """Returns the scope of the person with this key. Raises UnknownScope, unless `create` makes the person."""
    return resolve(slug, key, create=create)[0]


def resolve(slug: str, key: str, *, create: bool = False) -> tuple[Scope, int | None]:
    """Returns the scope that holds a person's memory, and the person's own id if they are linked to another one.

    The memory of linked people is stored with the head of the link. Raises UnknownScope, unless `create` makes the
    person.
    """
    bot = bot_id(slug)
    model: Any = apps.get_model("bots", "Person")
    people, longest = model._default_manager, model._meta.get_field("key").max_length
    if create and not (key.strip() and len(key) <= longest and storable(key) == key):
        raise UnknownScope(f"the id of a person has 1 to {longest} characters")
    person = people.get_or_create(bot_id=bot, key=key)[0] if create else people.filter(bot_id=bot, key=key).first()
    if person is None:
        raise UnknownScope(f"bot {slug!r} knows no person {key!r}")
    head = person
    while head.linked_to_id is not None:
        head = head.linked_to
    return Scope(bot, head.pk), person.pk if head is not person else None


def reranks(bot: int) -> bool:
    """Tells whether this bot's recall uses the cross-encoder."""
    found = apps.get_model("bots", "Bot")._default_manager.filter(pk=bot).values_list("rerank", flat=True).first()
    return bool(found)


def bot_slugs() -> list[str]:
    """Returns the slugs of all bots, sorted."""
    return list(apps.get_model("bots", "Bot")._default_manager.order_by("slug").values_list("slug", flat=True))


def bot_ids() -> list[int]:
    """Returns the ids of all bots, oldest first."""
    return list(apps.get_model("bots", "Bot")._default_manager.order_by("pk").values_list("pk", flat=True))
