"""Erases a person's memories in two stages, on behalf of a turn.

`begin` joins the transaction that closes the turn, so its erasure is committed with the turn. `erase_rest` follows the
commit, because that transaction spans neither a separate memory database nor the copies on disk. It is idempotent, and
the turn queues a row that runs it (`bots.pipeline.dispatch.erasures`). `prove` searches for the erased data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Q

from bots.models import Person, WaitingMemory
from bots.people import audit_log, erasure, export, linking
from memory import database
from memory.lifecycle import erasure_proof
from memory.lifecycle.topic_search import Topic
from memory.models import MemoryEntry
from memory.storage.rows import of_scope
from memory.store import MemoryStore
from memory.types import Scope


@dataclass(frozen=True, slots=True)
class StagedErasure:
    """What to erase.

    Attributes:
        person_id: The person who asked for it.
        origins: The people whose memories are erased: that person and everybody linked to them.
        last_id: Id of the latest memory to erase; later ones stay.
        memories: Number of memories to erase.
        traces: What the proof searches for. They repeat erased content and are never stored.
        ids: The memories to erase, with their repetitions; None: all up to `last_id`.
    """

    person_id: int
    origins: tuple[int, ...]
    last_id: int
    memories: int
    traces: tuple[erasure_proof.Traces, ...] = ()
    ids: tuple[int, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns all fields but the traces, as JSON values."""
        return {
            "person_id": self.person_id,
            "origins": self.origins,
            "last_id": self.last_id,
            "memories": self.memories,
            "ids": self.ids,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> StagedErasure:
        ids = data.get("ids")  # rows of earlier releases have none
        only = None if ids is None else tuple(ids)
        return cls(data["person_id"], tuple(data["origins"]), data["last_id"], data["memories"], ids=only)


def begin(
    person: Person, actor: audit_log.Actor, *, ids: Collection[int] | None = None, topic: str = ""
) -> StagedErasure:
    """Hides the person's messages and erases what is in the caller's database, in the caller's transaction.

    Args:
        person: Whose memories.
        actor: Who asked for it.
        ids: The memories about `topic`; None erases all.
        topic: With `ids`: messages about it are hidden from the model too.
    """
    linking.lock([person])
    scope = Scope(person.bot_id, person.pk)
    gone = erasure_proof.traces(scope, ids)
    if ids is None:
        erasure.hide_all(person)
    else:
        erasure.hide_topic(person, ids, Topic(topic))
    if database.separate():
        _drop_waiting(person, None if ids is None else Topic(topic))
        rows = of_scope(scope)
        count = (rows if ids is None else rows.filter(pk__in=list(ids))).count()
    else:
        count = MemoryStore(person.bot_id).erase(scope, ids)
    action = audit_log.Action.ERASE if ids is None else audit_log.Action.DELETE
    audit_log.record(action, person, actor, counts={"memories": count, "exports": export.count(person)})
    origins = (person.pk, *(one.pk for one in linking.linked_to(person)))
    only = None if gone.ids is None else tuple(sorted(gone.ids))
    return StagedErasure(person.pk, origins, gone.last_id, count, (gone,), only)


def _drop_waiting(person: Person, topic: Topic | None) -> None:
    """Deletes turns that still wait for the memory database: all, or those about a topic."""
    waiting = WaitingMemory.objects.filter(person=person)
    if topic is None:
        waiting.delete()
        return
    for row in waiting:
        kept = [line for line in row.turns if not topic.is_in(str(line.get("text", "")))]
        if not kept:
            row.delete()
        elif len(kept) < len(row.turns):
            waiting.filter(pk=row.pk).update(turns=kept)  # no row when it was written meanwhile


def erase_rest(staged: StagedErasure) -> StagedErasure:
    """Erases what `begin` could not. Returns the erasure with traces, which a new process has to collect itself."""
    person = _person(staged)
    if person is None:  # the whole person was erased meanwhile
        return staged
    traces = list(staged.traces)
    with transaction.atomic():
        linking.lock([person])
        for scope, ids in list(_left(person.bot_id, staged)):
            if not staged.traces:
                traces.append(erasure_proof.traces(scope, ids))
            MemoryStore(scope.bot_id).erase(scope, None if _is_all(scope, ids) else ids)
    export.remove(person)
    erasure.overwrite_deleted()
    return replace(staged, traces=tuple(traces))


def prove(staged: StagedErasure, actor: audit_log.Actor) -> bool:
    """Searches for the erased data and writes the result to the audit log. Returns False when it finds some."""
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
    """Returns the memories that are still to be erased, also those that a link or unlink moved to another person."""
    mine = Q(origin_id__in=staged.origins) | Q(origin_id=None, person__in=staged.origins)
    rows = MemoryEntry.objects.filter(mine, bot=bot_id, pk__lte=staged.last_id).order_by()
    return rows if staged.ids is None else rows.filter(pk__in=staged.ids)


def _left(bot_id: int, staged: StagedErasure) -> Iterator[tuple[Scope, list[int]]]:
    rows = _rows(bot_id, staged)
    for person_id in list(rows.values_list("person_id", flat=True).distinct()):
        yield Scope(bot_id, person_id), list(rows.filter(person=person_id).values_list("pk", flat=True))


def _is_all(scope: Scope, ids: list[int]) -> bool:
    """Returns whether these are all memories of the person, stored and waiting: then whole indexes can be dropped."""
    # in this order: a row that no longer waits is already among the memories
    waiting = WaitingMemory.objects.filter(bot=scope.bot_id, person=scope.person_id).exists()
    return not waiting and of_scope(scope).count() == len(ids)
