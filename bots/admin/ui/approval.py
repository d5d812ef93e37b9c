"""Pages and inline rows by which somebody lets bots use what another side wrote, exactly as the page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bots.admin.ui.access import MANAGER, access_of
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BotScopedAdmin, TypedInline, restrict_choices
from bots.admin.ui.filters import ScopedFilter
from bots.admin.ui.fragments import chip
from bots.admin.ui.unfold_parts import display

if TYPE_CHECKING:
    from bots.admin.ui.base import BaseAdmin

    _Base = BaseAdmin[Any]
else:
    _Base = object


class ApprovalForm(forms.ModelForm[Any]):
    """A bot that may use the thing on the page. The hidden digest says which version of it the page has shown."""

    shown: str = ""
    approve = forms.BooleanField(label=_("approve as shown"), required=False)
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.shown

    def has_changed(self) -> bool:
        # The hidden digest is no entry: an untouched empty row stays one.
        return any(name != "version" for name in self.changed_data)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self._approves(values) and values.get("version") != self.shown:
            raise forms.ValidationError(gettext("It was changed while you read it. Look at it again, then approve."))
        return values

    def save(self, commit: bool = True) -> Any:
        if self._approves(self.cleaned_data):
            self.instance.approve()
        return super().save(commit)

    def _approves(self, values: dict[str, Any]) -> bool:
        return self.instance.pk is None or bool(values.get("approve"))


class ApprovingMixin(_Base):
    """Opens the page to managers of a bot, who approve for their bots and change nothing else."""

    own_fields: ClassVar[tuple[str, ...]] = ()

    def may_change_row(self, request: HttpRequest, obj: Any = None) -> bool:
        """Returns whether the user may change the row itself, which belongs to all bots."""
        return super().has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_change_row(request, obj) or self._may_approve(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_readonly_fields(request, obj)
        return shown if self.may_change_row(request, obj) else (*shown, *self.own_fields)

    def _may_approve(self, request: HttpRequest) -> bool:
        inlines: Any = self.inlines
        allowed = any(request.user.has_perm(f"skills.add_{one.model._meta.model_name}") for one in inlines)
        return allowed and access_of(request).allows(None, MANAGER)


class ApprovalInline(TypedInline[Any]):
    """The bots that may use the row of the page; only bots that the user manages can be seen and chosen."""

    form = ApprovalForm
    extra = 1
    fields: ClassVar[tuple[str, ...]] = ("bot", "state", "approve", "version")
    readonly_fields: ClassVar[tuple[str, ...]] = ("state",)

    def get_queryset(self, request: HttpRequest) -> Any:
        bots = access_of(request).bots(MANAGER)
        rows = super().get_queryset(request).select_related("bot", self.fk_name or "")
        return rows if bots is None else rows.filter(bot_id__in=bots)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)
        shown = obj.fingerprint if obj is not None else ""
        made.form = type("ShownApprovalForm", (made.form,), {"shown": shown})
        return made

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        restrict_choices(self.admin_site, db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("state"))
    def state(self, grant: Any) -> str:
        if grant.pk is None:
            return "–"
        if grant.suspended:
            return chip("failing", gettext("suspended: changed since it was approved"))
        return chip("ok", gettext("allowed"))


class GrantAdmin(AuditedMixin, BotScopedAdmin[Any]):
    """What the bots may use. It is granted on its own page, which shows what is granted."""

    in_use: Any = _("allowed")
    list_filter = (("bot", ScopedFilter),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description=_("state"), label={"ok": "success", "failing": "danger"})
    def state(self, grant: Any) -> Any:
        if grant.suspended:
            return "failing", gettext("suspended: changed since it was approved")
        return "ok", str(self.in_use)

    @admin.display(description=_("state"))
    def state_text(self, grant: Any) -> str:
        return str(self.state(grant)[1])
