"""Whether a person gets broadcasts. Answers and reminders come in any case."""

from __future__ import annotations

from datetime import datetime

from bots.models import OutboundMessage, Person
from clawdbot.chinese import simplified

BROADCAST = "broadcast"  # `meta["kind"]` of its messages
# As a whole message. Not "stop", which ends a running answer.
_WORDS = frozenset({"unsubscribe", "opt out", "opt-out", "退订", "取消订阅", "td", "回复td", "回td退订", "td退订"})
_MARKS = " \t\n.,!。，！\"'“”‘’「」"


def asks_to_leave(text: str) -> bool:
    """Returns whether the whole message is a word that ends broadcasts."""
    return len(text) <= 20 and simplified(text).lower().strip(_MARKS) in _WORDS


def leave(person: Person, at: datetime) -> None:
    """Ends broadcasts for the person, also those that still wait in the outbox. Call it in a transaction."""
    Person.objects.filter(pk=person.pk, unsubscribed_at=None).update(unsubscribed_at=at)
    state = OutboundMessage.State
    waiting = OutboundMessage.objects.open().filter(state=state.PENDING, message__meta__kind=BROADCAST)
    waiting.filter(conversation__person=person).update(state=state.DISCARDED)


def join(person: Person) -> None:
    """Lets the person get broadcasts again."""
    Person.objects.filter(pk=person.pk).update(unsubscribed_at=None)
