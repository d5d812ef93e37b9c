"""The form of a flow."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.admin.flows.editor import StepsField
from bots.admin.ui.form_fields import WordListField
from bots.admin.ui.secret_field import SecretField
from bots.models.provider import check_api_key
from bots.operations import flows
from bots.operations.errors import OperationError
from skills.models import FlowDefinition


class FlowForm(forms.ModelForm[FlowDefinition]):
    """A flow: triggers one per line, steps in the editor, the signing secret write-only."""

    triggers = WordListField(label=gettext_lazy("Trigger words"), help_text=gettext_lazy("One per line."))
    definition = StepsField(label=gettext_lazy("Steps"))

    actor: ClassVar[Any] = None
    manages: ClassVar[frozenset[int] | None] = None
    made_secret = False
    _public_only: bool | None = None

    class Meta:
        model = FlowDefinition
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = FlowDefinition.objects.filter(pk=self.instance.pk).first() if self.instance.pk else None
        self.fields["secret"] = SecretField(
            label=gettext_lazy("Signing secret"),
            is_set=bool(self.instance.secret_encrypted),
            help_text=gettext_lazy("Signs what webhooks get. Empty: one is made and shown once."),
            validators=(check_api_key,),
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not {"definition", "name", "triggers"} <= values.keys():
            return values
        try:
            flow = flows.checked(values["definition"], values["name"], values["triggers"])
            before = self.before.definition if self.before is not None else {}
            self._public_only = flows.check_addresses(before, flow, self.actor)
        except OperationError as error:
            self.add_error("definition", str(error))
        self._check_bots(values)
        return values

    def _check_bots(self, values: dict[str, Any]) -> None:
        """A manager writes flows for the bots that he manages, and for no others."""
        if self.manages is None:
            return
        if not {bot.pk for bot in values.get("bots") or ()}:
            self.add_error("bots", _("Choose at least one bot."))

    def save(self, commit: bool = True) -> FlowDefinition:
        if self._public_only is not None:
            self.instance.public_only = self._public_only
        if self.cleaned_data.get("secret"):
            self.instance.secret = self.cleaned_data["secret"]
        had_secret = bool(self.instance.secret_encrypted)
        flows.renew(self.instance, self.before)
        self.made_secret = not had_secret and bool(self.instance.secret_encrypted)
        return super().save(commit)
