"""Groups a person's memories by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from bots.admin.memory.explorer import state_of
from bots.models import Person
from memory.models import MemoryEntry, MemoryEntryQuerySet

PAGE = 50


@dataclass(frozen=True, slots=True)
class Chosen:
    """The filters that the reader chose."""

    kind: str = ""
    text: str = ""
    current: bool = False

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Chosen:
        kind = values.get("kind", "")
        known = {*MemoryEntry.Kind.values, "pinned"}
        return cls(kind if kind in known else "", values.get("q", "").strip()[:200], "current" in values)

    def query(self) -> str:
        pairs = {"kind": self.kind, "q": self.text, "current": "on" if self.current else ""}
        return urlencode({name: value for name, value in pairs.items() if value})


@dataclass(frozen=True, slots=True)
class Line:
    """One memory; `state` says why it is no longer recalled, "" when it still is."""

    row: MemoryEntry
    state: str
    state_label: str


@dataclass(frozen=True, slots=True)
class Day:
    """The memories of one calendar day, latest first."""

    day: date
    lines: tuple[Line, ...]


def kinds() -> list[tuple[str, str]]:
    """Returns the choices of the kind filter."""
    return [("", _("everything")), *((k, str(v)) for k, v in MemoryEntry.Kind.choices), ("pinned", _("pinned"))]


def rows(person: Person, chosen: Chosen) -> MemoryEntryQuerySet:
    """Returns the person's memories, latest first. Repetitions of a text are counted on its first row."""
    found = MemoryEntry.objects.for_person(person.bot_id, person.pk).distinct_entries()
    if chosen.kind == "pinned":
        found = found.filter(pinned=True)
    elif chosen.kind:
        found = found.filter(kind=chosen.kind)
    if chosen.text:
        found = found.filter(text__icontains=chosen.text)
    if chosen.current:
        found = found.filter(superseded_by=None, archived_at=None, valid_to=None)
    return found.defer("vector", "tokens", "terms").order_by("-occurred_at", "-id")


def days(page: Iterable[MemoryEntry]) -> list[Day]:
    """Groups the memories of one page by day."""
    return [
        Day(day, tuple(Line(row, *state_of(row)) for row in own)) for day, own in groupby(page, lambda row: row.day)
    ]
