"""Selects rows in MongoDB with the methods of Django's querysets that the product uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from types import SimpleNamespace
from typing import Any

from django.db import NotSupportedError
from django.db.models import F, Q

from memory.models import MemoryEntry
from memory.models.entry import MemoryEntryQuerySet, new_stamp
from memory.storage.mongo import client, conditions, documents, grouping, removal
from memory.storage.mongo.conditions import Filter

_UNSEEN = frozenset({"claim", "claim_until"})
_MOVES_VECTOR = frozenset({"vector", "person_id", "bot_id"})


class Selection:
    """A lazy selection of rows; every method that narrows it returns a new one."""

    model = MemoryEntry
    db = "mongodb"

    def __init__(self) -> None:
        self._where: Filter = {}
        self._order: tuple[str, ...] | None = None
        self._names: tuple[str, ...] = ()  # of values; else whole rows
        self._columns: tuple[str, ...] = documents.COLUMNS
        self._form = "rows"  # or "dicts", "tuples", "flat"
        self._grouped: dict[str, Any] = {}
        self._distinct = False
        self._low = 0
        self._high: int | None = None
        self._related: tuple[str, ...] = ()
        self._held: list[Any] | None = None

    # the product's own selections are made of the methods below
    for_bot: Any = MemoryEntryQuerySet.for_bot
    for_person: Any = MemoryEntryQuerySet.for_person
    distinct_entries: Any = MemoryEntryQuerySet.distinct_entries
    waiting_for_vector: Any = MemoryEntryQuerySet.waiting_for_vector
    turns: Any = MemoryEntryQuerySet.turns
    derived: Any = MemoryEntryQuerySet.derived

    # narrowing

    def filter(self, *parts: Any, **named: Any) -> Selection:
        return self._with(_where=conditions.every([self._where, conditions.of(Q(*parts, **named))]))

    def exclude(self, *parts: Any, **named: Any) -> Selection:
        return self._with(_where=conditions.every([self._where, conditions.of(Q(*parts, **named), negated=True)]))

    def none(self) -> Selection:
        return self._with(_where=conditions.NOTHING)

    def all(self) -> Selection:
        return self._with()

    def __and__(self, other: Selection) -> Selection:
        return self._with(_where=conditions.every([self._where, other._where]))

    def __or__(self, other: Selection) -> Selection:
        return self._with(_where=conditions.any_of([self._where, other._where]))

    def order_by(self, *names: str) -> Selection:
        return self._with(_order=names)

    def reverse(self) -> Selection:
        return self._with(_order=tuple(name[1:] if name[0] == "-" else f"-{name}" for name in self._ordering()))

    def using(self, _alias: str | None) -> Selection:
        return self._with()

    def select_for_update(self, **_options: Any) -> Selection:
        """Locks nothing: each update of a document is atomic, and work on a memory is locked in the main database."""
        return self._with()

    def select_related(self, *names: str) -> Selection:
        """Reads these rows of other apps (by default bot and person) with one query each."""
        return self._with(_related=names or ("bot", "person"))

    prefetch_related = select_related

    def defer(self, *names: str) -> Selection:
        gone = {documents.column(name) for name in names}
        return self._with(_columns=tuple(name for name in self._columns if name not in gone))

    def only(self, *names: str) -> Selection:
        return self._with(_columns=tuple(dict.fromkeys(("id", *(documents.column(name) for name in names)))))

    def values(self, *names: str) -> Selection:
        return self._with(_names=names or documents.COLUMNS, _form="dicts")

    def values_list(self, *names: str, flat: bool = False) -> Selection:
        return self._with(_names=names or documents.COLUMNS, _form="flat" if flat else "tuples")

    def distinct(self) -> Selection:
        return self._with(_distinct=True)

    def annotate(self, **made: Any) -> Selection:
        """Groups the values, as in `values_list("session").annotate(n=Count("id"))`."""
        if self._form == "rows":
            raise NotSupportedError("a memory in MongoDB is annotated by groups only")
        return self._with(_grouped={**self._grouped, **made})

    # reading

    def __iter__(self) -> Iterator[Any]:
        if self._held is None:
            self._held = list(self.iterator())
        return iter(self._held)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def __getitem__(self, at: int | slice) -> Any:
        if self._held is not None:
            return self._held[at]
        if isinstance(at, int):
            found = list(self[at : at + 1])
            return found[0]
        low = self._low + (at.start or 0)
        ends = [end for end in (self._high, self._low + at.stop if at.stop is not None else None) if end is not None]
        cut = self._with(_low=low, _high=min(ends) if ends else None)
        return list(cut)[:: at.step] if at.step else cut

    def iterator(self, chunk_size: int = 0) -> Iterator[Any]:
        """Reads batch by batch, whatever `chunk_size`: MongoDB's cursors do."""
        if self._low == self._high or self._where == conditions.NOTHING:
            return iter(())
        if self._grouped or self._distinct:
            groups = grouping.rows(self._where, self._names, self._grouped, self._order or ())
            return iter([self._shape(values) for values in groups[self._low : self._high]])
        found = client.find(self._where, self._wanted(), self._sort(), (self._high or self._low) - self._low, self._low)
        if self._form != "rows":
            return iter(self._shape(self._decoded(one)) for one in found)
        rows = (documents.entry(one, self._columns) for one in found)
        return iter(self._joined(list(rows)) if self._related else rows)

    def first(self) -> Any:
        named = self if self._order is not None or self._low else self._with(_order=self._ordering() or ("id",))
        return next(iter(named[:1]), None)

    def get(self, *parts: Any, **named: Any) -> Any:
        found = list(self.filter(*parts, **named)[:2])
        if not found:
            raise self.model.DoesNotExist("MemoryEntry matching query does not exist.")
        if len(found) > 1:
            raise self.model.MultipleObjectsReturned("more than one MemoryEntry")
        return found[0]

    def in_bulk(self, ids: Iterable[int]) -> dict[int, MemoryEntry]:
        return {row.pk: row for row in self.filter(pk__in=list(ids))}

    def count(self) -> int:
        if self._held is not None:
            return len(self._held)
        if self._grouped or self._distinct:
            return len(list(self.iterator()))
        if self._where == conditions.NOTHING:
            return 0
        found = client.count(self._where, self._high or 0)
        return max(0, found - self._low)

    def exists(self) -> bool:
        return bool(self._held) if self._held is not None else self[:1].count() > 0

    def aggregate(self, **made: Any) -> dict[str, Any]:
        return grouping.totals(self._where, made)

    def flat_values(self) -> list[Any]:
        """Returns the values for a condition `__in` on another selection: by default the ids."""
        return list(self if self._form != "rows" else self.order_by().values_list("pk", flat=True))

    # writing

    def update(self, **values: Any) -> int:
        changed = {documents.column(name): value for name, value in values.items()}
        if not _UNSEEN.issuperset(changed):
            changed.setdefault("stamp", new_stamp())
        return self.update_unseen(**changed)

    update.alters_data = True  # type: ignore[attr-defined]

    def update_unseen(self, **values: Any) -> int:
        if self._where == conditions.NOTHING:
            return 0
        return client.update(self._where, change({documents.column(name): value for name, value in values.items()}))

    update_unseen.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        gone = removal.remove(self.order_by().values_list("id", flat=True))
        return gone, {"memory.MemoryEntry": gone}

    delete.alters_data = True  # type: ignore[attr-defined]

    def create(self, **values: Any) -> MemoryEntry:
        row = self.model(**values)
        row.save(force_insert=True)
        return row

    def bulk_create(self, rows: Sequence[MemoryEntry], **_options: Any) -> Sequence[MemoryEntry]:
        for row in rows:
            row.save(force_insert=True)
        return rows

    def bulk_update(self, rows: Sequence[MemoryEntry], names: Iterable[str], batch_size: int = 0) -> int:
        wanted = [documents.column(name) for name in names]
        changes = [({"_id": row.pk}, change({name: getattr(row, name) for name in wanted})) for row in rows]
        return client.update_each(changes)

    def store(self, row: MemoryEntry, names: Iterable[str] | None = None) -> None:
        """Inserts a row that has no number yet, else updates its columns (`names`, by default all)."""
        if row._state.adding:
            number = row.pk or client.numbers("entry", 1)[0]
            client.insert([documents.document(documents.values_of(row), number, _next_change())])
            row.pk, row._state.adding, row._state.db = number, False, "default"
            return
        wanted = [documents.column(name) for name in names] if names is not None else list(documents.COLUMNS)
        client.update({"_id": row.pk}, change({name: getattr(row, name) for name in wanted if name != "id"}))

    # what this class needs itself

    def _with(self, **state: Any) -> Selection:
        made = copy(self)
        made._held = None
        made.__dict__.update(state)
        return made

    _clone = _chain = _with

    def _ordering(self) -> tuple[str, ...]:
        return self._order if self._order is not None else tuple(str(name) for name in self.model._meta.ordering or ())

    @property
    def query(self) -> SimpleNamespace:
        """What the admin's lists ask of a queryset's query."""
        return SimpleNamespace(order_by=self._order or (), select_related=bool(self._related))

    @property
    def ordered(self) -> bool:
        return bool(self._ordering())

    def _sort(self) -> list[tuple[str, int]]:
        names = dict.fromkeys(self._ordering())
        return [(documents.column(name.lstrip("-")), -1 if name.startswith("-") else 1) for name in names]

    def _wanted(self) -> tuple[str, ...]:
        return self._columns if self._form == "rows" else tuple(documents.column(name) for name in self._names)

    def _decoded(self, found: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(documents.decode(name, found.get(name)) for name in map(documents.column, self._names))

    def _shape(self, values: tuple[Any, ...]) -> Any:
        if self._form == "flat":
            return values[0]
        return values if self._form == "tuples" else dict(zip((*self._names, *self._grouped), values, strict=True))

    def _joined(self, rows: list[MemoryEntry]) -> list[MemoryEntry]:
        for name in self._related:
            field: Any = self.model._meta.get_field(name)
            ids = {pk for row in rows if (pk := getattr(row, field.attname)) is not None}
            there = field.related_model._default_manager.in_bulk(list(ids)) if ids else {}
            for row in rows:
                held = there.get(getattr(row, field.attname))
                if held is not None:
                    setattr(row, name, held)
        return rows


def change(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the update of a document for new values of columns; a value may be `F(column) + number`."""
    sets: dict[str, Any] = {}
    steps: dict[str, int] = {}
    for name, value in values.items():
        if hasattr(value, "resolve_expression"):
            steps[name] = _step(name, value)
        else:
            sets[name] = documents.encode(name, value)
    if "tokens" in sets:
        sets.update(documents.words(sets))
    elif "terms" in sets:
        sets.pop("terms")  # they follow `tokens`
    if _MOVES_VECTOR.intersection(sets):
        sets["change"] = _next_change()
    return {name: part for name, part in (("$set", sets), ("$inc", steps)) if part}


def _step(name: str, value: Any) -> int:
    held, number = getattr(value, "lhs", None), getattr(getattr(value, "rhs", None), "value", None)
    if (
        not isinstance(held, F)
        or documents.column(str(getattr(held, "name", ""))) != name
        or not isinstance(number, int)
    ):
        raise NotSupportedError(f"a memory in MongoDB cannot set {name} to an expression")
    return number if value.connector == "+" else -number


def _next_change() -> int:
    return client.numbers("change", 1)[0]
