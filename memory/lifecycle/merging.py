"""Gives one person's memories to another, and takes them back: for two accounts of one human.

Each row that moves remembers where it came from (`origin_id`), as does each that is written through the other account
later, so nothing has to be guessed when the link is undone. Both may be repeated: what has moved is not moved again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.db.models import F, Value
from django.db.models.functions import Coalesce

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
    """Gives everything of `source` to `target`, a person of the same bot; returns how many rows moved."""
    with database.atomic():
        work_leases.end(source)
        rows = of_scope(source)
        _make_ids_unique(rows, target, source.person_id)
        keys = set(rows.filter(kind=MemoryEntry.Kind.FACT).values_list("fact_key", flat=True))
        moved = rows.update(person_id=target.person_id, origin_id=Coalesce(F("origin_id"), Value(source.person_id)))
        if moved:
            read = ConsolidatedEpisode.objects.for_person(source.bot_id, source.person_id)
            read.update(person_id=target.person_id)
            registry.drop(source)
            _relink(target, keys)
    return moved


def give_back(holder: Scope, origins: Collection[int], home: Scope) -> int:
    """Takes what came from these people out of `holder` and gives it to `home`, the first of them.

    Facts and digests that were made from both sides go, and are made anew from what each side said.
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
    """(where rows are, whom they came from), once each: to be compared with who is linked to whom."""
    rows = MemoryEntry.objects.exclude(origin_id=None).order_by()
    for bot, person, origin in rows.values_list("bot_id", "person_id", "origin_id").distinct():
        yield Scope(bot, person), int(origin or 0)


def _make_ids_unique(rows: MemoryEntryQuerySet, target: Scope, origin: int) -> None:
    """Both sides may have imported an id "1": the one that moves gets a mark."""
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
    """What was archived because the other side said the same is recalled again."""
    unmatched = of_scope(scope).exclude(similar_to=None).exclude(similar_to__person=scope.person_id)
    ids = list(unmatched.values_list("pk", flat=True))
    of_scope(scope).filter(pk__in=ids).update(archived_at=None, similar_to=None)


def _regroup(scope: Scope) -> None:
    """Copies whose first row is now another person's get a first row of their own side."""
    rows = of_scope(scope)
    parted = rows.exclude(duplicate_of=None).exclude(duplicate_of__person=scope.person_id)
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
            # the vector is made anew: the other side's first row has it
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
