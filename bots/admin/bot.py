"""The pages of a bot: its instructions, channels, skills, memory and users."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bots.admin.memory.bot_pages import BotMemoryMixin
from bots.admin.memory.consolidation import retention_preview
from bots.admin.skill_trial import SkillTrialMixin
from bots.admin.skills import BotSkillOfBotInline
from bots.admin.tools import BotToolOfBotInline
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BotScopedAdmin, ScopedInline
from bots.admin.ui.form_fields import WordListField
from bots.admin.ui.fragments import admin_link, ago
from bots.admin.ui.platform_names import platform_name
from bots.admin.ui.unfold_parts import display
from bots.i18n.failure_texts import describe_column
from bots.models import Bot, BotAccess, BotProvider, Channel
from bots.operations import bots as operations
from memory.storage import wakeups


class ChannelInline(ScopedInline[Channel]):
    """The bot's channels. Each is set up on its own page, because every platform needs different fields."""

    model = Channel
    fields = ("channel", "platform_label", "enabled", "last_event", "error")
    readonly_fields = ("channel", "platform_label", "last_event", "error")
    can_delete = False
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("channel"))
    def channel(self, channel: Channel) -> str:
        return admin_link(channel)

    @admin.display(description=_("platform"))
    def platform_label(self, channel: Channel) -> str:
        return platform_name(channel.platform)

    @admin.display(description=_("last event"))
    def last_event(self, channel: Channel) -> str:
        return ago(channel.last_event_at)

    @admin.display(description=_("last error"))
    def error(self, channel: Channel) -> str:
        return describe_column(channel, "last_error") or "–"


class BotProviderInline(ScopedInline[BotProvider]):
    """The models that the bot asks. They cost money and read its messages, so it takes a permission to change them."""

    model = BotProvider
    fields = ("position", "provider", "model", "use", "tokens")
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and request.user.has_perm("bots.add_botprovider")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and request.user.has_perm("bots.change_botprovider")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and request.user.has_perm("bots.delete_botprovider")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BotProvider]:
        return super().get_queryset(request).select_related("provider")


class AccessInline(ScopedInline[BotAccess]):
    """The users who may work with this bot, and their roles."""

    model = BotAccess
    fields = ("user", "role")
    tab = True


class BotForm(forms.ModelForm[Bot]):
    """A bot; its allowed origins are edited one per line."""

    allowed_origins = WordListField(
        label=_("Allowed origins"),
        help_text=_("Sites that may embed the web chat, one per line, e.g. https://example.com. This site always may."),
    )

    def clean_allowed_origins(self) -> list[str]:
        origins: list[str] = self.cleaned_data["allowed_origins"]
        for origin in origins:
            if not re.fullmatch(r"https?://[^/\s?#@]+", origin):
                raise forms.ValidationError(
                    gettext("%(origin)s is not an origin such as https://example.com") % {"origin": origin}
                )
        return origins


