"""The pages of conversations (as transcripts), messages and state transitions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from bots.admin.conversations import reply, transcript
from bots.admin.conversations.handover import HandoverMixin
from bots.admin.conversations.turn_page import TurnPageMixin
from bots.admin.ui import kept_text
from bots.admin.ui.base import BotScopedAdmin, ReadOnlyMixin
from bots.admin.ui.filters import ChoicesDropdownFilter, RangeDateTimeFilter, ScopedFilter
from bots.admin.ui.fragments import TONES, admin_link, ago, chip, json_block, shortened
from bots.admin.ui.large_tables import RecentValuesFilter
from bots.admin.ui.platform_names import platform_name
from bots.admin.ui.unfold_parts import display
from bots.models import Conversation, InboundEvent, Message, StateTransition
from bots.operations import dialog_diagrams


class UnansweredFilter(admin.SimpleListFilter):
    """Conversations with messages that got no answer."""

    title = _("unanswered messages")
    parameter_name = "unanswered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("with unanswered messages"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        if self.value() != "yes":
            return queryset
        dead = InboundEvent.objects.filter(state=InboundEvent.State.DEAD, conversation__isnull=False)
        return queryset.filter(pk__in=dead.order_by().values("conversation"))


@admin.register(Conversation)
class ConversationAdmin(TurnPageMixin, HandoverMixin, ReadOnlyMixin, BotScopedAdmin[Conversation]):
    """Conversations as transcripts; the team may reply in them."""

    change_form_template = "admin/bots/conversation/change_form.html"
    list_display = ("who", "bot", "platform", "state_label", "last_message", "started_at")
    list_filter = (
        ("bot", ScopedFilter),
        ("channel", ScopedFilter),
        ("state", ChoicesDropdownFilter),
        UnansweredFilter,
        ("last_message_at", RangeDateTimeFilter),
    )
    list_select_related = ("bot", "channel", "person")
    search_fields = ("person__display_name", "=person__key", "=chat_id")
    fields = (
        ("person_link", "state_chip"),
        ("bot", "channel"),
        ("started_at", "last_message_at"),
        "summary_text",
        "dialog",
    )
    readonly_fields = ("person_link", "state_chip", "summary_text", "dialog")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return super().get_queryset(request).prefetch_related("bot", "channel", "person")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # a manager may delete a transcript; its memories stay until they are erased separately
        return BotScopedAdmin.has_delete_permission(self, request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        conversation = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if conversation is not None and self.has_view_permission(request, conversation):
            before = request.GET.get("before", "")
            extra["reply_key"] = self.reply_key(request, conversation)
            extra["reply_text"] = kept_text.take(request, reply.KEPT, conversation.pk)[1]
            extra["transcript"] = transcript.build(conversation, int(before) if before.isdecimal() else None)
        return super().change_view(request, object_id, form_url, extra)

    @admin.display(description=_("person"), ordering="person__display_name")
    def who(self, conversation: Conversation) -> str:
        return str(conversation.person)

    @admin.display(description=_("person"))
    def person_link(self, conversation: Conversation) -> str:
        return admin_link(conversation.person)

    @admin.display(description=_("platform"))
    def platform(self, conversation: Conversation) -> str:
        return platform_name(conversation.channel.platform)

    @display(description=_("state"), label=dict(TONES), ordering="state")
    def state_label(self, conversation: Conversation) -> Any:
        names = dict(Conversation.State.choices)
        return conversation.state, names.get(conversation.state, conversation.state)

    @admin.display(description=_("state"))
    def state_chip(self, conversation: Conversation) -> str:
        return chip(*self.state_label(conversation))

    @admin.display(description=_("last message"), ordering="last_message_at")
    def last_message(self, conversation: Conversation) -> str:
        return ago(conversation.last_message_at)

    @admin.display(description=_("summary"))
    def summary_text(self, conversation: Conversation) -> str:
        return conversation.summary or "–"

    @admin.display(description=_("states"))
    def dialog(self, conversation: Conversation) -> str:
        return mark_safe(dialog_diagrams.conversation_svg(conversation.state))  # noqa: S308  made of our own labels


@admin.register(Message)
class MessageAdmin(ReadOnlyMixin, BotScopedAdmin[Message]):
    """All messages, for searching; each links to its conversation."""

    bot_path = "conversation__bot"
    list_display = ("short", "role_label", "who", "bot", "at", "conversation_link")
    list_filter = (("role", ChoicesDropdownFilter), ("occurred_at", RangeDateTimeFilter))
    list_select_related = ("conversation__person", "conversation__bot")
    search_fields = ("text",)
    fields = (
        ("conversation_link", "who"),
        ("role_text", "occurred_at"),
        "text",
        "details",
        "platform_message_id",  # too long to share a row
        "client_id",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return (
            super()
            .get_queryset(request)
            .prefetch_related("conversation__person", "conversation__bot", "conversation__channel")
        )

    @admin.display(description=_("text"))
    def short(self, message: Message) -> str:
        return shortened(message.text, 90)

    @display(description=_("role"), label={"user": "info", "assistant": "primary", "operator": "warning"})
    def role_label(self, message: Message) -> Any:
        return message.role, message.get_role_display()

    @admin.display(description=_("role"))
    def role_text(self, message: Message) -> str:
        return str(message.get_role_display())

    @admin.display(description=_("person"))
    def who(self, message: Message) -> str:
        return admin_link(message.conversation.person)

    @admin.display(description=_("bot"))
    def bot(self, message: Message) -> str:
        return str(message.conversation.bot)

    @admin.display(description=_("at"), ordering="id")
    def at(self, message: Message) -> str:
        return ago(message.occurred_at)

    @admin.display(description=_("conversation"))
    def conversation_link(self, message: Message) -> str:
        return admin_link(message.conversation, f"#{message.conversation_id}")

    @admin.display(description=_("details"))
    def details(self, message: Message) -> str:
        return json_block(message.meta) if message.meta else "–"


@admin.register(StateTransition)
class StateTransitionAdmin(ReadOnlyMixin, BotScopedAdmin[StateTransition]):
    """The log of state transitions: conversation, old state, new state and the event that caused it."""

    bot_path = "conversation__bot"
    list_display = ("step", "name", "conversation_link", "cause", "when")
    list_filter = (("name", RecentValuesFilter), ("target", RecentValuesFilter), ("at", RangeDateTimeFilter))
    search_fields = ("=conversation__person__key", "conversation__person__display_name")
    fields = ("step", "name", "conversation_link", "cause", "at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StateTransition]:
        return (
            super()
            .get_queryset(request)
            .prefetch_related("conversation__person", "conversation__channel", "conversation__bot", "inbound")
        )

    @admin.display(description=_("change"))
    def step(self, row: StateTransition) -> str:
        return str(row)

    @admin.display(description=_("conversation"))
    def conversation_link(self, row: StateTransition) -> str:
        return admin_link(row.conversation)

    @admin.display(description=_("caused by"))
    def cause(self, row: StateTransition) -> str:
        return admin_link(row.inbound, f"#{row.inbound_id}") if row.inbound_id else "–"

    @admin.display(description=_("at"), ordering="id")
    def when(self, row: StateTransition) -> str:
        return ago(row.at)
