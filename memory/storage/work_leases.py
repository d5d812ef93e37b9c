"""Imports and consolidations in flight, so that an erasure can end them: what was erased must not come back.

Whoever works on a person's memory in several transactions holds a row here and locks it in each of them. An erasure
deletes these rows first: it waits for the transaction that is open, sees all that was written, and the work finds its
row gone before it writes more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from memory import database
from memory.errors import WorkEnded
from memory.models.work import OngoingWork
from memory.types import Scope

# Whatever has lasted that long was killed.
_LONGEST = timedelta(days=2)


class Work:
    """Work that has begun; see `begin`."""

    def __init__(self, pk: int) -> None:
        self._pk = pk

    @contextmanager
    def unit(self) -> Iterator[None]:
        """One transaction of the work. Raises WorkEnded."""
        with database.atomic():
            if not list(OngoingWork.objects.select_for_update().filter(pk=self._pk).values_list("pk", flat=True)):
                raise WorkEnded("this memory was erased, or moved by a link, meanwhile; nothing more was written")
            yield


@contextmanager
def begin(scope: Scope) -> Iterator[Work]:
    """Long work on a person's memory. Raises WorkEnded when there is no such person, also within."""
    people: Any = apps.get_model("bots", "Person")._default_manager
    with database.atomic_of(DEFAULT_DB_ALIAS):
        # an erasure holds the person's row until it is done
        if not list(people.select_for_update().filter(pk=scope.person_id, bot_id=scope.bot_id)):
            raise WorkEnded("there is no such person any more")
        row = OngoingWork.objects.create(bot_id=scope.bot_id, person_id=scope.person_id)
    try:
        yield Work(row.pk)
    finally:
        OngoingWork.objects.filter(pk=row.pk).delete()


def end(scope: Scope) -> None:
    """Ends what goes on in this memory; waits for the transaction in which something is being written."""
    OngoingWork.objects.for_person(scope.bot_id, scope.person_id).delete()


def wait(scope: Scope) -> None:
    """Waits for what is being written in this memory and keeps more from being written until the caller's commit."""
    list(OngoingWork.objects.for_person(scope.bot_id, scope.person_id).select_for_update().values_list("pk"))


def sweep() -> None:
    """Removes the rows of work that was killed."""
    OngoingWork.objects.filter(started_at__lt=timezone.now() - _LONGEST).delete()
