"""The page of an MCP tool: what its server says of it, its effects, the bots that may use it, and a box to try it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bots.admin.ui.approval import ApprovalInline, ApprovingMixin, GrantAdmin
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BaseAdmin
from bots.admin.ui.fragments import admin_link, ago, json_block
from bots.admin.ui.unfold_parts import display
from bots.operations import mcp_servers
from bots.operations.errors import OperationError
from clawdbot.skills.effects import Effect
from skills.mcp.models import McpGrant, McpTool
from skills.tool_types import ToolResult

if TYPE_CHECKING:
    Checkboxes = forms.CheckboxSelectMultiple
else:
    from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as Checkboxes

_SAID = ("name", "call_name", "server_link", "said", "schema_shown", "hints_shown", "state_text", "changed")
_EFFECTS = (
    (Effect.READS.value, pgettext_lazy("effect of a tool", "only reads")),
    (Effect.WRITES.value, pgettext_lazy("effect of a tool", "changes what can be changed back")),
    (Effect.DESTRUCTIVE.value, pgettext_lazy("effect of a tool", "deletes or overwrites for good")),
    (Effect.OUTSIDE.value, pgettext_lazy("effect of a tool", "reaches others: mail, orders, unknown servers")),
)


class McpToolForm(forms.ModelForm[McpTool]):
    """What the operator says of a tool."""

    effects = forms.MultipleChoiceField(
        label=gettext_lazy("Effects"),
        choices=_EFFECTS,
        widget=Checkboxes,
        help_text=gettext_lazy("A tool that deletes or reaches others asks before each call."),
    )

    def clean_effects(self) -> list[str]:
        chosen = self.cleaned_data["effects"]
        if Effect.READS in chosen and len(chosen) > 1:
            raise forms.ValidationError(_("“Only reads” excludes the others."))
        return sorted(chosen)


class GrantInline(ApprovalInline):
    """The bots that may use the tool."""

    model = McpGrant
    fk_name = "tool"
    fields: ClassVar[tuple[str, ...]] = ("bot", "state", "before", "approve", "version")
    readonly_fields: ClassVar[tuple[str, ...]] = ("state", "before")

    @admin.display(description=gettext_lazy("as it was approved"))
    def before(self, grant: McpGrant) -> str:
        """Shows the approved text beside the present one, when they differ."""
        if grant._state.adding or not grant.suspended:
            return "–"
        return format_html("{}{}", grant.seen.get("description", ""), json_block(grant.seen.get("schema", {})))


@admin.register(McpTool)
class McpToolAdmin(ApprovingMixin, AuditedMixin, BaseAdmin[McpTool]):
    """Tools as their servers list them. Nobody adds one by hand."""

    form = McpToolForm
    own_fields = ("effects", "idempotent")
    # Both names: that for the model is only a digest where the server's has no Latin letters.
    list_display = ("call_name", "name", "server", "state", "effects_shown", "bot_count")
    list_filter = ("server", "listed")
    list_select_related = ("server",)
    search_fields = ("call_name", "name", "description")
    inlines = (GrantInline,)
    readonly_fields = (*_SAID, "try_it")
    fieldsets = (
        (
            gettext_lazy("What the server says. Nobody here has checked it."),
            {"fields": _SAID},
        ),
        (gettext_lazy("What you say"), {"fields": ("effects", "idempotent", "try_it")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[McpTool]:
        suspended = Count("grants", filter=~Q(grants__fingerprint=F("fingerprint")))
        rows: QuerySet[McpTool] = super().get_queryset(request)
        return rows.annotate(bots=Count("grants"), suspended=suspended)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_view)
        return [path("<int:pk>/try/", view, name="skills_mcptool_try"), *super().get_urls()]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        mcp_servers.clear_cache()

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the box; a POST calls the tool."""
        tool = McpTool.objects.select_related("server").filter(pk=pk).first()
        if tool is None:
            raise Http404
        if not self.may_change_row(request, tool):
            raise PermissionDenied
        written = request.POST.get("arguments", "") or json.dumps(_example(tool.schema), ensure_ascii=False, indent=2)
        result, problem = _tried(request, tool, written) if request.method == "POST" else (None, "")
        extra = {
            "title": _("Try %(name)s") % {"name": tool.call_name},
            "tool": tool,
            "arguments": written,
            "result": result,
            "files": [one for one in result.parts if not isinstance(one, str)] if result is not None else [],
            "problem": problem,
            "schema": json_block(tool.schema),
        }
        return self.page(request, "admin/skills/mcptool/try.html", extra)

    # Columns

    @display(
        description=gettext_lazy("state"),
        label={"ok": "success", "failing": "danger", "off": "", "untested": "info"},
    )
    def state(self, tool: Any) -> Any:
        if tool.unusable:
            return "failing", _("cannot be used")
        if not tool.listed:
            return "off", _("no longer listed")
        if tool.suspended:
            return "failing", _("changed: look at it again")
        return ("ok", _("allowed")) if tool.bots else ("untested", _("not allowed to any bot"))

    @admin.display(description=gettext_lazy("state"))
    def state_text(self, tool: Any) -> str:
        return tool.unusable or str(self.state(tool)[1])

    @admin.display(description=gettext_lazy("effects"))
    def effects_shown(self, tool: McpTool) -> str:
        names = dict(_EFFECTS)
        return ", ".join(str(names[effect.value]) for effect in sorted(tool.known_effects))

    @admin.display(description=gettext_lazy("bots"))
    def bot_count(self, tool: Any) -> int:
        return int(tool.bots)

    @admin.display(description=gettext_lazy("server"))
    def server_link(self, tool: McpTool) -> str:
        return admin_link(tool.server)

    @admin.display(description=gettext_lazy("description"))
    def said(self, tool: McpTool) -> str:
        return format_html('<pre class="claw-json">{}</pre>', tool.description) if tool.description else "–"

    @admin.display(description=gettext_lazy("arguments"))
    def schema_shown(self, tool: McpTool) -> str:
        return json_block(tool.schema)

    @admin.display(description=gettext_lazy("hints of the server"))
    def hints_shown(self, tool: McpTool) -> str:
        return json_block(tool.hints) if tool.hints else "–"

    @admin.display(description=gettext_lazy("changed by its server"))
    def changed(self, tool: McpTool) -> str:
        return ago(tool.changed_at)

    @admin.display(description=gettext_lazy("try it"))
    def try_it(self, tool: McpTool) -> str:
        link = reverse("admin:skills_mcptool_try", args=(tool.pk,))
        return format_html('<a class="claw-link" href="{}">{}</a>', link, _("Call it now"))


