"""The page of people's reminders. The team reads, pauses, resumes and stops them; only people make them."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bots.admin.ui.base import BotScopedAdmin, ReadOnlyMixin
from bots.admin.ui.filters import ChoicesDropdownFilter, RangeDateTimeFilter, ScopedFilter
from bots.admin.ui.fragments import admin_link, ago, chip, listed, shortened
from bots.admin.ui.unfold_parts import display
from bots.i18n.failure_texts import describe_column
from bots.models import Occurrence, Schedule
from bots.operations import schedules
from skills import time_words

_TONES = {"active": "success", "paused": "warning", "stopped": "danger", "done": "", "cancelled": ""}
_LATEST = 10


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyMixin, BotScopedAdmin[Schedule]):
    """Reminders, latest first; the list can be ordered by the next time."""

    list_display = ("short_text", "state_label", "next_time", "often", "person_link", "bot", "why_short")
    list_filter = (("bot", ScopedFilter), ("state", ChoicesDropdownFilter), ("next_at", RangeDateTimeFilter))
    list_select_related = ("bot", "person", "channel", "conversation__person", "conversation__channel")
    search_fields = ("text", "person__display_name", "person__key")
    actions = ("pause_selected", "resume_selected", "stop_selected")
    fields = (
        ("bot", "person_link"),
        ("state_chip", "number"),
        "text",
        ("their_time", "own_time"),
        ("often", "before"),
        ("last_at", "deliveries"),
        ("why", "told"),
        ("conversation_link", "again_of"),
        "created_at",
    )

    @admin.display(description=_("text"), ordering="text")
    def short_text(self, row: Schedule) -> str:
        return shortened(row.text, 60)

    @display(description=_("state"), label=_TONES, ordering="state")
    def state_label(self, row: Schedule) -> Any:
        return row.state, row.get_state_display()

    @admin.display(description=_("state"))
    def state_chip(self, row: Schedule) -> str:
        return chip(row.state, row.get_state_display())

    @admin.display(description=_("next time"), ordering="next_at")
    def next_time(self, row: Schedule) -> str:
        """The person's time, with the reader's as a tooltip."""
        if row.next_at is None:
            return "–"
        theirs = _at(row.next_at, _zone(row.person.time_zone or row.zone))
        return format_html('<span class="claw-nowrap" title="{}">{}</span>', _here(row.next_at), theirs)

    @admin.display(description=_("next, for the person"))
    def their_time(self, row: Schedule) -> str:
        return _at(row.next_at, _zone(row.person.time_zone or row.zone)) if row.next_at else "–"

    @admin.display(description=_("next, for you"))
    def own_time(self, row: Schedule) -> str:
        return _here(row.next_at) if row.next_at else "–"

    @admin.display(description=_("repeats"))
    def often(self, row: Schedule) -> str:
        return time_words.how_often(row.rule) or "–"

    @admin.display(description=_("comes before"))
    def before(self, row: Schedule) -> str:
        minutes = row.before_s // 60
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes} if minutes else "–"

    @admin.display(description=_("person"), ordering="person__display_name")
    def person_link(self, row: Schedule) -> str:
        return admin_link(row.person)

    @admin.display(description=_("conversation"))
    def conversation_link(self, row: Schedule) -> str:
        return admin_link(row.conversation)

    @admin.display(description=_("stopped because"))
    def why(self, row: Schedule) -> str:
        return describe_column(row, "stopped") or "–"

    @admin.display(description=_("stopped because"))
    def why_short(self, row: Schedule) -> str:
        return shortened(describe_column(row, "stopped"), 60)

    @admin.display(description=_("delivered"))
    def deliveries(self, row: Schedule) -> str:
        rows = Occurrence.objects.filter(schedule=row).order_by("-pk")[:_LATEST]
        return listed((one.local.replace("T", " "), ago(one.at)) for one in rows)

    @admin.action(description=_("Pause the selected reminders"), permissions=["operate"])
    def pause_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._act(request, queryset, schedules.pause)

    @admin.action(description=_("Resume the selected reminders"), permissions=["operate"])
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._act(request, queryset, schedules.resume)

    @admin.action(description=_("Stop the selected reminders"), permissions=["operate"])
    def stop_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._act(request, queryset, schedules.stop)

    def _act(
        self, request: HttpRequest, queryset: QuerySet[Schedule], act: Callable[[Iterable[int], Any], int]
    ) -> None:
        ids = list(self.operable(request, queryset).values_list("pk", flat=True))
        changed = act(ids, request.user)
        text = ngettext("%(n)s reminder changed.", "%(n)s reminders changed.", changed) % {"n": changed}
        messages.success(request, text)
        if len(ids) > changed:
            messages.warning(request, _("Reminders whose state does not allow it were not changed."))


def _at(moment: datetime, zone: zoneinfo.ZoneInfo) -> str:
    return f"{date_format(moment.astimezone(zone), 'SHORT_DATETIME_FORMAT')} {zone.key}"


def _here(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
