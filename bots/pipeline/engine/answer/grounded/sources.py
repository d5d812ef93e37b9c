"""Reads what a person said, and the facts that the consolidation has stored of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import DatabaseError

from bots.pipeline.engine.answer.grounded import relations
from bots.pipeline.engine.answer.grounded.fact import SELF, Fact
from bots.pipeline.engine.answer.grounded.facts import Said
from bots.pipeline.engine.turn import Turn
from memory import database
from memory.consolidation.claims import ENDED
from memory.models import MemoryEntry
from memory.storage import rows

_TITLE = re.compile(r"\b(Dr|Mr|Mrs|Ms|Prof|St)\.(?= )", re.IGNORECASE)
READ = 400  # latest turns
STORED = 200  # facts
logger = logging.getLogger(__name__)
_T = TypeVar("_T")


def said(turn: Turn) -> tuple[Said, ...]:
    """Returns the person's messages before this one, oldest first. Queries: 1."""
    name = turn.person.display_name if turn.group is not None else None
    latest = _without_failing(lambda: rows.latest(turn.scope, READ))
    return tuple(
        Said(
            one.id,
            plain_titles(one.text),
            one.occurred_at,
            one.occurred_at.astimezone(turn.zone).date(),
            one.conversation_id,
        )
        for one in latest
        if one.role == "user" and one.occurred_at is not None and (name is None or one.speaker == name)
    )


def plain_titles(text: str) -> str:
    """Returns a text whose titles end no sentence: "Dr Lee" of "Dr. Lee"."""
    return _TITLE.sub(r"\1", text)


def stored(turn: Turn) -> tuple[Fact, ...]:
    """Returns the facts of the consolidation that hold now; none in a group, where they belong to several people."""
    if turn.group is not None:
        return ()
    found = _without_failing(
        lambda: tuple(
            rows.of_scope(turn.scope)
            .filter(kind=MemoryEntry.Kind.FACT, valid_to=None)
            .order_by("-id")
            .values_list("fact_key", "fact_value", "text", "occurred_at")[:STORED]
        )
    )
    return tuple(fact for row in reversed(found) if (fact := _fact(*row)) is not None)


def _without_failing(read: Callable[[], tuple[_T, ...]]) -> tuple[_T, ...]:
    """Reads; returns nothing while a separate memory database is down, as recall does."""
    try:
        return read()
    except DatabaseError as error:
        if not database.separate():
            raise
        logger.warning("memory: reading facts failed: %s", type(error).__name__)
        database.close_if_broken()
        return ()


def _fact(key: str, value: str, text: str, at: datetime) -> Fact | None:
    subject, _, rest = key.partition("/")
    attribute, _, item = rest.partition("/")
    if value.startswith(ENDED) or not attribute or attribute == "other":
        return None
    who = SELF if subject == SELF else relations.usual(subject)
    if attribute == "pet":
        return Fact(relations.usual(item), "name", _written(value, text), at, "", text)
    if attribute in ("preference", "allergy", "language"):
        return Fact(who, attribute, _written(item, text), at, value, text)
    thing = f"my {attribute}" if attribute.startswith("favourite") else attribute
    return Fact(who, thing, _written(value, text), at, "is" if thing != attribute else "", text)


def _written(value: str, text: str) -> str:
    """Returns a normalised value as its sentence writes it."""
    at = text.casefold().find(value)
    return text[at : at + len(value)] if at >= 0 else value