@admin.register(Bot)
class BotAdmin(AuditedMixin, BotMemoryMixin, SkillTrialMixin, BotScopedAdmin[Bot]):
    """Bots. Only a superuser adds or deletes them; a manager changes those granted by BotAccess."""

    form = BotForm
    bot_path = ""
    list_display = ("name", "slug", "state", "channel_count", "default_mark", "updated_at", "chat")
    list_filter = ("enabled",)
    search_fields = ("name", "slug", "description")
    # The channel count groups the rows, which drops the model's ordering; autocomplete fields need one to paginate.
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("chat", "retention_note", "memory", "skills", "created_at", "updated_at")
    actions = ("enable_selected", "disable_selected", "optimize_selected")
    inlines = (ChannelInline, BotProviderInline, BotSkillOfBotInline, BotToolOfBotInline, AccessInline)
    warn_unsaved_form = True
    fieldsets = (
        (None, {"fields": ("name", "slug", "description", ("enabled", "is_default"), "tenant", "chat")}),
        (
            _("Conversation"),
            {
                "fields": (
                    "instructions",
                    "greeting",
                    ("temperature", "max_reply_tokens"),
                    "outage_text",
                    "outage_text_zh",
                )
            },
        ),
        (
            _("Messages in a row and prompts"),
            {
                "fields": ("bursts", ("burst_quiet_s", "burst_longest_s"), "voice_replies", "context_tokens"),
                "description": _(
                    "People often write one thought in several messages. Here you say whether the bot answers each of "
                    "them, and how much of a conversation a model is shown."
                ),
            },
        ),
        (
            _("Web chat and memory"),
            {"fields": ("allowed_origins", "retention_days", "rerank", "retention_note", "memory")},
        ),
        (_("Reminders and broadcasts"), {"fields": ("quiet_hours",)}),
        (_("Skills"), {"fields": ("skills_by_tools_only", "skills")}),
        (_("Tools"), {"fields": ("tools_enabled", ("tool_rounds", "tool_cost"))}),
        (_("Dates"), {"fields": (("created_at", "updated_at"),), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bot]:
        return super().get_queryset(request).annotate(channel_total=Count("channels", filter=Q(channels__enabled=True)))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Bot | None = None) -> bool:
        return bool(request.user.is_superuser)

    def delete_model(self, request: HttpRequest, obj: Bot) -> None:
        operations.remove_exports([obj.pk])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        operations.remove_exports(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)

    def get_inlines(self, request: HttpRequest, obj: Bot | None) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Bot | None = None) -> Any:
        return {} if obj is not None else super().get_prepopulated_fields(request, obj)

    @display(description=_("state"), label={"on": "success", "off": ""}, ordering="enabled")
    def state(self, bot: Bot) -> Any:
        return ("on", _("enabled")) if bot.enabled else ("off", _("disabled"))

    @admin.display(description=_("channels"), ordering="channel_total")
    def channel_count(self, bot: Bot) -> int:
        return int(getattr(bot, "channel_total", 0))

    @admin.display(description=_("default bot"), boolean=True, ordering="is_default")
    def default_mark(self, bot: Bot) -> bool:
        return bot.is_default

    @admin.display(description=_("memory"))
    def memory(self, bot: Bot) -> str:
        return self.memory_links(bot) if bot.pk else "–"

    @admin.display(description=_("skills"))
    def skills(self, bot: Bot) -> str:
        return self.trial_link(bot) if bot.pk else "–"

    @admin.display(description=_("web chat"))
    def chat(self, bot: Bot) -> str:
        if not bot.slug:
            return "–"
        address = "/" if bot.is_default else f"/chat/{bot.slug}/"
        return format_html('<a class="claw-link" href="{}" target="_blank" rel="noopener">{}</a>', address, address)

    @admin.display(description=_("what retention deletes"))
    def retention_note(self, bot: Bot) -> str:
        return retention_preview(bot) if bot.pk else "–"

    @admin.action(description=_("Optimize the memory of the selected bots now"), permissions=["change"])
    def optimize_selected(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        ids = list(self.manageable(request, queryset).values_list("pk", flat=True))
        try:
            for pk in ids:
                wakeups.optimize_soon(pk)
        except Exception as error:  # every transport raises exceptions of its own
            messages.error(request, gettext("The task queue does not answer (%s).") % type(error).__name__)
            return
        text = ngettext(
            "%(n)s memory is being optimized; its report appears under consolidation runs.",
            "%(n)s memories are being optimized; their reports appear under consolidation runs.",
            len(ids),
        )
        messages.success(request, text % {"n": len(ids)})

    @admin.action(description=_("Enable the selected bots"), permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        self._set_enabled(request, queryset, True)

    @admin.action(description=_("Disable the selected bots"), permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Bot]) -> None:
        self._set_enabled(request, queryset, False)

    def _set_enabled(self, request: HttpRequest, queryset: QuerySet[Bot], enabled: bool) -> None:
        ids = list(self.manageable(request, queryset).values_list("pk", flat=True))
        changed = operations.set_enabled(ids, enabled)
        for bot in Bot.objects.filter(pk__in=ids):
            self.log_change(request, bot, [{"changed": {"fields": [str(Bot._meta.get_field("enabled").verbose_name)]}}])
        text = (
            ngettext("%(n)s bot enabled.", "%(n)s bots enabled.", changed)
            if enabled
            else ngettext("%(n)s bot disabled.", "%(n)s bots disabled.", changed)
        )
        messages.success(request, text % {"n": changed})
