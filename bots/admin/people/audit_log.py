"""The pages of the audit log and of link codes: read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bots.admin.people import audit_texts
from bots.admin.ui.base import BotScopedAdmin, ReadOnlyMixin
from bots.admin.ui.filters import ChoicesDropdownFilter, RangeDateTimeFilter
from bots.admin.ui.fragments import ago, chip, listed
from bots.admin.ui.unfold_parts import display
from bots.models import AuditEntry, LinkCode


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyMixin, BotScopedAdmin[AuditEntry]):
    """The audit log: who did what with a person's data or with the set-up, the proof of each erasure, and log-ins.

    Rows hold no content and identify people by a keyed hash only. They outlive the data they describe.
    """

    list_display = ("when", "action", "acted_by", "bot_slug", "subject", "pseudonym", "in_short", "result_label")
    list_filter = (("action", ChoicesDropdownFilter), ("result", ChoicesDropdownFilter), ("at", RangeDateTimeFilter))
    search_fields = ("=person_hash", "actor", "=bot_slug", "subject")
    fields = (
        ("action", "result_chip"),
        ("at", "acted_by"),
        ("subject", "changed"),
        ("bot_slug", "person_hash"),
        "amounts",
        "found",
    )

    @admin.display(description=_("changed fields"))
    def changed(self, entry: AuditEntry) -> str:
        return ", ".join(map(str, entry.field_names)) or "–"

    @admin.display(description=_("at"), ordering="id")
    def when(self, entry: AuditEntry) -> str:
        return ago(entry.at)

    @admin.display(description=pgettext_lazy("of an act", "who"), ordering="actor")
    def acted_by(self, entry: AuditEntry) -> str:
        return audit_texts.actor(entry.actor)

    @admin.display(description=_("person (pseudonym)"), ordering="person_hash")
    def pseudonym(self, entry: AuditEntry) -> str:
        return format_html('<span class="claw-pseudonym">{}</span>', entry.person_hash) if entry.person_hash else "–"

    @admin.display(description=_("counts"))
    def in_short(self, entry: AuditEntry) -> str:
        return audit_texts.in_short(entry.counts)

    @admin.display(description=_("counts"))
    def amounts(self, entry: AuditEntry) -> str:
        return listed(audit_texts.pairs(entry.counts))

    @admin.display(description=_("proof"))
    def found(self, entry: AuditEntry) -> str:
        return listed(audit_texts.pairs(entry.proof))

    @admin.display(description=_("result"))
    def result_chip(self, entry: AuditEntry) -> str:
        return chip(*self.result_label(entry))

    @display(description=_("result"), label={"done": "", "proved": "success", "failed": "danger"}, ordering="result")
    def result_label(self, entry: AuditEntry) -> Any:
        return entry.result, entry.get_result_display()


@admin.register(LinkCode)
class LinkCodeAdmin(ReadOnlyMixin, BotScopedAdmin[LinkCode]):
    """Link codes: who requested one to connect a second account, and who is locked out after wrong attempts."""

    bot_path = "person__bot"
    list_display = ("person", "expires_at", "tries", "locked_until")
    list_select_related = ("person__bot",)
    search_fields = ("=person__key", "person__display_name")
    fields = list_display