def _tried(request: HttpRequest, tool: McpTool, written: str) -> tuple[ToolResult | None, str]:
    try:
        arguments = json.loads(written)
    except (ValueError, RecursionError) as error:
        return None, _("The arguments are no JSON: %(why)s") % {"why": str(error)[:200]}
    if not isinstance(arguments, dict):
        return None, _("The arguments must be a JSON object.")
    try:
        return mcp_servers.try_tool(tool, arguments, request.user), ""
    except OperationError as error:
        return None, str(error)


def _example(schema: Any) -> dict[str, Any]:
    """Returns empty values for the required arguments, to be filled in."""
    empty = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
    properties = schema.get("properties", {})
    return {name: empty.get(str(properties[name].get("type")), "") for name in schema.get("required", ())}


@admin.register(McpGrant)
class McpGrantAdmin(GrantAdmin):
    """The MCP tools of each bot. A tool is allowed on its own page, which shows what is allowed."""

    list_display = ("bot", "tool", "state", "approved")
    list_select_related = ("bot", "tool__server")
    search_fields = ("tool__call_name", "bot__name")
    fields = ("bot", "tool_link", "state_text", "approved")
    readonly_fields = ("bot", "tool_link", "state_text", "approved")

    @admin.display(description=gettext_lazy("tool"))
    def tool_link(self, grant: McpGrant) -> str:
        return admin_link(grant.tool)

    @admin.display(description=gettext_lazy("approved"))
    def approved(self, grant: McpGrant) -> str:
        return ago(grant.approved_at)
