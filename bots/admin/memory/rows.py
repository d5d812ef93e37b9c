"""Helpers for lists of memory rows, whose bot and person may be in another database, out of reach for a join."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bots.models import Person

# Maximum number of people that a search includes.
_PEOPLE = 500


class MemoryRowsMixin:
    """Loads the references named by `owners`. Lists show `bot_name` in place of "bot", which Django would join."""

    owners: ClassVar[tuple[str, ...]] = ("bot",)
    list_select_related: Any = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]  # defined by the ModelAdmin
        return rows.prefetch_related(*self.owners)

    @admin.display(description=_("bot"), ordering="bot_id")
    def bot_name(self, row: Any) -> str:
        return str(row.bot)


def of_people(rows: QuerySet[Any], people: QuerySet[Person], text: str) -> QuerySet[Any]:
    """Returns the rows of people whose key is this text or whose name contains all of its words."""
    named = Q()
    for word in text.split():
        named &= Q(display_name__icontains=word)
    found = people.filter(Q(key=text.strip()) | named).order_by("-id").values_list("pk", flat=True)
    return rows.filter(person__in=list(found[:_PEOPLE]))
