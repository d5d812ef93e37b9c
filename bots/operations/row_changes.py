"""Writing new rows, and of old ones only what somebody changed: a slow form never undoes what a worker wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model

from bots.models import ModelProvider
from bots.operations.errors import OperationError, refusal

_RowT = TypeVar("_RowT", bound=Model)


def change(row: _RowT, values: Mapping[str, Any]) -> _RowT:
    """Sets these fields of a row, writes them and `updated_at` where there is one.

    Raises:
        OperationError: A unique name is taken.
    """
    for name, value in values.items():
        setattr(row, name, value)
    columns = {field.name for field in row._meta.concrete_fields}
    names = {*values, "updated_at"} & columns
    # Some values are stored under another name: a key that is given lands in the column that holds it encrypted.
    names |= {f"{name}_encrypted" for name in values} & columns
    if not values:
        return row
    try:
        with transaction.atomic():
            row.save(update_fields=sorted(names))
    except IntegrityError:
        raise OperationError("another row has this name already") from None
    return row


def save_provider(provider: ModelProvider | None, values: Mapping[str, Any]) -> ModelProvider:
    """Adds a model provider, or changes one; bots use it from the next message on.

    Raises:
        OperationError: The name is taken, or a value does not fit.
    """
    if provider is not None:
        return change(provider, values)
    fresh = ModelProvider(**{name: value for name, value in values.items() if name != "api_key"})
    fresh.api_key = values.get("api_key", "")
    return insert(fresh)


def insert(row: _RowT) -> _RowT:
    """Writes a new row whose values have been checked.

    Raises:
        OperationError: A value does not fit, or a unique one is taken.
    """
    try:
        row.clean_fields()
        row.validate_unique()
        row.validate_constraints()
    except ValidationError as error:
        raise refusal(error) from None
    row.save(force_insert=True)
    return row
