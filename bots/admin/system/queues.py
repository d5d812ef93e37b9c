"""The pages of inbox, outbox and workers. Rows are read-only; an operator retries, discards or replays them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bots.admin.ui.base import BaseAdmin, BotScopedAdmin, ReadOnlyMixin
from bots.admin.ui.filters import ChoicesDropdownFilter, RangeDateTimeFilter, ScopedFilter
from bots.admin.ui.fragments import TONES, admin_link, ago, chip, json_block, shortened
from bots.admin.ui.large_tables import RecentValuesFilter
from bots.admin.ui.platform_names import platform_name
from bots.admin.ui.unfold_parts import display
from bots.i18n.failure_texts import describe_column
from bots.models import InboundEvent, OutboundMessage, Worker
from bots.models.sql import clock
from bots.monitoring import signs
from bots.operations import queues


class QueueAdmin(ReadOnlyMixin, BotScopedAdmin[Any]):
    """The columns that inbox and outbox share."""

    bot_path = "channel__bot"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .prefetch_related("channel__bot", "conversation__person", "conversation__channel")
        )

    @display(description=_("state"), label=dict(TONES), ordering="state")
    def state_label(self, row: Any) -> Any:
        return row.state, row.get_state_display()

    @admin.display(description=_("state"))
    def state_chip(self, row: Any) -> str:
        return chip(row.state, row.get_state_display())

    @admin.display(description=_("channel"))
    def channel_link(self, row: Any) -> str:
        return admin_link(row.channel)

    @admin.display(description=_("platform"))
    def platform(self, row: Any) -> str:
        return platform_name(row.channel.platform)

    @admin.display(description=_("conversation"))
    def conversation_link(self, row: Any) -> str:
        return admin_link(row.conversation) if row.conversation_id else "–"

    @admin.display(description=_("payload"))
    def payload_block(self, row: Any) -> str:
        return json_block(row.payload)

    @admin.display(description=_("text"))
    def text(self, row: Any) -> str:
        said = str(row.payload.get("text") or row.payload.get("command") or "") if isinstance(row.payload, dict) else ""
        return shortened(said, 80)

    @admin.display(description=_("error"))
    def error_text(self, row: Any) -> str:
        return describe_column(row, "error") or "–"

    @admin.display(description=_("error"))
    def error_short(self, row: Any) -> str:
        return self.error_text(row)[:60]


@admin.register(InboundEvent)
class InboundEventAdmin(QueueAdmin):
    """The inbox: one row per event."""

    list_display = ("id", "state_label", "kind", "text", "channel_link", "attempts", "received", "error_short")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", RecentValuesFilter),
        ("channel", ScopedFilter),
        ("received_at", RangeDateTimeFilter),
    )
    search_fields = ("=dedupe_key", "=request_id", "queue_key")
    actions = ("replay_selected", "settle_selected")
    fieldsets = (
        (None, {"fields": ("state_chip", "kind", "channel_link", "conversation_link", "error_text")}),
        (_("Content"), {"fields": ("payload_block",)}),
        (
            _("Queue"),
            {
                "fields": (
                    ("attempts", "due_at"),
                    ("received_at", "finished_at"),
                    ("owner", "claimed_at"),
                    ("waiting_since", "cancel_requested"),
                    "queue_key",
                    "dedupe_key",
                    "request_id",
                )
            },
        ),
    )

    @admin.display(description=_("received"), ordering="id")
    def received(self, row: InboundEvent) -> str:
        return ago(row.received_at)

    @admin.action(description=_("Replay the selected events"), permissions=["operate"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ids = list(self.operable(request, queryset).values_list("pk", flat=True))
        made = queues.replay_inbound(ids)
        if made:
            messages.success(request, ngettext("%(n)s event replayed.", "%(n)s events replayed.", made) % {"n": made})
        if len(ids) > made:
            messages.warning(request, _("Pending events and events in progress were not replayed."))

    @admin.action(description=_("Close the selected dead letters without an answer"), permissions=["operate"])
    def settle_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ids = list(self.operable(request, queryset).values_list("pk", flat=True))
        closed = queues.settle_inbound(ids)
        if closed:
            text = ngettext("%(n)s dead letter closed.", "%(n)s dead letters closed.", closed)
            messages.success(request, text % {"n": closed})
        if len(ids) > closed:
            messages.warning(request, _("Events that are no dead letters were not changed."))


@admin.register(OutboundMessage)
class OutboundMessageAdmin(QueueAdmin):
    """The outbox: one row per message part."""

    list_display = ("id", "state_label", "text", "channel_link", "person_link", "attempts", "age", "error_short")
    list_filter = (("state", ChoicesDropdownFilter), ("channel", ScopedFilter), ("created_at", RangeDateTimeFilter))
    search_fields = ("=idempotency_key", "=request_id", "=platform_message_id", "queue_key")
    actions = ("retry_selected", "discard_selected")
    fieldsets = (
        (None, {"fields": ("state_chip", "channel_link", "conversation_link", "mark", "error_text")}),
        (_("Content"), {"fields": ("payload_block",)}),
        (
            _("Queue"),
            {
                "fields": (
                    ("attempts", "due_at"),
                    ("created_at", "queued_at", "sent_at"),
                    ("owner", "claimed_at"),
                    "platform_message_id",
                    "queue_key",
                    "idempotency_key",
                    "request_id",
                )
            },
        ),
    )

    @admin.display(description=_("person"))
    def person_link(self, row: OutboundMessage) -> str:
        return admin_link(row.conversation.person)

    @admin.display(description=_("created"), ordering="id")
    def age(self, row: OutboundMessage) -> str:
        return ago(row.created_at)

    @admin.action(description=_("Retry the selected messages"), permissions=["operate"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ids = list(self.operable(request, queryset).values_list("pk", flat=True))
        self._report(request, queues.retry_outbound(ids), len(ids), again=True)

    @admin.action(description=_("Discard the selected messages"), permissions=["operate"])
    def discard_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ids = list(self.operable(request, queryset).values_list("pk", flat=True))
        self._report(request, queues.discard_outbound(ids), len(ids), again=False)

    def _report(self, request: HttpRequest, changed: int, selected: int, *, again: bool) -> None:
        if changed:
            text = (
                ngettext("%(n)s message will be sent again.", "%(n)s messages will be sent again.", changed)
                if again
                else ngettext("%(n)s message discarded.", "%(n)s messages discarded.", changed)
            )
            messages.success(request, text % {"n": changed})
        if selected > changed:
            messages.warning(request, _("Messages whose state does not allow it were not changed."))


@admin.register(Worker)
class WorkerAdmin(ReadOnlyMixin, BaseAdmin[Worker]):
    """The processes that claim rows."""

    list_display = ("role", "host", "pid", "alive", "heartbeat", "started_at")
    list_filter = ("role",)
    search_fields = ("host", "id")
    fields = ("id", "role", "host", "pid", "alive_chip", "started_at", "beat_at")
    readonly_fields = ("alive_chip",)

    @display(description=_("state"), label={"alive": "success", "gone": "danger"})
    def alive(self, worker: Worker) -> Any:
        fresh = clock.now() - worker.beat_at < signs.FRESH
        return ("alive", _("alive")) if fresh else ("gone", _("no heartbeat"))

    @admin.display(description=_("state"))
    def alive_chip(self, worker: Worker) -> str:
        state, text = self.alive(worker)
        return chip(state, text)

    @admin.display(description=_("last heartbeat"), ordering="beat_at")
    def heartbeat(self, worker: Worker) -> str:
        return ago(worker.beat_at)
