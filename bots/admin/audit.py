"""The audit log, to read: what was done with people's data, by whom, and how an erasure was proved."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from bots.admin.base import BotScopedAdmin, ReadOnlyMixin
from bots.admin.filters import ChoicesDropdownFilter, RangeDateTimeFilter
from bots.admin.fragments import ago, chip, json_block
from bots.admin.unfold_parts import display
from bots.models import AuditEntry, LinkCode


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyMixin, BotScopedAdmin[AuditEntry]):
    """Rows name no content, and people by a keyed hash only; they outlive what they tell of."""

    list_display = ("when", "action", "actor", "bot_slug", "person_hash", "amounts", "result_label")
    list_filter = (("action", ChoicesDropdownFilter), ("result", ChoicesDropdownFilter), ("at", RangeDateTimeFilter))
    search_fields = ("=person_hash", "actor", "=bot_slug")
    fields = (("action", "result_chip"), ("at", "actor"), ("bot_slug", "person_hash"), "amounts", "found")

    @admin.display(description=_("at"), ordering="id")
    def when(self, entry: AuditEntry) -> str:
        return ago(entry.at)

    @admin.display(description=_("counts"))
    def amounts(self, entry: AuditEntry) -> str:
        return ", ".join(f"{name} {count}" for name, count in entry.counts.items()) or "–"

    @admin.display(description=_("proof"))
    def found(self, entry: AuditEntry) -> str:
        return json_block(entry.proof) if entry.proof else "–"

    @admin.display(description=_("result"))
    def result_chip(self, entry: AuditEntry) -> str:
        return chip(*self.result_label(entry))

    @display(description=_("result"), label={"done": "", "proved": "success", "failed": "danger"}, ordering="result")
    def result_label(self, entry: AuditEntry) -> Any:
        return entry.result, entry.get_result_display()


@admin.register(LinkCode)
class LinkCodeAdmin(ReadOnlyMixin, BotScopedAdmin[LinkCode]):
    """Who asked for a code to connect a second account, and who is locked out after wrong tries."""

    bot_path = "person__bot"
    list_display = ("person", "expires_at", "tries", "locked_until")
    list_select_related = ("person__bot",)
    search_fields = ("=person__key", "person__display_name")
    fields = list_display
