"""Writes every change that is made on an admin page to the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.http import HttpRequest

from bots.operations.configuration_log import Action, record

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Base = ModelAdmin[Any]
else:
    _Base = object

_NAMES = "_clawdbot_changed"


class AuditedMixin(_Base):
    """Records who added, changed or removed a row and its inline rows, and the names of the changed fields."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        setattr(request, _NAMES, tuple(form.changed_data))
        for formset in formsets or ():
            _record_inlines(formset, request.user)
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        record(Action.ADDED, obj, request.user, _names(request, message))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        if names := _names(request, message):
            record(Action.CHANGED, obj, request.user, names)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            record(Action.REMOVED, row, request.user)
        return super().log_deletions(request, queryset)


def _names(request: HttpRequest, message: Any) -> tuple[str, ...]:
    """Returns the changed fields of the form; those of the message where an action changed the row without a form."""
    names: Iterable[str] | None = request.__dict__.pop(_NAMES, None)
    if names is None:
        parts = message if isinstance(message, list) else ()
        names = (str(name) for part in parts for name in part.get("changed", {}).get("fields", ()))
    return tuple(names)


def _record_inlines(formset: Any, user: Any) -> None:
    for row in formset.new_objects:
        record(Action.ADDED, row, user)
    for row, names in formset.changed_objects:
        record(Action.CHANGED, row, user, names)
    for row in formset.deleted_objects:
        record(Action.REMOVED, row, user)
