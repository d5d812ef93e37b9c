"""Turns Django's conditions (`Q`) on columns of a row into filters of MongoDB.

A negation goes down to the comparisons, so that no filter needs `$not`, and a comparison with nothing is always written
with `$eq` or `$ne`: compatible servers evaluate both the same way as MongoDB itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

from django.core.exceptions import FieldError
from django.db.models import Q, QuerySet

from memory.models import MemoryEntry
from memory.storage.mongo import documents

Filter = dict[str, Any]
NOTHING: Filter = {"_id": {"$in": []}}
_BITS = 63
_ORDER = {"gt": "$lte", "gte": "$lt", "lt": "$gte", "lte": "$gt"}
"""Comparisons, with their opposite."""
_TEXT = {
    "contains": ("{}", ""), "icontains": ("{}", "i"), "startswith": ("^{}", ""), "istartswith": ("^{}", "i"),
    "endswith": ("{}$", ""), "iexact": ("^{}$", "i"),
}  # fmt: skip


def every(parts: Iterable[Filter]) -> Filter:
    """Returns the filter for documents that meet all of these."""
    kept = [part for part in parts if part]
    if NOTHING in kept:
        return NOTHING
    return kept[0] if len(kept) == 1 else {"$and": kept} if kept else {}


def any_of(parts: Iterable[Filter]) -> Filter:
    """Returns the filter for documents that meet one of these."""
    held = list(parts)
    if {} in held:
        return {}
    kept = [part for part in held if part != NOTHING]
    return kept[0] if len(kept) == 1 else {"$or": kept} if kept else NOTHING


def of(condition: Q, *, negated: bool = False) -> Filter:
    """Returns the filter of a condition.

    Raises:
        FieldError: The condition follows a relation to another memory, or uses a comparison that is not supported.
    """
    opposite = negated != condition.negated
    parts = [
        of(child, negated=opposite) if isinstance(child, Q) else _leaf(child[0], child[1], opposite)
        for child in cast("list[Q | tuple[str, Any]]", condition.children)
    ]
    if condition.connector == Q.XOR:
        raise FieldError("a memory in MongoDB has no XOR")
    joined = (condition.connector == Q.AND) != opposite
    # a condition without parts holds everywhere
    return (every(parts) if joined else any_of(parts)) if parts else {}


def _leaf(path: str, value: Any, negated: bool) -> Filter:
    name, *rest = path.split("__")
    column = documents.column(name)
    if rest and rest[0] not in _COMPARISONS:
        return _beyond(column, rest, value, negated)
    if len(rest) > 1:
        raise FieldError(f"a memory in MongoDB cannot be selected by {path}")
    found: Filter = _COMPARISONS[rest[0] if rest else "exact"](column, value, negated)
    return found


def _beyond(column: str, rest: list[str], value: Any, negated: bool) -> Filter:
    """Selects by a column of another app's row, such as the name of a person: finds these rows first."""
    field: Any = MemoryEntry._meta.get_field(column)
    related = getattr(field, "related_model", None)
    if related is None or related is MemoryEntry:
        raise FieldError(f"a memory in MongoDB cannot be selected by {column}__{'__'.join(rest)}")
    found = related._default_manager.filter(**{"__".join(rest): value}).values_list("pk", flat=True)
    return _in(column, found, negated)


def _exact(column: str, value: Any, negated: bool) -> Filter:
    if value is None:
        return _isnull(column, True, negated)
    encoded = documents.encode(column, value)
    if not _storable(encoded):
        return {} if negated else NOTHING
    return {_path(column): {"$ne" if negated else "$eq": encoded}}


def _in(column: str, values: Any, negated: bool) -> Filter:
    if isinstance(values, QuerySet) and not values.query.values_select:
        values = values.values_list("pk", flat=True)
    elif hasattr(values, "flat_values"):
        values = values.flat_values()
    encoded = [documents.encode(column, _alone(value)) for value in values if value is not None]
    kept = list(dict.fromkeys(value for value in encoded if _storable(value)))
    if not kept:
        return {} if negated else NOTHING
    return {_path(column): {"$nin" if negated else "$in": kept}}


def _alone(value: Any) -> Any:
    """Unpacks a value of a queryset of tuples or dicts."""
    if isinstance(value, dict):
        (value,) = value.values()
    elif isinstance(value, tuple):
        (value,) = value
    return value


def _isnull(column: str, value: Any, negated: bool) -> Filter:
    return {column: {"$eq" if bool(value) != negated else "$ne": None}}


def _compared(name: str) -> Any:
    def leaf(column: str, value: Any, negated: bool) -> Filter:
        encoded = documents.encode(column, value)
        if isinstance(encoded, int):
            encoded = max(-(1 << _BITS), min(encoded, (1 << _BITS) - 1))
        if negated:
            return any_of([{column: {_ORDER[name]: encoded}}, _isnull(column, True, False)])
        return {column: {f"${name}": encoded}}

    return leaf


def _range(column: str, value: Any, negated: bool) -> Filter:
    first, last = value
    parts = [_compared("gte")(column, first, negated), _compared("lte")(column, last, negated)]
    return any_of(parts) if negated else every(parts)


def _text(name: str) -> Any:
    form, options = _TEXT[name]

    def leaf(column: str, value: Any, negated: bool) -> Filter:
        if "\0" in str(value) or not _storable(str(value)):  # no stored text has these
            return {} if negated else NOTHING
        pattern = form.format(re.escape(str(value)))
        found: Filter = {column: {"$regex": pattern, **({"$options": options} if options else {})}}
        return {"$nor": [found]} if negated else found

    return leaf


def _path(column: str) -> str:
    return "_id" if column == "id" else column


def _storable(value: Any) -> bool:
    """Tells whether a document can hold this value: no lone surrogates, no number of more than 64 bits."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return False
    return not isinstance(value, int) or -(1 << _BITS) <= value < 1 << _BITS


_COMPARISONS: dict[str, Any] = {
    "exact": _exact,
    "in": _in,
    "isnull": _isnull,
    "range": _range,
    **{name: _compared(name) for name in _ORDER},
    **{name: _text(name) for name in _TEXT},
}
