"""An erasure of a person's memories that a turn asks for, in two stages.

`begin` joins the transaction that closes the turn: what it erases is gone exactly when the turn is closed. `erase_rest`
follows the commit, for no transaction reaches a memory database of its own or the copies on disk. It may be repeated,
and so the turn leaves a row that asks for it (`bots.pipeline.dispatch.erasures`). `prove` searches for what is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Q

from bots.models import Person, WaitingMemory
from bots.people import audit_log, erasure, export, linking
from memory import database
from memory.lifecycle import erasure_proof
from memory.models import MemoryEntry
from memory.storage.rows import of_scope
from memory.store import MemoryStore
from memory.types import Scope


@dataclass(frozen=True, slots=True)
class StagedErasure:
    """What is erased.

    Attributes:
        person_id: who asked for it.
        origins: the people whose memories go: that person and whoever is linked to them.
        last_id: of the latest memory that goes; what is said later stays.
        memories: how many go.
        traces: what is searched for at the end; they repeat what was erased and are never stored.
    """

    person_id: int
    origins: tuple[int, ...]
    last_id: int
    memories: int
    traces: tuple[erasure_proof.Traces, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything but the traces, as JSON."""
        return {
            "person_id": self.person_id,
            "origins": self.origins,
            "last_id": self.last_id,
            "memories": self.memories,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> StagedErasure:
        return cls(data["person_id"], tuple(data["origins"]), data["last_id"], data["memories"])


def begin(person: Person, actor: audit_log.Actor) -> StagedErasure:
    """Hides what was said and erases what the caller's transaction reaches; the caller's commit makes both hold."""
    linking.hold([person])
    scope = Scope(person.bot_id, person.pk)
    gone = erasure_proof.traces(scope)
    erasure.hide_all(person)
    if database.separate():
        WaitingMemory.objects.filter(person=person).delete()
        count = of_scope(scope).count()
    else:
        count = MemoryStore(person.bot_id).erase(scope)
    audit_log.record(audit_log.Action.ERASE, person, actor, counts={"memories": count, "exports": export.count(person)})
    origins = (person.pk, *(one.pk for one in linking.linked_to(person)))
    return StagedErasure(person.pk, origins, gone.last_id, count, (gone,))


def erase_rest(staged: StagedErasure) -> StagedErasure:
    """Erases what `begin` could not; returns the erasure with the traces that a new process did not have."""
    person = _person(staged)
    if person is None:  # erased wholly meanwhile
        return staged
    traces = list(staged.traces)
    with transaction.atomic():
        linking.hold([person])
        for scope, ids in list(_left(person.bot_id, staged)):
            if not staged.traces:
                traces.append(erasure_proof.traces(scope, ids))
            MemoryStore(scope.bot_id).erase(scope, None if _is_all(scope, ids) else ids)
    export.remove(person)
    erasure.overwrite_deleted()
    return replace(staged, traces=tuple(traces))


def prove(staged: StagedErasure, actor: audit_log.Actor) -> bool:
    """Searches for what is gone and notes the result in the audit log; False when some of it is still found."""
    person = _person(staged)
    if person is None:
        return True

    def left() -> dict[str, int]:
        return {"left": _rows(person.bot_id, staged).count(), "exports": export.count(person)}

    try:
        erasure.prove(person, actor, erasure.Erasure({"memories": staged.memories}), staged.traces, left)
    except erasure.NotProved:
        return False
    return True


def _person(staged: StagedErasure) -> Person | None:
    return Person.objects.select_related("bot").filter(pk=staged.person_id).first()


def _rows(bot_id: int, staged: StagedErasure) -> Any:
    """The memories that go and are still there, with whomever a link or its end has brought them to."""
    mine = Q(origin_id__in=staged.origins) | Q(origin_id=None, person__in=staged.origins)
    return MemoryEntry.objects.filter(mine, bot=bot_id, pk__lte=staged.last_id).order_by()


def _left(bot_id: int, staged: StagedErasure) -> Iterator[tuple[Scope, list[int]]]:
    rows = _rows(bot_id, staged)
    for person_id in list(rows.values_list("person_id", flat=True).distinct()):
        yield Scope(bot_id, person_id), list(rows.filter(person=person_id).values_list("pk", flat=True))


def _is_all(scope: Scope, ids: list[int]) -> bool:
    """Whether nothing else is remembered of this person or waits to be: then their indexes go in one piece."""
    # in this order: what waits no longer is written already
    waiting = WaitingMemory.objects.filter(bot=scope.bot_id, person=scope.person_id).exists()
    return not waiting and of_scope(scope).count() == len(ids)
