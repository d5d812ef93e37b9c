"""The pages of broadcasts: a draft is written, previewed, released, watched and stopped."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BotScopedAdmin
from bots.admin.ui.filters import ChoicesDropdownFilter, ScopedFilter
from bots.admin.ui.fragments import ago, chip
from bots.admin.ui.platform_names import platform_name
from bots.admin.ui.unfold_parts import display
from bots.models import Broadcast, BroadcastPerson, Channel, Label
from bots.operations import broadcasts

_TONES = {"draft": "", "scheduled": "info", "sending": "primary", "stopped": "warning", "done": "success"}
_WHY = {
    "blocked": _("blocked by the team"),
    "unsubscribed": _("want no broadcasts"),
    "no_chat": _("no private chat on a channel that is switched on"),
    "denied": _("not admitted by the channel"),
    "window": _("silent for longer than the platform allows"),
    "unreachable": _("the platform has refused the last message"),
    "gone": _("no longer in the segment"),
}
_EDITABLE = (Broadcast.State.DRAFT, Broadcast.State.STOPPED)
_RECENT = 10


class BroadcastForm(forms.ModelForm[Broadcast]):
    """Checks text, time and zone, and that channels and labels are those of the bot."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            cleaned["local"] = broadcasts.check(
                cleaned.get("text") or "",
                cleaned.get("text_zh") or "",
                cleaned.get("local") or "",
                cleaned.get("zone") or "",
            )
        except broadcasts.Refused as error:
            raise forms.ValidationError(str(error)) from None
        bot = cleaned.get("bot") or self.instance.bot
        for name in ("channels", "labels"):
            if any(row.bot_id != bot.pk for row in cleaned.get(name) or ()):
                self.add_error(name, forms.ValidationError(_("Choose those of the bot only.")))
        return cleaned


@admin.register(Broadcast)
class BroadcastAdmin(AuditedMixin, BotScopedAdmin[Broadcast]):
    """Messages to many people."""

    form = BroadcastForm
    list_display = ("name", "bot", "state_label", "sent", "left_out", "begins", "finished")
    list_filter = (("bot", ScopedFilter), ("state", ChoicesDropdownFilter))
    list_select_related = ("bot",)
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("next_step", "bot", "name", "text", "text_zh")}),
        (_("Who gets it"), {"fields": ("channels", "labels", ("seen_days", "unseen_days"))}),
        (_("When"), {"fields": (("local", "zone"), ("per_second", "respect_quiet"))}),
    )
    readonly_fields = ("next_step",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("next_step", "bot") if obj is not None else ("next_step",)

    def has_change_permission(self, request: HttpRequest, obj: Broadcast | None = None) -> bool:
        """Only what does not go out can be changed."""
        return super().has_change_permission(request, obj) and (obj is None or obj.state in _EDITABLE)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        owner: Any = self.admin_site._registry[Channel if db_field.name == "channels" else Label]
        kwargs["queryset"] = owner.manageable(request, owner.get_queryset(request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Broadcast, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user.get_username()
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Broadcast, post_url_continue: str | None = None) -> HttpResponse:
        super().response_add(request, obj, post_url_continue)
        return self._to_preview(obj.pk)

    def response_change(self, request: HttpRequest, obj: Broadcast) -> HttpResponse:
        super().response_change(request, obj)
        return self._to_preview(obj.pk)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview_view)
        return [path("<int:pk>/preview/", view, name="bots_broadcast_preview"), *super().get_urls()]

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows audience and progress (GET); releases or stops it (POST `release`, `stop`)."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        may_act = self.has_release_permission(request, row)
        if request.method == "POST":
            if not may_act:
                raise PermissionDenied
            return self._act(request, row)
        under_way = row.state in Broadcast.OPEN
        audience = broadcasts.preview(row) if row.state in _EDITABLE else None
        progress = broadcasts.progress(row)
        extra = {
            "title": row.name,
            "row": row,
            "state": chip(row.state, row.get_state_display()),
            "audience": audience,
            "channels": [(one, platform_name(one.platform), n) for one, n in audience.by_channel.items()]
            if audience
            else (),
            "left_out": _reasons(audience.left_out if audience else progress.left_out),
            "progress": progress if row.started_at else None,
            "recent": BroadcastPerson.objects.filter(broadcast=row).select_related("person")[:_RECENT],
            "pace": broadcasts.pace(row),
            "may_act": may_act,
            "under_way": under_way,
        }
        return self.page(request, "admin/bots/broadcast/preview.html", extra)

    def has_release_permission(self, request: HttpRequest, obj: Broadcast) -> bool:
        """Tells whether the user may release and stop it: the right to change, whatever its state."""
        return super().has_change_permission(request, obj)

    def _act(self, request: HttpRequest, row: Broadcast) -> HttpResponse:
        try:
            if "stop" in request.POST:
                taken_back = broadcasts.stop(row, request.user)
                text = ngettext(
                    "Stopped. %(n)s message was taken back.", "Stopped. %(n)s messages were taken back.", taken_back
                )
                messages.success(request, text % {"n": taken_back})
            elif "release" in request.POST:
                broadcasts.release(row, request.user)
                messages.success(request, _("Released."))
        except broadcasts.Refused as error:
            messages.error(request, str(error))
        return self._to_preview(row.pk)

    def _to_preview(self, pk: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:bots_broadcast_preview", args=(pk,)))

    @display(description=_("state"), label=_TONES, ordering="state")
    def state_label(self, row: Broadcast) -> Any:
        return row.state, row.get_state_display()

    @admin.display(description=_("begins at"), ordering="due_at")
    def begins(self, row: Broadcast) -> str:
        return f"{row.local.replace('T', ' ')[:16]} {row.zone}".strip() or "–"

    @admin.display(description=_("finished"), ordering="finished_at")
    def finished(self, row: Broadcast) -> str:
        return ago(row.finished_at)

    @admin.display(description=_("next step"))
    def next_step(self, row: Broadcast) -> str:
        if not row.pk:
            return str(_("Save it: then you see who gets it, and release it."))
        address = reverse("admin:bots_broadcast_preview", args=(row.pk,))
        return format_html('<a class="claw-link" href="{}">{}</a>', address, _("Preview, release and progress"))


def _reasons(counts: dict[str, int]) -> list[tuple[Any, int]]:
    return [(_WHY.get(code, code), counts[code]) for code in broadcasts.CODES if counts.get(code)]
