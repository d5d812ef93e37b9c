"""The page of MCP servers: where they are, what they may cost, and a button that lists their tools."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BaseAdmin
from bots.admin.ui.fragments import ago, chip, provider_state_text
from bots.admin.ui.secret_field import may_trust, with_state
from bots.admin.ui.unfold_parts import action, display
from bots.i18n.failure_texts import describe_column
from bots.operations import mcp_servers
from bots.operations.errors import OperationError
from skills.mcp.models import McpServer

if TYPE_CHECKING:
    Textarea = forms.Textarea
else:
    from unfold.widgets import UnfoldAdminTextareaWidget as Textarea

PLACE = ("transport", "url", "command", "arguments")
_STATE = ("status_chip", "last_success", "tools_link", "about", "last_error_note", "output")
LIMITS = ("start_limit_s", "call_limit_s", "refresh_minutes")


class LinesField(forms.CharField):
    """A stored list of texts, edited one per line. Nothing but the end of a line separates them."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, (list, tuple)) else value

    def to_python(self, value: Any) -> Any:
        lines = value if isinstance(value, (list, tuple)) else str(value or "").splitlines()
        return [str(line).strip() for line in lines if str(line).strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class SecretLines(Textarea):
    """A box that never shows what is stored."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class McpServerForm(forms.ModelForm[McpServer]):
    """A server. Headers and variables are write-only."""

    actor: ClassVar[Any] = None
    remove_secrets = forms.BooleanField(label=gettext_lazy("Remove the stored values"), required=False)

    class Meta:
        model = McpServer
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "arguments" in self.fields:
            self.fields["arguments"] = LinesField(
                label=gettext_lazy("Arguments"), required=False, help_text=gettext_lazy("One per line, without quotes.")
            )
            self.fields["arguments"].widget = Textarea(attrs={"rows": 3, "spellcheck": "false"})
        self.fields["secrets"] = forms.CharField(
            label=gettext_lazy("Headers or variables"),
            required=False,
            max_length=20_000,
            strip=False,  # a message names the line
            widget=SecretLines(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
            help_text=with_state("stored" if self._stored() else "", _secret_help()),
        )

    def _stored(self) -> bool:
        return bool(self.instance.secrets_encrypted)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors or "transport" not in values:
            return values
        entered, removed = values.get("secrets", ""), values.get("remove_secrets")
        before = McpServer.objects.filter(pk=self.instance.pk).first()
        changed = McpServer(pk=self.instance.pk, public_only=self.instance.public_only)
        for name in ("name", *PLACE):
            setattr(changed, name, values.get(name, getattr(self.instance, name)))
        try:
            values["parsed"] = mcp_servers.parse_secrets(entered, values["transport"]) if entered else {}
            keeps = self._stored() and not entered and not removed
            mcp_servers.check(changed, before, self.actor, keeps_secrets=keeps)
        except OperationError as error:
            raise forms.ValidationError(str(error)) from None
        for name in ("url", "command", "arguments"):
            values[name] = getattr(changed, name)
        if "public_only" not in values:
            self.instance.public_only = changed.public_only
        return values

    def save(self, commit: bool = True) -> McpServer:
        # The values are bound to the place, which is set already.
        if self.cleaned_data.get("parsed"):
            self.instance.secrets = self.cleaned_data["parsed"]
        elif self.cleaned_data.get("remove_secrets"):
            self.instance.secrets = {}
        return super().save(commit)


def _secret_help() -> Any:
    return gettext_lazy(
        "One per line: “Authorization: Bearer …” for an address, “TOKEN=…” for a program. "
        "Entering any replaces all stored ones."
    )


@admin.register(McpServer)
class McpServerAdmin(AuditedMixin, BaseAdmin[McpServer]):
    """MCP servers. One that is a program of this machine can be added and changed by superusers only."""

    form = McpServerForm
    list_display = ("name", "place_shown", "status", "tool_count", "last_success", "enabled")
    list_filter = ("enabled", "transport")
    search_fields = ("name", "url", "command")
    actions = ("list_selected",)
    actions_submit_line = ("save_and_list",)
    readonly_fields = ("secret_names", *_STATE)
    warn_unsaved_form = True
    conditional_fields = {
        "url": "transport == 'http'",
        "command": "transport == 'stdio'",
        "arguments": "transport == 'stdio'",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[McpServer]:
        rows: QuerySet[McpServer] = super().get_queryset(request)
        return rows.annotate(listed_tools=Count("tools", filter=Q(tools__listed=True)))

    def has_change_permission(self, request: HttpRequest, obj: McpServer | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: McpServer | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    @staticmethod
    def _may_touch(request: HttpRequest, obj: McpServer | str | None) -> bool:
        if mcp_servers.may_run_programs(request.user) or obj is None:
            return True
        # For a button, unfold asks with the id in place of the row.
        row = obj if isinstance(obj, McpServer) else McpServer.objects.filter(pk=obj).first()
        return row is None or row.transport != McpServer.Transport.STDIO

    def get_fieldsets(self, request: HttpRequest, obj: McpServer | None = None) -> Any:
        may_change = self.has_change_permission(request, obj)
        secret: tuple[str, ...] = ("secrets",) if may_change else ()
        if obj is not None and obj.secrets_encrypted:
            secret = ("secret_names", "secrets", "remove_secrets") if may_change else ("secret_names",)
        trust = ("public_only",) if may_trust(request, obj) else ()
        parts: list[Any] = [
            (None, {"fields": (("name", "enabled"), "transport", "url", *trust, "command", "arguments", *secret)}),
            (gettext_lazy("Limits"), {"fields": (LIMITS,)}),
        ]
        if obj is not None:
            parts.append((gettext_lazy("State"), {"fields": _STATE}))
        return parts

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        trust = ("public_only",) if may_trust(request, obj) else ()
        kwargs["fields"] = ("name", "enabled", *PLACE, *LIMITS, *trust)
        form = super().get_form(request, obj, change=change, **kwargs)
        setattr(form, "actor", request.user)  # noqa: B010
        return form

    def save_model(self, request: HttpRequest, obj: McpServer, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        mcp_servers.forget_connection(obj.pk)
        if not change and obj.enabled:
            self.save_and_list(request, obj)

    def delete_model(self, request: HttpRequest, obj: McpServer) -> None:
        number = obj.pk
        super().delete_model(request, obj)
        mcp_servers.forget_connection(number)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[McpServer]) -> None:
        for server in queryset:
            self.delete_model(request, server)

    # Columns

    @admin.display(description=gettext_lazy("where"))
    def place_shown(self, server: McpServer) -> str:
        return server.url or " ".join([server.command, *map(str, server.arguments)])[:80]

    @admin.display(description=gettext_lazy("tools"), ordering="listed_tools")
    def tool_count(self, server: Any) -> int:
        return int(server.listed_tools)

    @display(
        description=gettext_lazy("state"),
        label={"ok": "success", "failing": "danger", "off": "", "untested": "info"},
    )
    def status(self, server: McpServer) -> Any:
        state = _state(server)
        return state, provider_state_text(state)

    @admin.display(description=gettext_lazy("state"))
    def status_chip(self, server: McpServer) -> str:
        state = _state(server)
        return chip(state, provider_state_text(state))

    @admin.display(description=gettext_lazy("last success"), ordering="last_ok_at")
    def last_success(self, server: McpServer) -> str:
        return ago(server.last_ok_at)

    @admin.display(description=gettext_lazy("last error"))
    def last_error_note(self, server: McpServer) -> str:
        return describe_column(server, "last_error") or "–"

    @admin.display(description=gettext_lazy("what it calls itself"))
    def about(self, server: McpServer) -> str:
        return " · ".join(filter(None, (server.program, server.protocol))) or "–"

    @admin.display(description=gettext_lazy("its last error output"))
    def output(self, server: McpServer) -> str:
        return format_html('<pre class="claw-json">{}</pre>', server.last_output) if server.last_output else "–"

    @admin.display(description=gettext_lazy("stored headers or variables"))
    def secret_names(self, server: McpServer) -> str:
        try:
            return ", ".join(server.secrets) or _("none that fits this place: enter them again")
        except Exception:  # a lost key must not cost the page on which the values are entered again
            return _("cannot be decrypted: enter them again")

    @admin.display(description=gettext_lazy("tools"))
    def tools_link(self, server: Any) -> str:
        link = f"{reverse('admin:skills_mcptool_changelist')}?server__id__exact={server.pk}"
        text = _("%(count)s tools, read %(when)s") % {"count": server.listed_tools, "when": "%(when)s"}
        before, _mark, after = text.partition("%(when)s")
        return format_html('<a class="claw-link" href="{}">{}{}{}</a>', link, before, ago(server.listed_at), after)

    # Actions

    @admin.action(description=gettext_lazy("List the tools of the selected servers"), permissions=["change"])
    def list_selected(self, request: HttpRequest, queryset: QuerySet[McpServer]) -> None:
        for server in queryset:
            self._list(request, server)

    @action(description=gettext_lazy("Save and list tools"), icon="sync", permissions=["change"])
    def save_and_list(self, request: HttpRequest, server: McpServer) -> None:
        # Not before: a slow server would hold the transaction of the page, and with it every writer of SQLite.
        transaction.on_commit(partial(self._list, request, server))

    def _list(self, request: HttpRequest, server: McpServer) -> None:
        try:
            found = mcp_servers.list_tools(server)
        except OperationError as error:
            messages.error(request, _("%(name)s gives no list: ") % {"name": server.name} + str(error))
            return
        text = _("%(name)s lists %(count)s tools: %(new)s new, %(changed)s changed, %(gone)s gone.") % {
            "name": server.name,
            "count": found.count,
            "new": len(found.new),
            "changed": len(found.changed),
            "gone": len(found.gone),
        }
        (messages.warning if found.changed else messages.success)(request, text)


def _state(server: McpServer) -> str:
    if not server.enabled:
        return "off"
    if server.failing:
        return "failing"
    return "ok" if server.last_ok_at else "untested"
