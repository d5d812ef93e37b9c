"""Channels: one account of a platform each; credentials go in and never come out again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from adapters import registry
from bots.admin.base import BotScopedAdmin
from bots.admin.channel_form import CHANNEL_FIELDS, POLICY_FIELDS, account_names, form_for, stored_account
from bots.admin.filters import ScopedFilter
from bots.admin.fragments import ago
from bots.admin.platforms import lazy_text, platform_choices, platform_name
from bots.admin.unfold_parts import action, display
from bots.models import Channel
from bots.operations import channels


class PlatformFilter(admin.SimpleListFilter):
    """By platform, with the platforms' own names."""

    title = gettext_lazy("platform")
    parameter_name = "platform"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return platform_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Channel]) -> QuerySet[Channel]:
        return queryset.filter(platform=self.value()) if self.value() else queryset


@admin.register(Channel)
class ChannelAdmin(BotScopedAdmin[Channel]):
    """Where bots are reached."""

    list_display = ("title", "platform_label", "bot", "state", "last_event", "last_error_short")
    list_filter = (("bot", ScopedFilter), PlatformFilter, "enabled")
    list_select_related = ("bot",)
    search_fields = ("name", "public_id", "bot__name", "bot__slug")
    actions = ("test_selected", "set_webhook_selected", "enable_selected", "disable_selected")
    actions_submit_line = ("save_and_test", "save_and_set_webhook")
    warn_unsaved_form = True

    # Form

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        editable = obj is None or self.has_change_permission(request, obj)
        kwargs["form"] = form_for(self._platforms(obj) if editable else ())
        kwargs["fields"] = CHANNEL_FIELDS
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        platform = "platform" if obj is None else "platform_label"
        main = (None, {"fields": (("bot", platform), "name", ("enabled", "flood_per_minute"), "stream_replies")})
        policy = (gettext_lazy("Groups and strangers"), {"fields": (POLICY_FIELDS[:2], *POLICY_FIELDS[2:])})
        if obj is None:
            return [main, *(self._account_fieldset(platform) for platform in registry.platforms()), policy]
        parts: list[Any] = [main, policy] if obj.platform != "web" else [main]
        if obj.platform != "web":
            parts.append((gettext_lazy("Connection"), {"fields": ("webhook_address", "credentials_state")}))
        parts.append((gettext_lazy("State"), {"fields": (("last_event", "last_error_at"), "last_error_note")}))
        if self.has_change_permission(request, obj) and account_names(self._platforms(obj)):
            parts.insert(1, self._account_fieldset(obj.platform, removal=self._has_removable(obj)))
        return parts

    def _account_fieldset(self, platform: str, *, removal: bool = False) -> tuple[Any, dict[str, Any]]:
        names = account_names((platform,)) + (("remove_secrets",) if removal else ())
        classes = ("claw-platform", f"claw-platform-{platform}")
        return lazy_text(registry.adapter_class(platform).label), {"fields": names, "classes": classes}

    def _platforms(self, obj: Channel | None) -> tuple[str, ...]:
        if obj is None:
            return registry.platforms()
        return (obj.platform,) if obj.platform in registry.platforms() else ()

    def _has_removable(self, channel: Channel) -> bool:
        stored = stored_account(channel)
        fields = registry.account_fields(channel.platform)
        return any(field.secret and not field.required and field.name in stored for field in fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        if obj is None:
            return ()
        computed = ("webhook_address", "credentials_state", "last_event", "last_error_at", "last_error_note")
        # the credentials belong to the platform, the people and conversations to the bot: neither changes later
        return ("bot", "platform", "platform_label", *computed)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Channel | None:
        channel = super().get_object(request, object_id, from_field)
        if channel is not None:
            # read-only fields are rendered without the request
            channel.shown_base_url = _base_url(request)  # type: ignore[attr-defined]
        return channel

    # Columns and read-only fields

    @admin.display(description=gettext_lazy("channel"), ordering="name")
    def title(self, channel: Channel) -> str:
        return channel.name or f"{platform_name(channel.platform)} {channel.public_id[:6]}"

    @admin.display(description=gettext_lazy("platform"), ordering="platform")
    def platform_label(self, channel: Channel) -> str:
        return platform_name(channel.platform)

    @display(
        description=gettext_lazy("state"),
        label={"on": "success", "off": "", "failing": "danger", "bot_off": "warning"},
        ordering="enabled",
    )
    def state(self, channel: Channel) -> Any:
        if not channel.enabled:
            return "off", _("disabled")
        if not channel.bot.enabled:
            return "bot_off", _("bot disabled")
        error, event = channel.last_error_at, channel.last_event_at
        if error and (event is None or error > event):
            return "failing", _("failing")
        return "on", _("enabled")

    @admin.display(description=gettext_lazy("last event"), ordering="last_event_at")
    def last_event(self, channel: Channel) -> str:
        return ago(channel.last_event_at)

    @admin.display(description=gettext_lazy("last error"))
    def last_error_short(self, channel: Channel) -> str:
        return channel.last_error[:60] or "–"

    @admin.display(description=gettext_lazy("last error"))
    def last_error_note(self, channel: Channel) -> str:
        return channel.last_error or "–"

    @admin.display(description=gettext_lazy("webhook address"))
    def webhook_address(self, channel: Channel) -> str:
        address = getattr(channel, "shown_base_url", "") + channel.webhook_path
        return format_html(
            '<span class="claw-copy"><code>{}</code>'
            '<button type="button" class="claw-copy-button" data-claw-copy="{}">{}</button></span>',
            address,
            address,
            _("Copy"),
        )

    @admin.display(description=gettext_lazy("credentials"))
    def credentials_state(self, channel: Channel) -> str:
        if channel.platform not in registry.platforms():
            return "–"
        stored = stored_account(channel)
        if channel.credentials_encrypted and not stored:
            return _("Cannot be decrypted with the present keys: enter them again.")
        present, absent = _("set"), _("not set")
        lines = [
            f"{lazy_text(field.label)}: {present if field.name in stored else absent}"
            for field in registry.account_fields(channel.platform)
            if field.secret
        ]
        return " · ".join(lines) or _("none needed")

    # Actions

    @admin.action(description=gettext_lazy("Test the selected channels"), permissions=["change"])
    def test_selected(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        for channel in self.manageable(request, queryset):
            self._test(request, channel)

    @admin.action(description=gettext_lazy("Set the webhook (Telegram)"), permissions=["change"])
    def set_webhook_selected(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        for channel in self.manageable(request, queryset):
            self._set_webhook(request, channel)

    @admin.action(description=gettext_lazy("Enable the selected channels"), permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        self._set_enabled(request, queryset, True)

    @admin.action(description=gettext_lazy("Disable the selected channels"), permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        self._set_enabled(request, queryset, False)

    @action(description=gettext_lazy("Save and test"), icon="network_check")
    def save_and_test(self, request: HttpRequest, channel: Channel) -> None:
        self._test(request, channel)

    @action(description=gettext_lazy("Save and set webhook"), icon="webhook")
    def save_and_set_webhook(self, request: HttpRequest, channel: Channel) -> None:
        self._set_webhook(request, channel)

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> Any:
        channel = Channel.objects.filter(pk=object_id).first()
        # Unfold asks permissions with an id only, so the right on this channel's bot is checked here.
        if channel is None or not self.has_change_permission(request, channel):
            return []
        found = super().get_actions_submit_line(request, object_id)  # type: ignore[misc]
        known = channel.platform in registry.platforms()
        if known and registry.adapter_class(channel.platform).supports_webhook_setup:
            return found
        return [one for one in found if not one.action_name.endswith("save_and_set_webhook")]

    def _test(self, request: HttpRequest, channel: Channel) -> None:
        result = channels.test_channel(channel)
        _tell(request, channel, result)

    def _set_webhook(self, request: HttpRequest, channel: Channel) -> None:
        result = channels.set_webhook(channel, _base_url(request))
        _tell(request, channel, result)

    def _set_enabled(self, request: HttpRequest, queryset: QuerySet[Channel], enabled: bool) -> None:
        ids = list(self.manageable(request, queryset).values_list("pk", flat=True))
        changed = channels.set_enabled(ids, enabled)
        text = (
            ngettext("%(n)s channel enabled.", "%(n)s channels enabled.", changed)
            if enabled
            else ngettext("%(n)s channel disabled.", "%(n)s channels disabled.", changed)
        )
        messages.success(request, text % {"n": changed})


def _base_url(request: HttpRequest) -> str:
    return settings.CLAWDBOT.web.public_url or request.build_absolute_uri("/").rstrip("/")


def _tell(request: HttpRequest, channel: Channel, result: Any) -> None:
    text = f"{channel}: {result.text}"
    if result.ok:
        messages.success(request, text)
    else:
        messages.error(request, text)
