"""The pages of channels. A channel is one account on a platform; its credentials are write-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from adapters import registry
from bots.admin.channels import guide
from bots.admin.channels.form import CHANNEL_FIELDS, POLICY_FIELDS, account_names, form_for, stored_account
from bots.admin.channels.verify import VERIFY, verified
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BotScopedAdmin
from bots.admin.ui.filters import ScopedFilter
from bots.admin.ui.fragments import ago
from bots.admin.ui.platform_names import lazy_text, platform_choices, platform_name
from bots.admin.ui.secret_field import may_trust
from bots.admin.ui.unfold_parts import display
from bots.i18n.failure_texts import labelled
from bots.models import Channel
from bots.monitoring.channel_status import status_of, with_last_day
from bots.operations import channels, verification

SET_WEBHOOK = "_set_webhook"


class PlatformFilter(admin.SimpleListFilter):
    """Filters by platform and shows display names."""

    title = gettext_lazy("platform")
    parameter_name = "platform"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return platform_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Channel]) -> QuerySet[Channel]:
        return queryset.filter(platform=self.value()) if self.value() else queryset


@admin.register(Channel)
class ChannelAdmin(AuditedMixin, BotScopedAdmin[Channel]):
    """Channels: the platform accounts over which people reach the bots."""

    list_display = ("title", "platform_label", "bot", "state", "last_event", "day_events", "advice")
    list_filter = (("bot", ScopedFilter), PlatformFilter, "enabled")
    search_fields = ("name", "public_id", "bot__name", "bot__slug")
    actions = ("test_selected", "set_webhook_selected", "enable_selected", "disable_selected")
    warn_unsaved_form = True
    change_form_before_template = "admin/bots/channel/default_button.html"

    class Media:
        js = ("clawdbot_admin/channel.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        return with_last_day(super().get_queryset(request))

    # Form

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = form_for(self._platforms(obj) if self._may_change(request, obj) else (), request.user)
        kwargs["fields"] = (*CHANNEL_FIELDS, "public_only") if may_trust(request, obj) else CHANNEL_FIELDS
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        platform = "platform" if obj is None else "platform_label"
        main = (None, {"fields": (("bot", platform), "name", "enabled")})
        policy = (gettext_lazy("Groups and strangers"), {"fields": (POLICY_FIELDS[:2], *POLICY_FIELDS[2:])})
        traffic = (gettext_lazy("Limits and display"), {"fields": ("flood_per_minute", "stream_replies")})
        accounts = [part for name in self._platforms(obj) for part in self._account(request, name, obj)]
        if obj is None:
            return [main, *accounts, policy, traffic]
        health = (gettext_lazy("Health"), {"fields": (), "description": guide.health(obj)})
        return [health, main, *accounts, *([policy] if obj.platform != "web" else []), traffic]

    def _account(self, request: HttpRequest, platform: str, channel: Channel | None) -> list[Any]:
        """Returns the fieldsets of one platform: guide and fields, address and buttons, advanced fields."""
        classes = ("claw-platform", f"claw-platform-{platform}")
        may_change = self._may_change(request, channel)
        parts: list[Any] = []
        if may_change:
            fields = account_names(platform, advanced=False)
            if channel is not None and self._has_removable(channel):
                fields = (*fields, "remove_secrets")
            label = lazy_text(registry.adapter_class(platform).label)
            about = guide.steps(platform, channel)
            parts.append((label, {"fields": fields, "classes": classes, "description": about}))
        elif channel is not None:
            parts.append((gettext_lazy("Connection"), {"fields": ("credentials_state",)}))
        if platform != "web":
            about = guide.connect(platform, channel, request, may_change=may_change)
            parts.append((gettext_lazy("Connect and verify"), {"fields": (), "classes": classes, "description": about}))
        if may_change:
            trust = ("public_only",) if may_trust(request, channel) else ()
            advanced = (*account_names(platform, advanced=True), *trust)
            parts.append((gettext_lazy("Advanced"), {"fields": advanced, "classes": (*classes, "collapse")}))
        return parts

    def _platforms(self, obj: Channel | None) -> tuple[str, ...]:
        if obj is None:
            return registry.platforms()
        return (obj.platform,) if obj.platform in registry.platforms() else ()

    def _may_change(self, request: HttpRequest, obj: Channel | None) -> bool:
        return obj is None or self.has_change_permission(request, obj)

    def _has_removable(self, channel: Channel) -> bool:
        stored = stored_account(channel)
        fields = registry.account_fields(channel.platform)
        return any(field.secret and not field.required and field.name in stored for field in fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        if obj is None:
            return ()
        # fixed: credentials belong to one platform, people and conversations to one bot
        return ("bot", "platform", "platform_label", "credentials_state")

    # Columns and read-only fields

    @admin.display(description=gettext_lazy("channel"), ordering="name")
    def title(self, channel: Channel) -> str:
        return channel.name or f"{platform_name(channel.platform)} {channel.public_id[:6]}"

    @admin.display(description=gettext_lazy("platform"), ordering="platform")
    def platform_label(self, channel: Channel) -> str:
        return platform_name(channel.platform)

    @display(
        description=gettext_lazy("state"),
        label={"ok": "success", "off": "", "new": "info", "warn": "warning", "bad": "danger"},
        ordering="enabled",
    )
    def state(self, channel: Channel) -> Any:
        light = status_of(channel).light
        words = {
            "off": _("off"),
            "new": _("waiting"),
            "ok": _("works"),
            "warn": _("needs attention"),
            "bad": _("failing"),
        }
        return light, words[light]

    @admin.display(description=gettext_lazy("last event"), ordering="last_event_at")
    def last_event(self, channel: Channel) -> str:
        return ago(channel.last_event_at)

    @admin.display(description=gettext_lazy("events in 24 hours"), ordering="day_events")
    def day_events(self, channel: Any) -> int:
        return channel.day_events or 0

    @admin.display(description=gettext_lazy("what to do"))
    def advice(self, channel: Channel) -> str:
        status = status_of(channel)
        return format_html('<span class="claw-advice">{}</span>', "–" if status.light == "ok" else status.text)

    @admin.display(description=gettext_lazy("credentials"))
    def credentials_state(self, channel: Channel) -> str:
        if channel.platform not in registry.platforms():
            return "–"
        stored = stored_account(channel)
        present, absent = _("set"), _("not set")
        lines = [
            labelled(lazy_text(field.label), present if field.name in stored else absent)
            for field in registry.account_fields(channel.platform)
            if field.secret
        ]
        return " · ".join(lines) or _("none needed")

    # Buttons

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.verify_view)
        own = [
            path("add/verify/", view, name="bots_channel_verify_new"),
            path("<path:object_id>/change/verify/", view, name="bots_channel_verify"),
        ]
        return own + super().get_urls()

    @method_decorator(require_POST)
    def verify_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """Verifies the account in the form, saved or not, with the platform; answers in JSON."""
        channel = None if object_id is None else self.get_object(request, object_id)
        if object_id is not None and channel is None:
            raise Http404
        if not (self.has_change_permission(request, channel) if channel else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, channel, change=channel is not None)(request.POST, instance=channel)
        return JsonResponse(verified(form, guide.public_address(request)))

    def response_add(self, request: HttpRequest, obj: Channel, post_url_continue: str | None = None) -> HttpResponse:
        if "_addanother" not in request.POST and "_popup" not in request.POST:
            self._run_button(request, obj)
            _stay(request)  # the channel's page shows the address and the remaining steps
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Channel) -> HttpResponse:
        if self._run_button(request, obj):
            _stay(request)
        return super().response_change(request, obj)

    def _run_button(self, request: HttpRequest, channel: Channel) -> bool:
        """Runs the action of the pressed button; returns False when the button only saves."""
        if VERIFY in request.POST:
            self._verify(request, channel)
        elif SET_WEBHOOK in request.POST:
            self._set_webhook(request, channel)
        else:
            return False
        return True

    # Actions

    @admin.action(description=gettext_lazy("Verify the selected channels"), permissions=["change"])
    def test_selected(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        for channel in self.manageable(request, queryset):
            self._verify(request, channel)

    @admin.action(description=gettext_lazy("Set the webhook"), permissions=["change"])
    def set_webhook_selected(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        for channel in self.manageable(request, queryset):
            self._set_webhook(request, channel)

    @admin.action(description=gettext_lazy("Enable the selected channels"), permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        self._set_enabled(request, queryset, True)

    @admin.action(description=gettext_lazy("Disable the selected channels"), permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        self._set_enabled(request, queryset, False)

    def _verify(self, request: HttpRequest, channel: Channel) -> None:
        address = guide.public_address(request) + channel.webhook_path
        _tell(request, channel, verification.verify_channel(channel, address, actor=request.user))

    def _set_webhook(self, request: HttpRequest, channel: Channel) -> None:
        address = guide.public_address(request)
        _tell(request, channel, verification.set_webhook(channel, address, actor=request.user))

    def _set_enabled(self, request: HttpRequest, queryset: QuerySet[Channel], enabled: bool) -> None:
        ids = list(self.manageable(request, queryset).values_list("pk", flat=True))
        changed = channels.set_enabled(ids, enabled, request.user)
        text = (
            ngettext("%(n)s channel enabled.", "%(n)s channels enabled.", changed)
            if enabled
            else ngettext("%(n)s channel disabled.", "%(n)s channels disabled.", changed)
        )
        messages.success(request, text % {"n": changed})


def _stay(request: HttpRequest) -> None:
    posted = request.POST.copy()
    posted["_continue"] = "1"
    request.POST = posted  # type: ignore[assignment]


def _tell(request: HttpRequest, channel: Channel, outcome: verification.Outcome) -> None:
    if outcome.ok:
        messages.success(request, labelled(str(channel), outcome.text))
    else:
        messages.error(
            request, labelled(str(channel), " – ".join(part for part in (outcome.text, outcome.mend) if part))
        )
    for note in outcome.notes:
        messages.warning(request, labelled(str(channel), note))
