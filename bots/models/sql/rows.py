"""SELECT and INSERT of single rows as model instances, with SQL that is compiled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.expressions import Col

Row = TypeVar("Row", bound=models.Model)
Converter = Callable[[Any], Any]


def get_with(model: type[Row], expression: str, where: str, parameters: Sequence[Any]) -> tuple[Row, Any] | None:
    """Returns the first row that matches `where`, as a model instance, and the value of `expression`; else None.

    Args:
        model: The model to read.
        expression: Trusted SQL for the value, without parameters.
        where: Trusted SQL after WHERE, with %s for values; may end with ORDER BY.
        parameters: The values of `where`.
    """
    sql = f"SELECT {columns(model)}, {expression} FROM {model._meta.db_table} WHERE {where} LIMIT 1"  # noqa: S608  names of our own
    found = _fetch_first(sql, parameters)
    return (_instance(model, found[:-1]), found[-1]) if found is not None else None


def first(model: type[Row], sql: str, parameters: Sequence[Any]) -> Row | None:
    """Returns the first row of a statement as a model instance; it must list the columns as `columns` does."""
    found = _fetch_first(sql, parameters)
    return _instance(model, found) if found is not None else None


def insert(row: models.Model) -> None:
    """Inserts a row with a generated key and sets that key on the instance. Sends no signals."""
    model = type(row)
    names, sql = _insert_sql(model)
    values = []
    for name in names:
        field: Any = model._meta.get_field(name)
        values.append(field.get_db_prep_save(field.pre_save(row, True), connection))
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        (row.pk,) = cursor.fetchone()
    row._state.adding = False
    row._state.db = connection.alias


def _fetch_first(sql: str, parameters: Sequence[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


@lru_cache(maxsize=64)
def columns(model: type[models.Model]) -> str:
    """Returns all columns of a model, in the order that `first` expects."""
    table = model._meta.db_table
    return ", ".join(f"{table}.{field.column}" for field in model._meta.concrete_fields)


@lru_cache(maxsize=64)
def _insert_sql(model: type[models.Model]) -> tuple[tuple[str, ...], str]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    marks = ", ".join(["%s"] * len(fields))
    names = ", ".join(str(field.column) for field in fields)
    sql = f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks}) RETURNING id"  # noqa: S608  names of our own
    return tuple(field.name for field in fields), sql


@lru_cache(maxsize=64)
def _converters(model: type[models.Model], vendor: str) -> tuple[tuple[int, Converter], ...]:
    """Returns (position, conversion) of the columns whose database value needs conversion."""
    found: list[tuple[int, Converter]] = []
    for position, field in enumerate(model._meta.concrete_fields):
        expression: Any = Col(model._meta.db_table, field)
        steps = [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
        if steps:
            found.append((position, _chain(steps, expression)))
    return tuple(found)


def _chain(steps: Sequence[Callable[[Any, Any, Any], Any]], expression: Any) -> Converter:
    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, expression, connection)
        return value

    return convert


def _instance(model: type[Row], values: Sequence[Any]) -> Row:
    changed = list(values)
    for position, convert in _converters(model, connection.vendor):
        changed[position] = convert(changed[position])
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(connection.alias, names, changed)
