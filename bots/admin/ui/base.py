"""The base classes of all admin pages: typed, scoped to the user's bots, read-only for logs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.contrib import admin
from django.db import IntegrityError
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from bots.admin.ui.access import MANAGER, OPERATOR, VIEWER, access_of
from bots.admin.ui.large_tables import (
    BoundedPaginator,
    LargeChangeList,
    SearchRangeFilter,
    explain_search,
    is_large,
    newest,
)

M = TypeVar("M", bound=Model)

if TYPE_CHECKING:
    # Unfold ships no types. For the type checker its classes are Django's with these additional attributes.
    class TypedAdmin(admin.ModelAdmin[M]):
        actions_submit_line: ClassVar[tuple[str, ...]]
        list_filter_submit: ClassVar[bool]
        list_fullwidth: ClassVar[bool]
        list_before_template: ClassVar[str]
        conditional_fields: ClassVar[dict[str, str]]
        warn_unsaved_form: ClassVar[bool]

    class TypedInline(admin.TabularInline[M, Model]):
        tab: ClassVar[bool]
        hide_title: ClassVar[bool]
        per_page: ClassVar[int | None]
else:
    from unfold.admin import ModelAdmin, TabularInline

    class TypedAdmin(ModelAdmin):
        def __class_getitem__(cls, _item: object) -> type:
            return cls

    class TypedInline(TabularInline):
        def __class_getitem__(cls, _item: object) -> type:
            return cls


class BaseAdmin(TypedAdmin[M]):
    """The defaults of every page: 50 rows, no query over a whole large table, filters in a side sheet."""

    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    paginator = BoundedPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LargeChangeList]:
        return LargeChangeList

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Returns the filters; in a large table also whether a search reads all rows."""
        filters = super().get_list_filter(request)
        return [*filters, SearchRangeFilter] if self.search_fields and is_large(request, self.model) else filters

    def get_ordering(self, request: HttpRequest) -> Any:
        """Returns the order; a search in a large table goes by id, because only ids limit it to the newest rows."""
        searches = self.search_fields and request.GET.get("q", "").strip()
        return ("-pk",) if searches and is_large(request, self.model) else super().get_ordering(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        rows = newest(request, queryset) if search_term.strip() else queryset
        return super().get_search_results(request, rows, search_term)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if self.search_fields:
            explain_search(request, self.model)
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Shows and saves the form of a row.

        Two people may post the same unique value at the same instant: both forms are valid and the database refuses the
        later one. By then that transaction is undone and the other row is there, so a second validation names it.
        """
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            for _name, uploads in request.FILES.lists():
                for upload in uploads:
                    upload.seek(0)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def page(self, request: HttpRequest, template: str, extra: dict[str, Any]) -> HttpResponse:
        """Renders a custom page in the admin's layout; `extra` is its context and includes `title`."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, **extra}
        return TemplateResponse(request, template, context)

    def get_deleted_objects(
        self, objs: Iterable[M] | QuerySet[M], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Returns what the confirmation page shows: the rows and the number of related rows by model.

        Django would load every related row (a bot may have millions) and would require delete permission on read-only
        logs, which nobody has. Related rows are deleted with their row, so the permission on the row decides.
        """
        rows = list(objs)
        denied = {str(row._meta.verbose_name) for row in rows if not self.has_delete_permission(request, row)}
        counts = {str(capfirst(self.opts.verbose_name_plural)): len(rows)}
        for relation in self.opts.related_objects:
            field = relation.field
            if isinstance(field, ForeignKey) and relation.related_model is not self.model:
                related = relation.related_model._default_manager.filter(**{f"{field.name}__in": rows}).count()
                if related:
                    counts[str(capfirst(relation.related_model._meta.verbose_name_plural))] = related
        return [str(row) for row in rows], counts, denied, []


class BotScopedAdmin(BaseAdmin[M]):
    """Rows that belong to a bot. Except for superusers, a user sees only rows of bots granted by BotAccess.

    `bot_path` is the ORM path from the row to its bot ("" on the bot itself).
    """

    bot_path: ClassVar[str] = "bot"

    def bot_id_of(self, obj: Model) -> int | None:
        """Returns the id of the bot that this row belongs to."""
        if not self.bot_path:
            return int(obj.pk) if obj.pk is not None else None
        *way, last = self.bot_path.split("__")
        holder: Any = obj
        for step in way:
            holder = getattr(holder, step)
        found = getattr(holder, f"{last}_id")
        return int(found) if found is not None else None

    def scoped(self, request: HttpRequest, queryset: QuerySet[M], least: str) -> QuerySet[M]:
        """Returns only the rows of bots on which the user has at least this role."""
        bots = access_of(request).bots(least)
        if bots is None:
            return queryset
        return queryset.filter(**{f"{self.bot_path}_id__in" if self.bot_path else "pk__in": bots})

    def operable(self, request: HttpRequest, queryset: QuerySet[M]) -> QuerySet[M]:
        """Returns the selected rows on which the user may act (retry, discard, replay, delete a memory)."""
        return self.scoped(request, queryset, OPERATOR)

    def manageable(self, request: HttpRequest, queryset: QuerySet[M]) -> QuerySet[M]:
        """Returns the selected rows that the user may change."""
        return self.scoped(request, queryset, MANAGER)

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return self.scoped(request, super().get_queryset(request), VIEWER)

    def _allowed(self, request: HttpRequest, obj: Model | None, least: str) -> bool:
        # An unsaved row has no bot yet, so the role on any bot is enough.
        bot_id = self.bot_id_of(obj) if obj is not None and obj.pk is not None else None
        return access_of(request).allows(bot_id, least)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._allowed(request, None, VIEWER)

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self._allowed(request, obj, VIEWER)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._allowed(request, None, MANAGER)

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self._allowed(request, obj, MANAGER)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self._allowed(request, obj, MANAGER)

    def has_operate_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Tells whether the user may act on the row. Admin actions name this permission "operate"."""
        return self._allowed(request, obj, OPERATOR)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        restrict_choices(self.admin_site, db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyMixin:
    """Rows that only the program writes: no user adds, changes or deletes them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScopedInline(TypedInline[M]):
    """Rows edited on their parent's page, with the user's permissions on the parent."""

    extra = 0

    def _parent_allows(self, request: HttpRequest, parent: Any, least: str) -> bool:
        owner = self.admin_site._registry.get(self.parent_model)
        if isinstance(owner, BotScopedAdmin):
            return owner._allowed(request, parent, least)
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent_allows(request, obj, VIEWER)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent_allows(request, obj, MANAGER)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent_allows(request, obj, MANAGER)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent_allows(request, obj, MANAGER)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        restrict_choices(self.admin_site, db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def restrict_choices(site: admin.AdminSite, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> None:
    """Limits the choices of a foreign key to rows of bots that the user manages."""
    related = site._registry.get(db_field.remote_field.model)
    if isinstance(related, BotScopedAdmin) and "queryset" not in kwargs:
        kwargs["queryset"] = related.manageable(request, related.get_queryset(request))
