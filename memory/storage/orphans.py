"""Removes references to deleted bots, people, conversations and messages that a crash between two databases left."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models

from memory import database
from memory.storage import cascade

logger = logging.getLogger(__name__)
_CHUNK = 500


def sweep() -> int:
    """Deletes or detaches memories that refer to rows that no longer exist; returns how many rows changed."""
    changed = 0
    for model, field in cascade.references():
        for keys in _keys(model, field.attname):
            # Memories are read first: a person is always created before their memories.
            there: Any = field.related_model._default_manager.using(DEFAULT_DB_ALIAS)
            gone = sorted(set(keys) - set(there.filter(pk__in=keys).values_list("pk", flat=True)))
            if gone:
                changed += cascade.detach(model, field.name, gone)
    if changed:
        logger.warning("memory: removed %s references to deleted rows", changed)
    return changed


def _keys(model: type[models.Model], column: str) -> Iterator[list[int]]:
    """Yields the distinct values of a reference in lists of at most `_CHUNK`."""
    last = None
    while True:
        rows = model._default_manager.using(database.alias()).order_by(column).exclude(**{column: None})
        if last is not None:
            rows = rows.filter(**{f"{column}__gt": last})
        found = list(rows.values_list(column, flat=True).distinct()[:_CHUNK])
        if not found:
            return
        yield found
        last = found[-1]
