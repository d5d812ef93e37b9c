"""The page of labels. They are put on people on the page of a person."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BotScopedAdmin
from bots.admin.ui.filters import ScopedFilter
from bots.models import Label


@admin.register(Label)
class LabelAdmin(AuditedMixin, BotScopedAdmin[Label]):
    """Labels of a bot."""

    list_display = ("name", "bot", "people_link")
    list_filter = (("bot", ScopedFilter),)
    list_select_related = ("bot",)
    search_fields = ("name",)
    fields = ("bot", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("bot",) if obj is not None else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Label]:
        return super().get_queryset(request).annotate(count=Count("people"))

    @admin.display(description=_("people"), ordering="count")
    def people_link(self, row: Any) -> str:
        address = reverse("admin:bots_person_changelist") + f"?labels__id__exact={row.pk}"
        return format_html('<a class="claw-link" href="{}">{}</a>', address, row.count)
