"""Counts, sums, least and greatest values, of all selected documents or by groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import NotSupportedError
from django.db.models import Count, Max, Min, Sum

from memory.storage.mongo import client, documents
from memory.storage.mongo.conditions import NOTHING, Filter

_KINDS: tuple[tuple[type[Any], str], ...] = ((Sum, "$sum"), (Min, "$min"), (Max, "$max"))


def totals(where: Filter, made: Mapping[str, Any]) -> dict[str, Any]:
    """Returns one value per expression over all documents; without documents 0 for a count, else None."""
    found = client.aggregate([*_matching(where), {"$group": {"_id": None, **_steps(made)}}]) if where != NOTHING else []
    if not found:
        return {name: 0 if isinstance(expression, Count) else None for name, expression in made.items()}
    return {name: _value(expression, found[0][name]) for name, expression in made.items()}


def rows(where: Filter, names: Sequence[str], made: Mapping[str, Any], order: Sequence[str]) -> list[tuple[Any, ...]]:
    """Returns the distinct values of columns, with one value per expression for each, in order."""
    columns = [documents.column(name) for name in names]
    if len(columns) == 1 or set(columns) == {"bot_id", "person_id"}:
        found = _by_one(where, columns, made)
    elif not made:
        read = client.find(where, columns)
        found = list(dict.fromkeys(tuple(documents.decode(c, one.get(c)) for c in columns) for one in read))
    else:
        raise NotSupportedError("memories in MongoDB are counted by one column")
    places = {name: at for at, name in enumerate([*names, *made])}
    for name in reversed(order):
        at = places[name.lstrip("-")]
        found.sort(key=lambda row: (row[at] is not None, row[at]), reverse=name.startswith("-"))
    return found


def _by_one(where: Filter, columns: Sequence[str], made: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Groups by one column. A person belongs to one bot, so the person alone tells the pair."""
    key = columns[0] if len(columns) == 1 else "person_id"
    others = {f"_{column}": {"$first": f"${column}"} for column in columns if column != key}
    found = client.aggregate([*_matching(where), {"$group": {"_id": f"${key}", **others, **_steps(made)}}])
    return [
        (
            *(documents.decode(c, one["_id"] if c == key else one[f"_{c}"]) for c in columns),
            *(_value(expression, one[name]) for name, expression in made.items()),
        )
        for one in found
    ]


def _matching(where: Filter) -> list[Mapping[str, Any]]:
    return [{"$match": where}] if where else []


def _steps(made: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _step(expression) for name, expression in made.items()}


def _step(expression: Any) -> Any:
    if isinstance(expression, Count) and not getattr(expression, "distinct", False) and expression.filter is None:
        return {"$sum": 1}
    for kind, name in _KINDS:
        if isinstance(expression, kind):
            return {name: f"${_column(expression)}"}
    raise NotSupportedError(f"memories in MongoDB have no {type(expression).__name__} like this")


def _value(expression: Any, value: Any) -> Any:
    return value if isinstance(expression, (Count, Sum)) else documents.decode(_column(expression), value)


def _column(expression: Any) -> str:
    return documents.column(expression.get_source_expressions()[0].name)
