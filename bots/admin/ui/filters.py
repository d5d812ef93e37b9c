"""List filters that offer only rows that the user may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

if TYPE_CHECKING:
    RelatedDropdownFilter = admin.RelatedFieldListFilter
    ChoicesDropdownFilter = admin.ChoicesFieldListFilter
    RangeDateTimeFilter = admin.DateFieldListFilter
else:
    from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter, RelatedDropdownFilter

__all__ = ["ChoicesDropdownFilter", "RangeDateTimeFilter", "ScopedFilter"]


class ScopedFilter(RelatedDropdownFilter):
    """A drop-down of related rows (bot, channel), scoped by the related admin; at most 200."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        related = model_admin.admin_site._registry.get(field.remote_field.model)
        if related is None:
            return super().field_choices(field, request, model_admin)
        return [(str(row.pk), str(row)) for row in related.get_queryset(request)[:200]]
