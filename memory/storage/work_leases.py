"""Registers running imports and consolidations, so that an erasure can stop them: erased rows must not come back.

Work on a person's memory in several transactions holds a row here and locks it in each of them. An erasure deletes
these rows first. So it waits for the open transaction and sees everything that was written, and the work fails before
it writes more.
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

# Older work was killed.
_LONGEST = timedelta(days=2)


class Work:
    """Running work; see `begin`."""

    def __init__(self, pk: int) -> None:
        self._pk = pk

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Runs one transaction of the work. Raises WorkEnded."""
        with database.atomic():
            if not list(OngoingWork.objects.select_for_update().filter(pk=self._pk).values_list("pk", flat=True)):
                raise WorkEnded("this memory was erased, or moved by a link, meanwhile; nothing more was written")
            yield


@contextmanager
def begin(scope: Scope) -> Iterator[Work]:
    """Registers long work on a person's memory. Raises WorkEnded when the person does not exist."""
    people: Any = apps.get_model("bots", "Person")._default_manager
    with database.atomic_of(DEFAULT_DB_ALIAS):
        # an erasure locks the person's row until it ends
        if not list(people.select_for_update().filter(pk=scope.person_id, bot_id=scope.bot_id)):
            raise WorkEnded("there is no such person any more")
        row = OngoingWork.objects.create(bot_id=scope.bot_id, person_id=scope.person_id)
    try:
        yield Work(row.pk)
    finally:
        OngoingWork.objects.filter(pk=row.pk).delete()


def end(scope: Scope) -> None:
    """Stops all work on this memory; waits for its open transaction."""
    OngoingWork.objects.for_person(scope.bot_id, scope.person_id).delete()


def wait(scope: Scope) -> None:
    """Waits for the open transaction of any work on this memory and blocks further ones until the caller commits."""
    list(OngoingWork.objects.for_person(scope.bot_id, scope.person_id).select_for_update().values_list("pk"))


def sweep() -> None:
    """Deletes the rows of killed work."""
    OngoingWork.objects.filter(started_at__lt=timezone.now() - _LONGEST).delete()
