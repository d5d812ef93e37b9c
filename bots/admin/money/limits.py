"""The pages of limits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from bots.admin.money import page
from bots.admin.ui.access import access_of
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BotScopedAdmin
from bots.admin.ui.filters import ChoicesDropdownFilter, ScopedFilter
from bots.models import Limit, OwnerKind, Unit
from bots.operations import prices, spending
from bots.operations.errors import OperationError


class LimitForm(forms.ModelForm[Limit]):
    """A tenant has bots of several owners, so only superusers limit it."""

    may_limit_tenants = False

    def clean_kind(self) -> str:
        kind = str(self.cleaned_data["kind"])
        if kind == OwnerKind.TENANT and not self.may_limit_tenants:
            raise forms.ValidationError(_("Only superusers limit a tenant."))
        return kind


@admin.register(Limit)
class LimitAdmin(AuditedMixin, BotScopedAdmin[Limit]):
    """What bots, people, group chats, channels and tenants may consume."""

    form = LimitForm
    list_display = ("owner", "bot", "messages_per_minute", "tokens_per_day", "money_per_month")
    list_filter = (("bot", ScopedFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("bot", "person", "channel__bot")
    search_fields = ("bot__name", "person__key", "person__display_name", "tenant")
    autocomplete_fields = ("bot", "person", "channel")
    fieldsets = (
        (_("For whom"), {"fields": ("kind", "bot", ("person", "channel"), "tenant")}),
        (_("How much"), {"fields": ("messages_per_minute", "tokens_per_day", "money_per_month", "used")}),
    )
    readonly_fields = ("used",)
    conditional_fields = {
        "bot": "kind != 'tenant'",
        "person": "kind == 'person' || kind == 'chat'",
        "channel": "kind == 'channel'",
        "tenant": "kind == 'tenant'",
    }
    warn_unsaved_form = True

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.may_limit_tenants = access_of(request).everything
        return form

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and request.user.has_perm("bots.add_limit")

    def has_change_permission(self, request: HttpRequest, obj: Limit | None = None) -> bool:
        return super().has_change_permission(request, obj) and request.user.has_perm("bots.change_limit")

    def has_delete_permission(self, request: HttpRequest, obj: Limit | None = None) -> bool:
        return super().has_delete_permission(request, obj) and request.user.has_perm("bots.delete_limit")

    def save_model(self, request: HttpRequest, obj: Limit, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        spending.changed(obj)

    def delete_model(self, request: HttpRequest, obj: Limit) -> None:
        spending.changed(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Limit]) -> None:
        for row in queryset:
            spending.changed(row)
        super().delete_queryset(request, queryset)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.money_view)
        return [path("money/", view, name="bots_money"), *super().get_urls()]

    def money_view(self, request: HttpRequest) -> HttpResponseBase:
        """Shows what was used and what it cost, or gives it as a CSV file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._take_over_price(request)
        if request.GET.get("format") == "csv" and (download := page.as_csv(request)) is not None:
            return download
        return self.page(request, "admin/bots/limit/money.html", page.context(request))

    def _take_over_price(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("bots.change_modelprovider"):
            raise PermissionDenied
        try:
            row = prices.take_over(int(request.POST.get("provider") or 0), request.user)
            messages.success(request, str(_("%(name)s has the known prices now.")) % {"name": row.name})
        except (OperationError, ValueError) as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:bots_money"))

    @admin.display(description=_("limits"), ordering="kind")
    def owner(self, row: Limit) -> str:
        return str(row)

    @admin.display(description=_("used"))
    def used(self, row: Limit) -> str:
        if row._state.adding:
            return "–"
        lines = [
            (_amount(one), one.percent, Unit(one.unit).label, number_format(one.refused))
            for one in spending.standing(row)
        ]
        text = _("{amount} ({percent} %) {unit}; without room: {refused}")
        shown = ((str(text).format(amount=a, percent=p, unit=u, refused=r),) for a, p, u, r in lines)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", shown))


def _amount(one: spending.Standing) -> str:
    return number_format(one.spent.normalize() if one.unit == Unit.MONEY else int(one.spent), force_grouping=True)
