"""What is done with everything that is known of a person: export, erase."""

from __future__ import annotations

from typing import Any

from bots import erasing, exports
from bots.erasing import Erasure
from bots.models import Bot, Person
from bots.operations.errors import OperationError


def find(bot: Bot, key: str) -> Person:
    """The person with this id.

    Raises:
        OperationError: The bot knows nobody of this id.
    """
    found = Person.objects.for_bot(bot).filter(key=key).select_related("bot").first()
    if found is None:
        raise OperationError(f"bot {bot.slug!r} knows no person {key!r}")
    return found


def export(person: Person, actor: Any) -> tuple[str, str]:
    """(file name, JSON document) of everything that is known of a person; noted in the audit log."""
    return exports.file_name(person), exports.document(person, actor)


def erase(person: Person, actor: Any) -> Erasure:
    """Erases a person wholly: memories, conversations, messages, accounts, usage, exports; and proves it.

    Raises:
        NotProved: A search still finds some of it.
    """
    return erasing.erase(person, actor)
