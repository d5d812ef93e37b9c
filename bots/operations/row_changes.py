"""Inserts rows and updates only the changed fields, so that a slow form never overwrites what a worker wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model

from bots.models import Bot, ModelProvider
from bots.operations import address_rules, configuration_log
from bots.operations.configuration_log import Action
from bots.operations.errors import OperationError, refusal

if TYPE_CHECKING:
    from bots.people.audit_log import Actor

# Rows of the set-up; a change of people and memories has its own entries.
LOGGED = (Bot, ModelProvider)

_RowT = TypeVar("_RowT", bound=Model)


def change(row: _RowT, values: Mapping[str, Any], actor: Actor) -> _RowT:
    """Sets these fields of a row and writes only them, and `updated_at` if the model has it.

    Raises:
        OperationError: A unique name is taken, or a stored key would go to another server.
    """
    if not values:
        return row
    if isinstance(row, ModelProvider):
        values = _with_trust(row, values, actor)
    # A key is bound to the endpoint of the row, so it comes last.
    for name in sorted(values, key=lambda name: name == "api_key"):
        setattr(row, name, values[name])
    columns = {field.name for field in row._meta.concrete_fields}
    names = {*values, "updated_at"} & columns
    # A secret such as `api_key` is stored in the column `api_key_encrypted`.
    names |= {f"{name}_encrypted" for name in values} & columns
    try:
        with transaction.atomic():
            row.save(update_fields=sorted(names))
            if isinstance(row, LOGGED):
                configuration_log.record(Action.CHANGED, row, actor, values)
    except IntegrityError:
        raise OperationError("another row has this name already") from None
    return row


def _with_trust(provider: ModelProvider, values: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    keeps_key = bool(provider.api_key_encrypted) and "api_key" not in values
    endpoint = values.get("endpoint", provider.endpoint)
    public_only = address_rules.check_endpoint(provider.endpoint, endpoint, actor, keeps_key=keeps_key)
    return values if public_only is None else {**values, "public_only": public_only}


def save_provider(provider: ModelProvider | None, values: Mapping[str, Any], actor: Actor) -> ModelProvider:
    """Adds or changes a model provider; bots use it from the next message on.

    Raises:
        OperationError: The name is taken, or a value is invalid.
    """
    if provider is not None:
        return change(provider, values, actor)
    fresh = ModelProvider(**{name: value for name, value in values.items() if name != "api_key"})
    fresh.api_key = values.get("api_key", "")
    return insert_provider(fresh, actor)


def insert_provider(fresh: ModelProvider, actor: Actor) -> ModelProvider:
    """Validates and inserts a model provider.

    Raises:
        OperationError: A value is invalid, or the name is taken.
    """
    fresh.public_only = bool(address_rules.check_endpoint("", fresh.endpoint, actor, keeps_key=False))
    with transaction.atomic():
        insert(fresh)
        configuration_log.record(Action.ADDED, fresh, actor)
    return fresh


def delete(row: Model, actor: Actor) -> None:
    """Deletes a row and records it."""
    with transaction.atomic():
        configuration_log.record(Action.REMOVED, row, actor)
        row.delete()


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
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # somebody else took a unique value after it was checked
        raise OperationError("another row has this name already") from None
    return row
