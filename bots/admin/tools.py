"""The pages of tool calls, also those that wait for an operator, and of what a bot's tools may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BotScopedAdmin, ReadOnlyMixin, ScopedInline
from bots.admin.ui.filters import ChoicesDropdownFilter, RangeDateTimeFilter, ScopedFilter
from bots.admin.ui.fragments import admin_link, ago, chip, json_block
from bots.admin.ui.unfold_parts import display
from bots.models import Message
from bots.operations import tool_calls
from skills.models import BotTool, ToolCall

STATE = ToolCall.State
TONES = {
    STATE.WAITING: "warning",
    STATE.ALLOWED: "info",
    STATE.STARTED: "primary",
    STATE.DONE: "success",
    STATE.FAILED: "danger",
    STATE.UNKNOWN: "danger",
}


def calls_of(message: Message) -> Sequence[ToolCall]:
    """Returns the tool calls of the turn that this message belongs to, in their order. Queries: 1."""
    return list(ToolCall.objects.of_event(message.inbound_id))


class WaitingFilter(admin.SimpleListFilter):
    """Calls that wait for the team."""

    title = _("waits")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return (("operator", _("for an operator")), ("person", _("for the person")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[ToolCall]) -> QuerySet[ToolCall]:
        if self.value() in ("operator", "person"):
            return queryset.filter(expires_at__gt=timezone.now(), asked=self.value())
        return queryset


@admin.register(ToolCall)
class ToolCallAdmin(ReadOnlyMixin, BotScopedAdmin[ToolCall]):
    """Tool calls: one row per call. An operator allows or refuses those that wait for the team."""

    list_display = ("when", "tool", "bot", "state_label", "ms", "decided", "conversation_link")
    list_filter = (
        WaitingFilter,
        ("bot", ScopedFilter),
        ("state", ChoicesDropdownFilter),
        ("at", RangeDateTimeFilter),
    )
    list_select_related = ("bot", "conversation")
    search_fields = ("=tool",)
    actions = ("allow_selected", "refuse_selected")
    fieldsets = (
        (None, {"fields": (("tool", "source"), "bot", "state_chip", "conversation_link", ("at", "ms"))}),
        (_("Call"), {"fields": ("arguments_block", "effects", "result_block")}),
        (_("Approval"), {"fields": (("asked", "expires_at"), ("decided_by", "decided_at"))}),
    )

    def has_operate_permission(self, request: HttpRequest, obj: ToolCall | None = None) -> bool:
        """Tells whether the user may decide: the role on the bot and Django's permission."""
        return super().has_operate_permission(request, obj) and request.user.has_perm("skills.change_toolcall")

    @admin.display(description=_("at"), ordering="id")
    def when(self, call: ToolCall) -> str:
        return ago(call.at)

    @display(description=_("state"), label={str(state): tone for state, tone in TONES.items()}, ordering="state")
    def state_label(self, call: ToolCall) -> Any:
        return call.state, call.get_state_display()

    @admin.display(description=_("state"))
    def state_chip(self, call: ToolCall) -> str:
        return chip(call.state, call.get_state_display())

    @admin.display(description=_("decided by"))
    def decided(self, call: ToolCall) -> str:
        if call.decided_by:
            return gettext("the person") if call.decided_by == "person" else call.decided_by
        if call.expires_at is None:
            return "–"
        return gettext("until %(time)s") % {"time": date_format(timezone.localtime(call.expires_at), "TIME_FORMAT")}

    @admin.display(description=_("arguments"))
    def arguments_block(self, call: ToolCall) -> str:
        return json_block(call.arguments)

    @admin.display(description=_("result"))
    def result_block(self, call: ToolCall) -> str:
        return json_block(call.result) if call.result else "–"

    @admin.display(description=_("conversation"))
    def conversation_link(self, call: ToolCall) -> str:
        return admin_link(call.conversation, f"#{call.conversation_id}")

    @admin.action(description=_("Allow the selected calls"), permissions=["operate"])
    def allow_selected(self, request: HttpRequest, queryset: QuerySet[ToolCall]) -> None:
        self._decide(request, queryset, allowed=True)

    @admin.action(description=_("Refuse the selected calls"), permissions=["operate"])
    def refuse_selected(self, request: HttpRequest, queryset: QuerySet[ToolCall]) -> None:
        self._decide(request, queryset, allowed=False)

    def _decide(self, request: HttpRequest, queryset: QuerySet[ToolCall], *, allowed: bool) -> None:
        ids = list(self.operable(request, queryset).values_list("pk", flat=True))
        decided = tool_calls.decide(ids, allowed=allowed, actor=request.user)
        if decided:
            text = (
                ngettext("%(n)s call allowed.", "%(n)s calls allowed.", decided)
                if allowed
                else ngettext("%(n)s call refused.", "%(n)s calls refused.", decided)
            )
            messages.success(request, text % {"n": decided})
        if len(ids) > decided:
            messages.warning(request, _("Calls that wait for no operator, or no longer, were not changed."))


class _BotToolMixin:
    """What the page of a tool and the bot's page show alike."""

    @admin.display(description=_("state"))
    def pause(self, row: BotTool) -> str:
        if row.paused_until is None or row.paused_until <= timezone.now():
            return "–"
        until = date_format(timezone.localtime(row.paused_until), "TIME_FORMAT")
        return gettext("switched off until %(time)s, because it failed again and again") % {"time": until}


class BotToolOfBotInline(_BotToolMixin, ScopedInline[BotTool]):
    """What the bot's tools may do, on the bot's page."""

    model = BotTool
    fields = ("tool", "enabled", "audience", "approval", "pause")
    readonly_fields = ("pause",)
    tab = True


@admin.register(BotTool)
class BotToolAdmin(_BotToolMixin, AuditedMixin, BotScopedAdmin[BotTool]):
    """What one tool of a bot may do."""

    list_display = ("tool", "bot", "enabled", "audience", "approval", "pause")
    list_filter = (("bot", ScopedFilter), "enabled")
    list_select_related = ("bot",)
    search_fields = ("tool", "bot__name")
    fields = ("bot", "tool", "enabled", "audience", "approval", "pause", "last_error")
    readonly_fields = ("pause", "last_error")
    actions = ("resume_selected",)

    @admin.action(description=_("Switch the selected tools on again"), permissions=["change"])
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[BotTool]) -> None:
        changed = self.manageable(request, queryset).update(paused_until=None, last_error="")
        text = ngettext("%(n)s tool is on again.", "%(n)s tools are on again.", changed)
        messages.success(request, text % {"n": changed})
