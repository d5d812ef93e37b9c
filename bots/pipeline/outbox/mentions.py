"""Finds the people whom an answer in a group mentions by name."""

from __future__ import annotations

from collections.abc import Iterable

from bots.models import Conversation, Identity, Message, Person

RECENT = 500  # messages of a conversation whose authors an answer may mention


def mentionable(conversation: Conversation, text: str) -> dict[str, str]:
    """Returns the ids by name of the people of a group whom the text names with "@"; no name that two of them have."""
    if conversation.chat_type == "private" or "@" not in text:
        return {}
    said = Message.objects.filter(conversation=conversation, role=Message.Role.USER).order_by("-pk")
    people = set(said.values_list("person_id", flat=True)[:RECENT])
    accounts = Identity.objects.filter(channel=conversation.channel_id, person__in=people).select_related("person")
    humans = accounts.exclude(person__kind=Person.Kind.GROUP)
    return _unique(((one.user_name or one.person.display_name).strip(), one.external_id) for one in humans)


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    ids: dict[str, set[str]] = {}
    for name, person in pairs:
        if name:
            ids.setdefault(name, set()).add(person)
    return {name: next(iter(found)) for name, found in ids.items() if len(found) == 1}
