"""The pages of flows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.defaultfilters import capfirst
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.admin.flows.form import FlowForm
from bots.admin.ui.access import MANAGER, VIEWER, access_of
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BaseAdmin
from bots.admin.ui.fragments import json_block
from bots.admin.ui.secret_field import may_trust
from bots.admin.ui.unfold_parts import display
from bots.i18n.failure_texts import describe_error
from bots.models import Bot
from bots.operations import dialog_diagrams, flows
from bots.operations.errors import OperationError
from clawdbot.flows import FlowError
from skills.flow_templates import TEMPLATES
from skills.models import FlowDefinition

FIELDS = ("name", "enabled", "all_bots", "bots", "triggers", "definition")


@admin.register(FlowDefinition)
class FlowAdmin(AuditedMixin, BaseAdmin[FlowDefinition]):
    """Flows. A manager of bots writes flows for these bots; one for all bots needs a superuser."""

    form = FlowForm
    list_display = ("name", "state", "words", "of_bots", "version", "updated_at")
    list_filter = ("enabled", "all_bots")
    search_fields = ("name",)
    list_before_template = "admin/skills/flow/examples.html"
    change_form_outer_after_template = "admin/skills/flow/after.html"
    filter_horizontal = ("bots",)
    readonly_fields = ("version", "triggers_shown", "definition_shown")
    warn_unsaved_form = True

    # Rights: Django's permission and the role on every bot of the flow

    def _allows(self, request: HttpRequest, flow: FlowDefinition | None, least: str) -> bool:
        access = access_of(request)
        bots = access.bots(least)
        if bots is None:
            return True
        if flow is None or flow.pk is None:
            return bool(bots)
        own = set(flow.bots.values_list("pk", flat=True))
        if least == VIEWER:
            return flow.all_bots or bool(own & bots)
        return not flow.all_bots and bool(own) and own <= bots

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._allows(request, None, VIEWER)

    def has_view_permission(self, request: HttpRequest, obj: FlowDefinition | None = None) -> bool:
        return self._allows(request, obj, VIEWER)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and self._allows(request, None, MANAGER)

    def has_change_permission(self, request: HttpRequest, obj: FlowDefinition | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._allows(request, obj, MANAGER)

    def has_delete_permission(self, request: HttpRequest, obj: FlowDefinition | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._allows(request, obj, MANAGER)

    def get_queryset(self, request: HttpRequest) -> QuerySet[FlowDefinition]:
        rows = super().get_queryset(request).prefetch_related("bots")
        bots = access_of(request).bots(VIEWER)
        if bots is None:
            return rows
        shown = FlowDefinition.bots.through.objects.filter(bot_id__in=bots).values("flowdefinition_id")
        return rows.filter(Q(all_bots=True) | Q(pk__in=shown))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        bots = access_of(request).bots(MANAGER)
        if bots is not None:
            kwargs["queryset"] = Bot.objects.filter(pk__in=bots)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # The form

    def get_fieldsets(self, request: HttpRequest, obj: FlowDefinition | None = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return [(None, {"fields": ("name", "enabled", "triggers_shown", "definition_shown", "version")})]
        everything = access_of(request).everything
        scope = (("enabled", "all_bots"), "bots") if everything else ("enabled", "bots")
        trust = ("public_only",) if may_trust(request, obj) else ()
        return [
            (None, {"fields": ("name", *scope, "triggers")}),
            (gettext_lazy("Steps"), {"fields": ("definition",)}),
            (gettext_lazy("Webhooks"), {"fields": ("secret", *trust), "classes": ("collapse",)}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        access = access_of(request)
        fields = [name for name in FIELDS if access.everything or name != "all_bots"]
        kwargs["fields"] = (*fields, "public_only") if may_trust(request, obj) else tuple(fields)
        if obj is not None and not self.has_change_permission(request, obj):
            kwargs["fields"] = ("name", "enabled")
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user, "manages": access.bots(MANAGER)})

    def save_model(self, request: HttpRequest, obj: FlowDefinition, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.made_secret:
            note = _("The signing secret of this flow, shown only now: %(secret)s") % {"secret": obj.secret}
            messages.warning(request, note)

    # Pages

    def get_urls(self) -> Any:
        own = [
            path("try/", self.admin_site.admin_view(self.try_view), name="skills_flowdefinition_try"),
            path("example/", self.admin_site.admin_view(self.example_view), name="skills_flowdefinition_example"),
        ]
        return own + super().get_urls()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        examples = [(name, _example_names()[name]) for name in TEMPLATES] if self.has_add_permission(request) else []
        return super().changelist_view(request, {"examples": examples, **(extra_context or {})})

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        extra = {
            "try_url": reverse("admin:skills_flowdefinition_try"),
            "diagram": self._diagram(request, object_id),
            "chinese": translation.get_language() == "zh-hans",
            **(extra_context or {}),
        }
        return super().changeform_view(request, object_id, form_url, extra)

    def _diagram(self, request: HttpRequest, object_id: Any) -> str:
        flow = self.get_object(request, object_id) if object_id else None
        if flow is None or not self.has_view_permission(request, flow):
            return ""
        try:
            drawn = dialog_diagrams.flow_svg(flow.flow(), translation.get_language() or "en")
            return mark_safe(drawn)  # noqa: S308  the texts of the flow are escaped
        except FlowError:
            return ""

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """Plays the steps of the form that was sent, without effects."""
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        from skills.flow_trial import play

        language = "zh-hans" if request.POST.get("language") == "zh-hans" else "en"
        form = FlowForm(request.POST)
        steps, words = form.fields["definition"], form.fields["triggers"]
        with translation.override(language):
            try:
                definition = steps.clean(request.POST.get("definition", "{}"))
                flow = flows.checked(definition, "trial", words.clean(request.POST.get("triggers", "")))
            except (OperationError, ValidationError) as error:
                return JsonResponse({"lines": [], "problem": " ".join(getattr(error, "messages", [str(error)]))})
            now = timezone.localtime()
            trial = play(flow, request.POST.getlist("said"), now=now, language=language, told=describe_error)
        return JsonResponse({"lines": [{"who": one.who, "text": one.text} for one in trial.lines], "problem": ""})

    def example_view(self, request: HttpRequest) -> HttpResponse:
        """Adds an example, switched off, to the bots that the user manages, and opens it."""
        if request.method != "POST" or not self.has_add_permission(request):
            raise PermissionDenied
        bots = access_of(request).bots(MANAGER)
        given = [] if bots is None else list(Bot.objects.filter(pk__in=bots))
        try:
            row = flows.add_template(request.POST.get("name", ""), given, request.user)
        except OperationError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:skills_flowdefinition_changelist"))
        messages.success(request, _("The example is added, switched off. Change it as you like, then switch it on."))
        return HttpResponseRedirect(reverse("admin:skills_flowdefinition_change", args=(row.pk,)))

    # Columns

    @display(description=gettext_lazy("state"), label={"on": "success", "off": ""}, ordering="enabled")
    def state(self, flow: FlowDefinition) -> Any:
        return ("on", _("enabled")) if flow.enabled else ("off", _("disabled"))

    @admin.display(description=gettext_lazy("trigger words"))
    def words(self, flow: FlowDefinition) -> str:
        return ", ".join(map(str, flow.triggers)) or "–"

    @admin.display(description=gettext_lazy("bots"))
    def of_bots(self, flow: FlowDefinition) -> str:
        return str(_("all")) if flow.all_bots else ", ".join(str(bot) for bot in flow.bots.all()) or "–"

    @admin.display(description=gettext_lazy("trigger words"))
    def triggers_shown(self, flow: FlowDefinition) -> str:
        return self.words(flow)

    @admin.display(description=gettext_lazy("steps"))
    def definition_shown(self, flow: FlowDefinition) -> str:
        return json_block(flow.definition)


def _example_names() -> dict[str, str]:
    return {
        "appointment": capfirst(_("book an appointment")),
        "ticket": capfirst(_("open a support ticket")),
    }
