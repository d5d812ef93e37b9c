"""The pages of model providers: priority in the list, a write-only key, a test button."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.admin.system.connect import ConnectMixin
from bots.admin.system.provider_health import ProviderHealthMixin
from bots.admin.ui.audited import AuditedMixin
from bots.admin.ui.base import BaseAdmin
from bots.admin.ui.fragments import ago, chip, provider_state, provider_state_text
from bots.admin.ui.secret_field import SecretField, may_trust
from bots.admin.ui.unfold_parts import action, display
from bots.i18n.failure_texts import describe_column
from bots.models import ModelProvider
from bots.models.provider import check_api_key
from bots.operations import address_rules, connection_mends, entered_keys, providers, served_model
from bots.operations.errors import OperationError

FIELDS = (
    "kind",
    "name",
    "endpoint",
    "model",
    "protocol",
    "priority",
    "enabled",
    "can_see",
    "tools",
    "timeout_s",
    "context_tokens",
    "input_price",
    "output_price",
    "cached_input_price",
    "keep_warm",
    "keep_warm_minutes",
    "extra_body",
    "voice",
    "voice_price",
)


_DEFAULTS = frozenset({"protocol", "keep_warm", "keep_warm_minutes", "extra_body"})


class ProviderForm(forms.ModelForm[ModelProvider]):
    """A model provider; its API key is write-only."""

    remove_api_key = forms.BooleanField(label=gettext_lazy("Remove the stored key"), required=False)
    actor: ClassVar[Any] = None
    _public_only: bool | None = None

    class Meta:
        model = ModelProvider
        # The admin names and builds the fields; fields built here would lack its `formfield_overrides`.
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_set = bool(self.instance.api_key_encrypted)
        self.fields["api_key"] = SecretField(
            label=gettext_lazy("API key"),
            is_set=is_set,
            help_text=gettext_lazy("Empty for an endpoint that asks for none."),
        )

        for name in {"tools", "kind", "voice_price", *_DEFAULTS} & self.fields.keys():
            self.fields[name].required = False

    def clean_api_key(self) -> str:
        key = entered_keys.cleaned(self.cleaned_data.get("api_key") or "")
        check_api_key(key)
        return key

    def clean_tools(self) -> str:
        """Returns the choice; a form that says nothing leaves it to the model."""
        return self.cleaned_data.get("tools") or "auto"

    def clean_kind(self) -> str:
        """Returns the kind; a form that says nothing means a language model, or what the row was."""
        return self.cleaned_data.get("kind") or self.instance.kind

    def clean_voice_price(self) -> Decimal:
        """Returns the price; a form that says nothing leaves it as it was."""
        price: Decimal | None = self.cleaned_data.get("voice_price")
        return self.instance.voice_price if price is None else price

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in _DEFAULTS & values.keys():  # what a form does not say stays as it is
            if values[name] in (None, ""):
                values[name] = getattr(self.instance, name)
        if values.get("remove_api_key") and values.get("api_key"):
            raise forms.ValidationError(_("Either remove the stored key or enter a new one."))
        if "endpoint" in values:
            self._check_endpoint(values)
        return values

    def _check_endpoint(self, values: dict[str, Any]) -> None:
        entered = values.get("remove_api_key") or values.get("api_key") or "api_key" in self.errors
        keeps_key = bool(self.instance.api_key_encrypted) and not entered
        try:
            self._public_only = address_rules.check_endpoint(
                self.instance.endpoint, values["endpoint"], self.actor, keeps_key=keeps_key
            )
        except OperationError as error:
            self.add_error("api_key" if keeps_key else "endpoint", str(error))

    def save(self, commit: bool = True) -> ModelProvider:
        if self._public_only is not None:
            self.instance.public_only = self._public_only
        if self.cleaned_data.get("remove_api_key"):
            self.instance.api_key = ""
        elif self.cleaned_data.get("api_key"):
            self.instance.api_key = self.cleaned_data["api_key"]
        return super().save(commit)


@admin.register(ModelProvider)
class ModelProviderAdmin(ConnectMixin, ProviderHealthMixin, AuditedMixin, BaseAdmin[ModelProvider]):
    """Model providers, tried from the lowest priority number upwards; the embedded model comes last."""

    form = ProviderForm
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ("name", "kind", "model", "endpoint", "status", "last_success", "health", "priority", "enabled")
    list_editable = ("priority", "enabled")
    list_filter = ("enabled", "kind")
    search_fields = ("name", "endpoint", "model")
    list_before_template = "admin/bots/modelprovider/embedded_note.html"
    actions = ("test_selected",)
    actions_submit_line = ("save_and_test",)
    readonly_fields = ("status_chip", "last_success", "health", "last_error_note")
    warn_unsaved_form = True

    def get_fieldsets(self, request: HttpRequest, obj: ModelProvider | None = None) -> Any:
        key: tuple[str, ...] = ("api_key",) if self.has_change_permission(request, obj) else ()
        if key and obj is not None and obj.api_key_encrypted:
            key = ("api_key", "remove_api_key")
        trust = ("public_only",) if may_trust(request, obj) else ()
        parts: list[Any] = [
            (
                None,
                {
                    "fields": (
                        "kind",
                        "name",
                        "endpoint",
                        *trust,
                        ("model", "protocol"),
                        *key,
                        ("priority", "enabled"),
                        ("can_see", "tools"),
                    )
                },
            ),
            (
                gettext_lazy("Voice"),
                {
                    "fields": (("voice", "voice_price"),),
                    "description": gettext_lazy("Only for what listens and what speaks."),
                },
            ),
            (
                gettext_lazy("Limits"),
                {"fields": (("timeout_s", "context_tokens"), ("keep_warm", "keep_warm_minutes"), "extra_body")},
            ),
            (
                gettext_lazy("Prices"),
                {
                    "fields": (("input_price", "output_price", "cached_input_price"),),
                    "description": gettext_lazy("Only for the cost shown in Usage."),
                },
            ),
        ]
        if obj is not None:
            parts.append(
                (gettext_lazy("State"), {"fields": (("status_chip", "last_success", "health"), "last_error_note")})
            )
        return parts

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # The form adds `api_key` itself; the model form factory would look for it in the model.
        kwargs["fields"] = (*FIELDS, "public_only") if may_trust(request, obj) else FIELDS
        form = super().get_form(request, obj, change=change, **kwargs)
        setattr(form, "actor", request.user)  # noqa: B010
        return form

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        extra = {
            "embedded_model": served_model.served_model(),
            "may_connect": self.has_add_permission(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, extra)

    @display(
        description=gettext_lazy("state"),
        label={"ok": "success", "failing": "danger", "off": "", "untested": "info"},
    )
    def status(self, provider: ModelProvider) -> Any:
        state = provider_state(provider)
        return state, provider_state_text(state)

    @admin.display(description=gettext_lazy("state"))
    def status_chip(self, provider: ModelProvider) -> str:
        state = provider_state(provider)
        return chip(state, provider_state_text(state))

    @admin.display(description=gettext_lazy("last success"), ordering="last_ok_at")
    def last_success(self, provider: ModelProvider) -> str:
        return ago(provider.last_ok_at)

    @admin.display(description=gettext_lazy("last error"))
    def last_error_note(self, provider: ModelProvider) -> str:
        return describe_column(provider, "last_error") or "–"

    @admin.action(description=gettext_lazy("Test the selected providers"), permissions=["change"])
    def test_selected(self, request: HttpRequest, queryset: QuerySet[ModelProvider]) -> None:
        for provider in queryset:
            self._test(request, provider)

    @action(description=gettext_lazy("Save and test"), icon="network_check", permissions=["change"])
    def save_and_test(self, request: HttpRequest, provider: ModelProvider) -> None:
        self._test(request, provider)

    def _test(self, request: HttpRequest, provider: ModelProvider) -> None:
        result = providers.test_provider(provider)
        name = {"name": provider.name, "ms": result.ms}
        if result.ok:
            messages.success(request, _("%(name)s answers (%(ms)s ms).") % name)
        else:
            messages.error(request, _("%(name)s does not answer: ") % name + connection_mends.told(result.text))
