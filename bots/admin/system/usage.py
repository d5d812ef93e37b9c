"""The page of turn usage: tokens, milliseconds, cost."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from bots.admin.ui.base import BotScopedAdmin, ReadOnlyMixin
from bots.admin.ui.filters import RangeDateTimeFilter, ScopedFilter
from bots.admin.ui.fragments import admin_link, ago
from bots.admin.ui.large_tables import RecentValuesFilter
from bots.models import TurnUsage


@admin.register(TurnUsage)
class TurnUsageAdmin(ReadOnlyMixin, BotScopedAdmin[TurnUsage]):
    """Turn usage: one row per turn, written when the turn closes."""

    list_display = (
        "at",
        "bot",
        "person_link",
        "purpose",
        "provider",
        "model",
        "prompt_tokens",
        "completion_tokens",
        "first_token_ms",
        "total_ms",
        "cost",
    )
    list_filter = (
        ("bot", ScopedFilter),
        "purpose",
        ("provider", RecentValuesFilter),
        ("created_at", RangeDateTimeFilter),
    )
    list_select_related = ("bot", "person")
    search_fields = ("=provider", "=model", "=person__key", "person__display_name")
    fields = (
        ("bot", "purpose"),
        ("person_link", "conversation_link"),
        ("provider", "model"),
        ("prompt_tokens", "completion_tokens"),
        ("first_token_ms", "model_ms"),
        ("recall_ms", "total_ms"),
        ("heard_s", "spoken_characters"),
        ("cost", "created_at"),
    )

    @admin.display(description=_("at"), ordering="id")
    def at(self, row: TurnUsage) -> str:
        return ago(row.created_at)

    @admin.display(description=_("person"))
    def person_link(self, row: TurnUsage) -> str:
        return admin_link(row.person)

    @admin.display(description=_("conversation"))
    def conversation_link(self, row: TurnUsage) -> str:
        return admin_link(row.conversation)
