"""The page of the embedder: a single row, saved only when it embeds a test sentence."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BaseAdmin
from bots.admin.ui.fragments import ago, chip
from bots.admin.ui.secret_field import SecretField, may_trust
from bots.admin.ui.unfold_parts import action
from bots.i18n.failure_texts import describe, describe_column
from bots.operations import address_rules
from bots.operations.errors import OperationError
from memory.embedders import choice, current
from memory.models import EmbedderChoice, MemoryEntry
from memory.models.fields import normal_or_refused
from memory.storage import embedding_backfill, wakeups

FIELDS = ("kind", "model", "endpoint", "dimension", "timeout_s")


class EmbedderForm(forms.ModelForm[EmbedderChoice]):
    """The embedder's settings. A form that fails the test is not saved: recall would silently fall back to words."""

    remove_api_key = forms.BooleanField(label=gettext_lazy("Remove the stored key"), required=False)
    actor: ClassVar[Any] = None

    class Meta:
        model = EmbedderChoice
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["api_key"] = SecretField(
            label=gettext_lazy("API key"),
            is_set=bool(self.instance.api_key_encrypted),
            help_text=gettext_lazy("Empty for an endpoint that asks for none."),
        )
        if "dimension" in self.fields:
            self.fields["dimension"].required = False

    def clean_endpoint(self) -> str:
        """Returns the address as requests need it, before it is tested."""
        return normal_or_refused(self.cleaned_data["endpoint"], versioned=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors or "kind" not in values:
            return values
        public_only = self._checked(values)
        if public_only is None:
            return values
        wanted = current.Spec(
            values["kind"],
            values["model"].strip(),
            values["endpoint"],
            self._key(values),
            values.get("dimension") or 0,
            values["timeout_s"],
            public_only,
        )
        held = choice.stored()
        if held is not None and wanted == choice.of_row(held):
            return values
        found = current.probe(wanted)
        if not found.ok:
            raise forms.ValidationError(_("Not saved, because the test failed: ") + describe(found.text))
        values |= {"dimension": found.dimension, "model": wanted.model, "endpoint": wanted.endpoint}
        self.tested_ms, self._public_only = found.ms, public_only
        return values

    tested_ms: int | None = None
    _public_only: bool | None = None

    def _checked(self, values: dict[str, Any]) -> bool | None:
        """Returns whether the endpoint must be public; None after an error."""
        keeps_key = bool(self.instance.api_key_encrypted) and not (values["remove_api_key"] or values["api_key"])
        stays = bool(values.get("public_only", self.instance.public_only))
        try:
            changed = address_rules.check_endpoint(
                self.instance.endpoint, values["endpoint"], self.actor, keeps_key=keeps_key
            )
        except OperationError as error:
            self.add_error("api_key" if keeps_key else "endpoint", str(error))
            return None
        return stays if changed is None else changed

    def _key(self, values: dict[str, Any]) -> str:
        if values.get("remove_api_key"):
            return ""
        return str(values.get("api_key") or self.instance.api_key)

    def save(self, commit: bool = True) -> EmbedderChoice:
        self.instance.api_key = self._key(self.cleaned_data)
        if self._public_only is not None:
            self.instance.public_only = self._public_only
        return super().save(commit)


@admin.register(EmbedderChoice)
class EmbedderChoiceAdmin(AuditedMixin, BaseAdmin[EmbedderChoice]):
    """The embedder. A change reaches every process within seconds and starts a re-embedding of all memories."""

    form = EmbedderForm
    list_display = ("__str__", "dimension", "state", "last_success")
    actions_submit_line = ("save_and_test",)
    readonly_fields = ("state", "last_success", "last_error_note", "progress")
    warn_unsaved_form = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if self.has_view_permission(request) and choice.stored() is None:
            choice.seed()
        return super().changelist_view(request, extra_context)

    def get_fieldsets(self, request: HttpRequest, obj: EmbedderChoice | None = None) -> Any:
        key: tuple[str, ...] = ("api_key",) if self.has_change_permission(request, obj) else ()
        if key and obj is not None and obj.api_key_encrypted:
            key = ("api_key", "remove_api_key")
        trust = ("public_only",) if may_trust(request, obj) else ()
        note = gettext_lazy(
            "Saved only when it embeds a test sentence. A change works in all processes within seconds; memories are "
            "embedded anew in the background, and until then they are found by words."
        )
        return [
            (
                None,
                {
                    "fields": ("kind", "model", "endpoint", *trust, *key, ("dimension", "timeout_s")),
                    "description": note,
                },
            ),
            (gettext_lazy("State"), {"fields": (("state", "last_success"), "last_error_note", "progress")}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["fields"] = (*FIELDS, "public_only") if may_trust(request, obj) else FIELDS
        form = super().get_form(request, obj, change=change, **kwargs)
        setattr(form, "actor", request.user)  # noqa: B010
        return form

    def save_model(self, request: HttpRequest, obj: EmbedderChoice, form: Any, change: bool) -> None:
        if form.tested_ms is not None:
            obj.last_error_at = None  # the error belongs to the former settings
        super().save_model(request, obj, form, change)
        if form.tested_ms is not None:
            choice.clear_cache()
            wakeups.embed_after_commit()
            messages.success(request, _("It embeds a sentence in %(ms)s ms.") % {"ms": form.tested_ms})

    @action(description=gettext_lazy("Save and test"), icon="network_check", permissions=["change"])
    def save_and_test(self, request: HttpRequest, row: EmbedderChoice) -> None:
        found = current.probe(choice.of_row(row))
        if found.ok:
            text = _("It works: vectors of %(dimension)s numbers, %(ms)s ms.")
            messages.success(request, text % {"dimension": found.dimension, "ms": found.ms})
        else:
            messages.error(request, _("It does not work: ") + describe(found.text))

    @admin.display(description=gettext_lazy("state"))
    def state(self, row: EmbedderChoice) -> str:
        if row.failing:
            return chip("failing", _("failing: recall uses words only"))
        return chip("ok", _("working")) if row.last_ok_at else chip("untested", _("not used yet"))

    @admin.display(description=gettext_lazy("last success"))
    def last_success(self, row: EmbedderChoice) -> str:
        return ago(row.last_ok_at)

    @admin.display(description=gettext_lazy("last error"))
    def last_error_note(self, row: EmbedderChoice) -> str:
        return describe_column(row, "last_error") or "–"

    @admin.display(description=gettext_lazy("memories with its vectors"))
    def progress(self, row: EmbedderChoice) -> str:
        total = MemoryEntry.objects.distinct_entries().count()
        waiting = embedding_backfill.waiting().count()
        values = {
            "done": total - waiting,
            "total": total,
            "percent": 100 * (total - waiting) // total if total else 100,
        }
        return _("%(done)s of %(total)s (%(percent)s %%)") % values
