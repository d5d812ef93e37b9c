"""Links between derived rows and the turns they were derived from, as rows of `MemorySource`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q

from memory.models import MemoryEntry
from memory.models.consolidation import MemorySource
from memory.types import Scope


class Links:
    def add_sources(self, derived_id: int, sources: Iterable[int]) -> None:
        links = [MemorySource(derived_id=derived_id, source_id=source) for source in sources]
        MemorySource.objects.bulk_create(links, ignore_conflicts=True)

    def sources(self, derived: Collection[int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        links = MemorySource.objects.filter(derived__in=list(derived)).order_by("source_id")
        for entry, source in links.values_list("derived_id", "source_id"):
            found.setdefault(entry, []).append(source)
        return found

    def derived_from(self, scope: Scope, ids: Collection[int], *, copies: bool = False) -> set[int]:
        told = Q(source_id__in=list(ids))
        if copies:
            told |= Q(source__duplicate_of_id__in=list(ids))
        links = MemorySource.objects.filter(told, derived__bot=scope.bot_id, derived__person=scope.person_id)
        return set(links.values_list("derived_id", flat=True))

    def sessions_of_sources(self, derived: Collection[int]) -> set[str]:
        links = MemorySource.objects.filter(derived_id__in=list(derived))
        return set(links.values_list("source__session", flat=True).distinct())

    def unfounded(self, scope: Scope) -> set[int]:
        mine = MemoryEntry.objects.for_person(scope.bot_id, scope.person_id)
        rows = mine.derived().filter(pinned=False).order_by()
        lost = set(rows.filter(source_links=None).values_list("id", flat=True))
        mixed = MemorySource.objects.filter(derived__in=rows).exclude(source__person=scope.person_id)
        return lost.union(mixed.values_list("derived_id", flat=True))

    def count_links(self, scope: Scope, ids: Collection[int] | None, last_id: int) -> int:
        sources = MemorySource.objects.filter(source__bot=scope.bot_id, source__person=scope.person_id)
        erased = Q(source_id__lte=last_id) if ids is None else Q(source_id__in=ids)
        return sources.filter(erased).count()
