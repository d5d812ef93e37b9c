"""Converts rows to documents and back.

Times are whole microseconds since 1970 in UTC, because BSON's own dates keep milliseconds only; days and JSON are text.
A document has every column of a row by name, and besides: `keys`, the numbers of its terms, each once; `sources`, the
ids of the turns that a derived row was made from; `change`, the number of the latest change of its vector.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import DataError, models
from django.utils import timezone

from memory.models import MemoryEntry
from memory.storage.mongo.client import Document
from memory.text import term_keys

LONGEST = 300_000  # characters; with terms and keys 11 MB in the worst case, and a document has 16 MB at most
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIELDS: dict[str, models.Field[Any, Any]] = {field.attname: field for field in MemoryEntry._meta.concrete_fields}
COLUMNS = tuple(_FIELDS)
# Hexadecimal, because some compatible servers find no bytes by an index.
_DIGEST = "content_hash"
_BY_NAME = {**{field.name: field.attname for field in _FIELDS.values()}, "pk": "id"}


def column(name: str) -> str:
    """Returns the column of a field; raises FieldDoesNotExist."""
    known = _BY_NAME.get(name, name)
    if known not in _FIELDS:
        MemoryEntry._meta.get_field(name)  # raises with the names to choose from
    return known


def field_of(name: str) -> models.Field[Any, Any]:
    """Returns the field of a column; of a reference: the field that it refers to."""
    field = _FIELDS[name]
    return field.target_field if isinstance(field, models.ForeignKey) else field


def encode(name: str, value: Any) -> Any:
    """Converts a value of a column to what a document holds."""
    if value is None:
        return None
    if isinstance(value, models.Model):
        return value.pk
    field = _FIELDS[name]
    if isinstance(field, models.DateTimeField):
        return microseconds(value)
    if isinstance(field, models.DateField):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(field, models.JSONField):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(field, models.BinaryField):
        return bytes(value).hex() if name == _DIGEST else bytes(value)
    return field_of(name).get_prep_value(value)


def decode(name: str, value: Any) -> Any:
    """Converts a value of a document to that of the column."""
    if value is None:
        return None
    field = _FIELDS[name]
    if isinstance(field, models.DateTimeField):
        return moment(value)
    if isinstance(field, models.DateField):
        return date.fromisoformat(value)
    if isinstance(field, models.JSONField):
        return json.loads(value)
    return bytes.fromhex(value) if name == _DIGEST else value


def microseconds(at: datetime) -> int:
    aware = at if at.tzinfo is not None else timezone.make_aware(at)
    return (aware - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def document(row: Mapping[str, Any], pk: int, change: int) -> Document:
    """Returns the document of a new row; columns that are not given have their default.

    Raises:
        DataError: The text is so long that the document with its index terms could be larger than MongoDB takes.
    """
    if len(row["text"]) > LONGEST:
        raise DataError(f"MongoDB cannot store this: a memory has {LONGEST} characters at most")
    values = {name: row[name] if name in row else _default(name) for name in COLUMNS}
    made = {name: encode(name, value) for name, value in values.items()}
    return {**made, **words(made), "_id": pk, "id": pk, "sources": [], "change": change if made["vector"] else 0}


def words(made: Mapping[str, Any]) -> Document:
    """Returns the fields that are derived from `tokens`."""
    terms = term_keys.pack((made["tokens"] or "").split())
    return {"terms": terms, "keys": np.unique(np.frombuffer(terms, "<u4")).tolist()}


def entry(found: Document, names: tuple[str, ...] = COLUMNS) -> MemoryEntry:
    """Returns a row with these columns."""
    return MemoryEntry.from_db("default", names, [decode(name, found.get(name)) for name in names])


def values_of(row: MemoryEntry) -> dict[str, Any]:
    """Returns the columns of a row except its number."""
    return {name: getattr(row, name) for name in COLUMNS if name != "id"}


def _default(name: str) -> Any:
    return _FIELDS[name].get_default()
