"""Finds, links, exports and erases people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.db.models import Q

from bots.models import Bot, Person
from bots.operations.errors import OperationError
from bots.people import audit_log, erasure, linking
from bots.people import export as exports
from bots.people.audit_log import pseudonym
from bots.people.erasure import Erasure, NotProved

__all__ = [
    "NotProved",
    "candidates",
    "erase",
    "export",
    "export_pieces",
    "find",
    "link",
    "pseudonym",
    "save_export",
    "unlink",
]


def find(bot: Bot, key: str) -> Person:
    """Returns the person with this key.

    Raises:
        OperationError: The bot knows no person with this key.
    """
    found = Person.objects.for_bot(bot).filter(key=key).select_related("bot").first()
    if found is None:
        raise OperationError(f"bot {bot.slug!r} knows no person {key!r}")
    return found


def export(person: Person, actor: audit_log.Actor) -> tuple[str, str]:
    """Returns a file name and a JSON document of everything stored about a person; writes an audit entry."""
    return exports.file_name(person), exports.document(person, actor)


def export_pieces(person: Person, actor: audit_log.Actor) -> Iterator[str]:
    """Yields the document of `export` in pieces, so that it need not fit into memory."""
    return exports.pieces(person, actor)


def save_export(person: Person, actor: audit_log.Actor) -> Path:
    """Writes the document of `export` below CLAWDBOT_HOME/exports, where an erasure deletes it; returns its path."""
    return exports.save(person, actor)


def candidates(person: Person, words: str) -> list[Person]:
    """Returns up to 20 people of the same bot to link with this person, latest first.

    Args:
        person: The person to link.
        words: Part of a name, key or account; "" for everybody.
    """
    found = Person.objects.for_bot(person.bot_id).filter(kind=Person.Kind.HUMAN, linked_to=None).exclude(pk=person.pk)
    if words:
        names = Q(display_name__icontains=words) | Q(key__icontains=words)
        accounts = Q(identities__external_id__icontains=words) | Q(identities__user_name__icontains=words)
        found = found.filter(names | accounts).distinct()
    return list(found.prefetch_related("identities__channel").order_by("-last_seen_at", "-pk")[:20])


def link(kept: Person, moved: Person, actor: audit_log.Actor) -> Person:
    """Moves all data of `moved` to `kept`; returns the person who owns the data now. Idempotent.

    Raises:
        OperationError: The two people cannot be linked.
    """
    try:
        return linking.link(kept, moved, actor)
    except linking.LinkRefused as error:
        raise OperationError(str(error)) from None


def unlink(moved: Person, actor: audit_log.Actor) -> bool:
    """Moves the data of a linked person back to them; returns False when they are not linked."""
    return linking.unlink(moved, actor)


def erase(person: Person, actor: audit_log.Actor) -> Erasure:
    """Erases a person: memories, conversations, messages, accounts, usage and exports. Proves the erasure.

    Raises:
        NotProved: A search still finds some of the data.
    """
    return erasure.erase(person, actor)
