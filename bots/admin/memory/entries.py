"""The pages of memories. They are registered here because `memory` may not import bots."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bots.admin.memory.rows import MemoryRowsMixin, of_people
from bots.admin.ui.base import BotScopedAdmin, ReadOnlyMixin
from bots.admin.ui.erasure import ErasingMixin
from bots.admin.ui.filters import ChoicesDropdownFilter, RangeDateTimeFilter, ScopedFilter
from bots.admin.ui.fragments import admin_link, ago, shortened
from bots.admin.ui.large_tables import newest
from bots.admin.ui.unfold_parts import display
from bots.models import Person
from bots.operations import memories
from memory.models import MemoryEntry


@admin.register(MemoryEntry)
class MemoryEntryAdmin(MemoryRowsMixin, ErasingMixin, ReadOnlyMixin, BotScopedAdmin[MemoryEntry]):
    """Memories. Here they are pinned or deleted; the memory explorer also edits their text."""

    list_display = (
        "short",
        "kind_label",
        "role",
        "person_link",
        "bot_name",
        "said",
        "pinned_mark",
        "repeated",
        "searchable",
    )
    list_filter = (
        ("bot", ScopedFilter),
        ("kind", ChoicesDropdownFilter),
        ("role", ChoicesDropdownFilter),
        "pinned",
        ("occurred_at", RangeDateTimeFilter),
    )
    list_before_template = "admin/memory/to_explorer.html"
    owners = ("bot", "person")
    ordering = ("-pk",)  # no index has the time they were said for all bots
    search_fields = ("text", "=external_id")
    search_help_text = _("Words, an external id, or the person's name or id")
    actions = ("pin_selected", "unpin_selected", "delete_selected")
    fieldsets = (
        (None, {"fields": ("text", ("person_link", "bot"), ("kind", "pinned"), ("role", "speaker"))}),
        (_("Time"), {"fields": (("occurred_at", "last_seen_at"), ("valid_from", "valid_to"), "superseded_by")}),
        (
            _("Origin"),
            {
                "fields": (
                    "conversation_link",
                    ("session", "external_id"),
                    ("searchable", "embedder"),
                    ("duplicates", "created_at"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MemoryEntry]:
        # the vector and the index text are large and never shown
        return super().get_queryset(request).defer("vector", "tokens")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MemoryEntry], search_term: str
    ) -> tuple[QuerySet[MemoryEntry], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if search_term.strip():
            found |= of_people(queryset, newest(request, Person.objects.all()), search_term)
        return found, duplicates

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # operators, too, answer requests to forget something
        return self.has_operate_permission(request, obj)

    def erase_rows(self, request: HttpRequest, rows: Iterable[MemoryEntry]) -> None:
        by_person: dict[int, list[int]] = {}
        for row in rows:
            by_person.setdefault(row.person_id, []).append(row.pk)
        for person in Person.objects.filter(pk__in=list(by_person)).select_related("bot"):
            memories.erase(person, request.user, by_person[person.pk])

    @admin.display(description=_("text"))
    def short(self, entry: MemoryEntry) -> str:
        return shortened(entry.text, 90)

    @display(description=_("kind"), label={"turn": "", "fact": "primary", "summary": "info"}, ordering="kind")
    def kind_label(self, entry: MemoryEntry) -> Any:
        return entry.kind, entry.get_kind_display()

    @admin.display(description=_("person"))
    def person_link(self, entry: MemoryEntry) -> str:
        return admin_link(entry.person)

    @admin.display(description=_("conversation"))
    def conversation_link(self, entry: MemoryEntry) -> str:
        return admin_link(entry.conversation) if entry.conversation_id else "–"

    @admin.display(description=_("said at"), ordering="occurred_at")
    def said(self, entry: MemoryEntry) -> str:
        return ago(entry.occurred_at)

    @admin.display(description=_("repeated"), ordering="duplicates")
    def repeated(self, entry: MemoryEntry) -> str:
        return f"× {entry.duplicates + 1}" if entry.duplicates else "–"

    @display(description=_("pinned"), label={"pinned": "warning"}, ordering="pinned")
    def pinned_mark(self, entry: MemoryEntry) -> Any:
        return ("pinned", _("pinned")) if entry.pinned else None

    @admin.display(description=_("found by meaning"))
    def searchable(self, entry: MemoryEntry) -> str:
        return str(_("yes")) if entry.embedder else str(_("not yet"))

    @admin.action(description=_("Pin the selected memories"), permissions=["operate"])
    def pin_selected(self, request: HttpRequest, queryset: QuerySet[MemoryEntry]) -> None:
        self._pin(request, queryset, True)

    @admin.action(description=_("Unpin the selected memories"), permissions=["operate"])
    def unpin_selected(self, request: HttpRequest, queryset: QuerySet[MemoryEntry]) -> None:
        self._pin(request, queryset, False)

    def _pin(self, request: HttpRequest, queryset: QuerySet[MemoryEntry], pinned: bool) -> None:
        ids = list(self.operable(request, queryset).values_list("pk", flat=True))
        changed = memories.pin(None, ids, request.user, pinned=pinned)
        text = (
            ngettext("%(n)s memory pinned.", "%(n)s memories pinned.", changed)
            if pinned
            else ngettext("%(n)s memory unpinned.", "%(n)s memories unpinned.", changed)
        )
        messages.success(request, text % {"n": changed})
