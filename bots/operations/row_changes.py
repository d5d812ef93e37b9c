"""Inserts rows and updates only the changed fields, so that a slow form never overwrites what a worker wrote."""

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
    """Sets these fields of a row and writes only them, and `updated_at` if the model has it.

    Raises:
        OperationError: A unique name is taken.
    """
    for name, value in values.items():
        setattr(row, name, value)
    columns = {field.name for field in row._meta.concrete_fields}
    names = {*values, "updated_at"} & columns
    # A secret such as `api_key` is stored in the column `api_key_encrypted`.
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
    """Adds or changes a model provider; bots use it from the next message on.

    Raises:
        OperationError: The name is taken, or a value is invalid.
    """
    if provider is not None:
        return change(provider, values)
    fresh = ModelProvider(**{name: value for name, value in values.items() if name != "api_key"})
    fresh.api_key = values.get("api_key", "")
    return insert(fresh)


def insert(row: _RowT) -> _RowT:
    """Validates and inserts a row.

    Raises:
        OperationError: A value is invalid, or a unique value is taken.
    """
    try:
        row.clean_fields()
        row.validate_unique()
        row.validate_constraints()
    except ValidationError as error:
        raise refusal(error) from None
    row.save(force_insert=True)
    return row
