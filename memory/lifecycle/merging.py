"""Moves the memories of one person to another when two accounts are linked, and back when the link is undone.

Each moved row, and each row written through the linked account later, stores its original person in `origin_id`, so
that undoing the link is exact. Both functions are idempotent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from django.db.models import F

from memory import database
from memory.consolidation import episodes, provenance, timeline
from memory.indexes import registry
from memory.models import MemoryEntry, MemoryEntryQuerySet
from memory.models.consolidation import ConsolidatedEpisode
from memory.storage import reindex, work_leases
from memory.storage.rows import of_scope
from memory.types import Scope

_LONGEST_ID = 191
_PART = 500


def absorb(source: Scope, target: Scope) -> int:
    """Moves all memories of `source` to `target`, a person of the same bot; returns the number of moved rows."""
    with database.atomic():
        work_leases.end(source)
        rows = of_scope(source)
        _make_ids_unique(rows, target, source.person_id)
        keys = set(rows.filter(kind=MemoryEntry.Kind.FACT).values_list("fact_key", flat=True))
        rows.filter(origin_id=None).update_unseen(origin_id=source.person_id)
        moved = rows.update(person_id=target.person_id)
        if moved:
            read = ConsolidatedEpisode.objects.for_person(source.bot_id, source.person_id)
            read.update(person_id=target.person_id)
            registry.drop(source)
            _relink(target, keys)
    return moved


def move_conversation(bot_id: int, source: int, target: int) -> int:
    """Gives the memories of a conversation to another one that has its messages now; returns the number of rows."""
    return MemoryEntry.objects.filter(bot_id=bot_id, conversation_id=source).update(conversation_id=target)


def give_back(holder: Scope, origins: Collection[int], home: Scope) -> int:
    """Moves memories that originate from these people from `holder` back to `home`, the first of them.

    Deletes facts and digests with sources of both people; consolidation makes them again for each. Returns the number
    of moved rows.
    """
    with database.atomic():
        work_leases.end(holder)
        rows = of_scope(holder).filter(origin_id__in=list(origins))
        moved = rows.update(person_id=home.person_id)
        if not moved:
            return 0
        mine = of_scope(home)
        _restore_ids(mine, home.person_id)
        mine.filter(origin_id=home.person_id).update(origin_id=None)
        for scope in (holder, home):
            _unarchive_unmatched(scope)
            _regroup(scope)
            provenance.drop_orphans(scope)
            episodes.mark_unread(scope)
            keys = of_scope(scope).filter(kind=MemoryEntry.Kind.FACT).values_list("fact_key", flat=True)
            _relink(scope, set(keys))
    return moved


def strays() -> Iterator[tuple[Scope, int]]:
    """Yields each distinct pair (current scope, original person) of moved rows, to be checked against the links."""
    rows = MemoryEntry.objects.exclude(origin_id=None).order_by()
    for bot, person, origin in rows.values_list("bot_id", "person_id", "origin_id").distinct():
        yield Scope(bot, person), int(origin or 0)


def _make_ids_unique(rows: MemoryEntryQuerySet, target: Scope, origin: int) -> None:
    """Marks external ids that `target` also has: both people may have imported an id "1"."""
    taken = of_scope(target).exclude(external_id=None).values("external_id")
    clashing = rows.filter(external_id__in=taken)
    for pk, known in list(clashing.values_list("pk", "external_id")):
        mark = _mark(origin)
        MemoryEntry.objects.filter(pk=pk).update(external_id=(known or "")[: _LONGEST_ID - len(mark)] + mark)


def _restore_ids(rows: MemoryEntryQuerySet, origin: int) -> None:
    mark = _mark(origin)
    for pk, marked in list(rows.filter(external_id__endswith=mark).values_list("pk", "external_id")):
        rows.filter(pk=pk).update(external_id=(marked or "").removesuffix(mark))


def _mark(origin: int) -> str:
    return f"@{origin}"


def _unarchive_unmatched(scope: Scope) -> None:
    """Unarchives near-duplicates of rows that now belong to another person."""
    linked = of_scope(scope).exclude(similar_to=None)
    theirs = _elsewhere(scope, linked.values_list("similar_to_id", flat=True))
    linked.filter(similar_to__in=theirs).update(archived_at=None, similar_to=None)


def _elsewhere(scope: Scope, ids: Iterable[int | None]) -> list[int]:
    """Returns those of these rows that do not belong to the scope."""
    asked = sorted({pk for pk in ids if pk is not None})
    here: set[int] = set()
    for start in range(0, len(asked), _PART):
        here.update(of_scope(scope).filter(pk__in=asked[start : start + _PART]).values_list("pk", flat=True))
    return [pk for pk in asked if pk not in here]


def _regroup(scope: Scope) -> None:
    """Gives copies whose first row now belongs to another person a first row in this scope."""
    rows = of_scope(scope)
    copies = rows.exclude(duplicate_of=None)
    parted = copies.filter(duplicate_of__in=_elsewhere(scope, copies.values_list("duplicate_of_id", flat=True)))
    found = list(parted.order_by("occurred_at", "pk").values_list("pk", "duplicate_of_id", "content_hash"))
    firsts: dict[bytes, int] = {}
    for pk, old_first, digest in found:
        key = bytes(digest)
        if key not in firsts:
            known = rows.turns().filter(content_hash=key, duplicate_of=None).values_list("pk", flat=True).first()
            firsts[key] = known or pk
        first = firsts[key]
        MemoryEntry.objects.filter(pk=old_first, duplicates__gt=0).update(duplicates=F("duplicates") - 1)
        if first == pk:
            # embedded again: the vector belongs to the other person's first row
            rows.filter(pk=pk).update(duplicate_of=None, vector=None, embedder="", claim=None, claim_until=None)
        else:
            rows.filter(pk=pk).update(duplicate_of=first)
            rows.filter(pk=first).update(duplicates=F("duplicates") + 1)
    promoted = list(firsts.values())
    for start in range(0, len(promoted), _PART):
        reindex.rewrite_index(rows.filter(pk__in=promoted[start : start + _PART]))


def _relink(scope: Scope, keys: Collection[str]) -> None:
    for key in sorted(keys):
        timeline.relink(scope, key)
