"""Lists and searches whose cost does not grow with the table."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import AutoField, Max, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LISTED = 10_000  # rows that the pages of one list can reach; filters and search reach the others
SEARCHED = 5_000  # newest rows that a search reads unless the user asks for all
ALL_ROWS = "all"


class LargeChangeList(ChangeList):
    """Reads related rows after the page. With a join, a planner with statistics may start at the few related rows."""

    def apply_select_related(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        related = self.list_select_related
        return queryset.prefetch_related(*related) if isinstance(related, (list, tuple)) else queryset


class BoundedPaginator(Paginator[Any]):
    """Counts at most `LISTED` rows: a COUNT over all rows reads the whole table."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:LISTED].count()) if isinstance(rows, QuerySet) else len(rows)


class SearchRangeFilter(admin.SimpleListFilter):
    """Lets a search read all rows. It changes nothing without a search."""

    title = gettext_lazy("search in")
    parameter_name = "rows"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(ALL_ROWS, _("all rows (slow)"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class RecentValuesFilter(admin.AllValuesFieldListFilter):
    """Offers the values of the newest rows. Django's filter reads the whole table for its list of values."""

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        recent = model_admin.get_queryset(request).order_by("-pk").values_list(field_path, flat=True)[:SEARCHED]
        self.lookup_choices: Any = sorted({value for value in recent if value})


def is_large(request: HttpRequest, model: Any) -> bool:
    """Returns whether the table has more rows than a search reads by default."""
    return _last_left_out(request, model) > 0


def newest(request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Limits a search to the newest rows of the table; no limit when the user asked for all."""
    if request.GET.get(SearchRangeFilter.parameter_name) == ALL_ROWS or not is_large(request, rows.model):
        return rows
    return rows.filter(pk__gt=_last_left_out(request, rows.model))


def explain_search(request: HttpRequest, model: Any) -> None:
    """Says that a search read only the newest rows, with a link that searches all."""
    parameters = request.GET.copy()
    if (
        not parameters.get("q", "").strip()
        or SearchRangeFilter.parameter_name in parameters
        or not is_large(request, model)
    ):
        return
    parameters[SearchRangeFilter.parameter_name] = ALL_ROWS
    text = _("Only the newest %(n)s rows were searched.") % {"n": number_format(SEARCHED, force_grouping=True)}
    link = format_html('<a href="?{}" class="underline">{}</a>', parameters.urlencode(), _("Search all rows"))
    messages.info(request, format_html("{} {}", text, link))


def _last_left_out(request: HttpRequest, model: Any) -> int:
    """Returns the id of the last row that a search leaves out; gaps between ids make the search shorter."""
    known: dict[Any, int] = request.__dict__.setdefault("_last_left_out", {})
    if model not in known:
        numbered = isinstance(model._meta.pk, AutoField)
        last: int | None = model._default_manager.aggregate(last=Max("pk"))["last"] if numbered else None
        known[model] = (last or 0) - SEARCHED
    return known[model]
