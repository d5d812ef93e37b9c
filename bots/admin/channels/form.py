"""The form of a channel: the account fields of its platform, validated by the adapter. Secrets are write-only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from adapters import registry
from adapters.account_formats import REQUIRED
from adapters.accounts import AccountField
from adapters.errors import AccountError
from bots.admin.ui.platform_names import lazy_text, platform_choices
from bots.admin.ui.secret_field import SecretField, with_state
from bots.i18n.failure_texts import problems_of
from bots.models import Channel
from bots.operations import address_rules
from clawdbot.crypto import CryptoError
from clawdbot.reasons import Reason

if TYPE_CHECKING:
    from django.forms import CheckboxInput, CheckboxSelectMultiple, NumberInput, Select, Textarea, TextInput
else:
    from unfold.widgets import (
        UnfoldAdminCheckboxSelectMultipleWidget as CheckboxSelectMultiple,
    )
    from unfold.widgets import (
        UnfoldAdminIntegerFieldWidget as NumberInput,
    )
    from unfold.widgets import (
        UnfoldAdminSelectWidget as Select,
    )
    from unfold.widgets import (
        UnfoldAdminTextareaWidget as Textarea,
    )
    from unfold.widgets import (
        UnfoldAdminTextInputWidget as TextInput,
    )
    from unfold.widgets import (
        UnfoldBooleanSwitchWidget as CheckboxInput,
    )

PREFIX = "account"
POLICY_FIELDS = ("group_policy", "group_memory", "stranger_policy", "allow_list")
CHANNEL_FIELDS = ("bot", "platform", "name", "enabled", "flood_per_minute", "stream_replies", *POLICY_FIELDS)


def form_name(platform: str, key: str) -> str:
    """Returns the form field name of an account key. It includes the platform, because platforms share key names."""
    return f"{PREFIX}__{platform}__{key}"


def stored_account(channel: Channel) -> dict[str, Any]:
    """Returns the stored credentials; {} when they cannot be decrypted, so that the page asks for them again."""
    try:
        return channel.credentials
    except CryptoError:
        return {}


class LinesField(forms.CharField):
    """A list of strings, edited one per line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return list(dict.fromkeys(line.strip() for line in str(value or "").splitlines() if line.strip()))


class ChannelForm(forms.ModelForm[Channel]):
    """A channel with the account fields of `platforms`: every platform on the add page, one on a channel's own page."""

    platforms: ClassVar[tuple[str, ...]] = ()
    actor: ClassVar[Any] = None
    _public_only: bool | None = None
    _refusal: AccountError | None = None

    class Meta:
        model = Channel
        fields = CHANNEL_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = stored_account(self.instance) if self.instance.pk else {}
        if "platform" in self.fields:
            self.fields["platform"] = forms.ChoiceField(
                label=gettext_lazy("Platform"), choices=platform_choices, widget=Select()
            )
        for platform in self.platforms:
            for described in registry.account_fields(platform):
                self.fields[form_name(platform, described.name)] = self._account_field(described)
        self.fields["allow_list"] = LinesField(
            label=gettext_lazy("Allowed people"),
            help_text=gettext_lazy("Ids of the platform, one a line."),
            required=False,
            widget=Textarea(attrs={"rows": 3}),
        )
        self._add_removal()

    def _account_field(self, described: AccountField) -> forms.Field:
        label, help_text = lazy_text(described.label), lazy_text(described.help)
        # The schema checks required keys: on the add page the fields of other platforms are hidden and empty.
        if described.secret:
            return SecretField(
                label=label,
                is_set=described.name in self._stored,
                required=described.required,
                help_text=help_text,
            )
        common = {
            "label": label,
            "help_text": with_state("required" if described.required else "", help_text),
            "required": False,
            "initial": shown(described, self._stored.get(described.name)),
        }
        if described.kind == "bool":
            return forms.BooleanField(widget=CheckboxInput(), **common)
        if described.kind == "number":
            return forms.FloatField(widget=NumberInput(), **common)
        if described.kind == "list":
            return forms.CharField(widget=Textarea(attrs={"rows": 2}), **common)
        return forms.CharField(widget=TextInput(), max_length=2000, **common)

    def _add_removal(self) -> None:
        removable = [
            (described.name, lazy_text(described.label))
            for described in self._described()
            if described.secret and not described.required and described.name in self._stored
        ]
        if removable and len(self.platforms) == 1:
            self.fields["remove_secrets"] = forms.MultipleChoiceField(
                label=gettext_lazy("Remove stored values"),
                choices=removable,
                required=False,
                widget=CheckboxSelectMultiple(),
            )

    def _described(self) -> tuple[AccountField, ...]:
        platform = self._platform()
        return registry.account_fields(platform) if platform in registry.platforms() else ()

    def _platform(self) -> str:
        if self.instance.pk:
            return self.instance.platform
        return str((getattr(self, "cleaned_data", None) or {}).get("platform") or "")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        self._refusal = None
        platform = self._platform()
        if platform not in self.platforms or self.errors:
            return values
        try:
            self._account = self._checked(platform, values)
        except AccountError as error:
            self._refusal = error
            self._show(platform, error)
        return values

    def _checked(self, platform: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the account as it would be stored.

        Raises:
            AccountError: A key is missing or wrong, a stored secret would go to another server, or the user may not
                enter an address.
        """
        account = registry.validate_account(platform, self._given(platform, values))
        secrets = (field.name for field in registry.account_fields(platform) if field.secret)
        entered = [name for name in secrets if values.get(form_name(platform, name))]
        self._public_only = address_rules.check_account(platform, self._stored, account, entered, self.actor)
        return account

    def _given(self, platform: str, values: Mapping[str, Any]) -> dict[str, Any]:
        removed = values.get("remove_secrets") or ()
        given: dict[str, Any] = {}
        for described in registry.account_fields(platform):
            entered = values.get(form_name(platform, described.name))
            if described.secret and not entered and described.name not in removed:
                entered = self._stored.get(described.name)
            given[described.name] = entered
        return given

    def account(self) -> tuple[str, dict[str, Any]]:
        """Returns the platform and the account as it would be stored: the stored values updated by the entered ones.

        Raises:
            AccountError: As `_checked` does.
        """
        self.full_clean()
        platform = self._platform()
        if platform not in self.platforms:
            raise AccountError(Reason("no_platform"))
        if self._refusal is not None:
            raise self._refusal  # `add_error` has removed the refused values from `cleaned_data`
        names = {form_name(platform, field.name): field.name for field in registry.account_fields(platform)}
        if wrong := {names[name]: " ".join(map(str, told)) for name, told in self.errors.items() if name in names}:
            raise AccountError(problems=wrong)
        return platform, self._checked(platform, self.cleaned_data)

    @property
    def public_only(self) -> bool:
        """Tells whether the account in the form may connect to public addresses only."""
        return self.instance.public_only if self._public_only is None else self._public_only

    def _show(self, platform: str, error: AccountError) -> None:
        # The schema's messages name keys and reasons, never values, so they may be shown.
        for key, reason in reasons(error).items():
            field = form_name(platform, key)
            self.add_error(field if field in self.fields else None, reason)

    def save(self, commit: bool = True) -> Channel:
        account = getattr(self, "_account", None)
        if account is not None:
            self.instance.credentials = account
            self.instance.public_only = self.public_only
        return super().save(commit)


def reasons(error: AccountError) -> dict[str, str]:
    """Returns the problems of an account by key, in the wording of forms."""
    required = _("This field is required.")
    return {
        key: required if error.reasons.get(key) == REQUIRED else reason for key, reason in problems_of(error).items()
    }


def shown(described: AccountField, value: Any) -> Any:
    """Returns a value that is not secret in the form that its input shows; the default when there is none."""
    if value is None:
        value = described.default
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return value


def form_for(platforms: tuple[str, ...], actor: Any) -> type[ChannelForm]:
    """Returns a form class for these platforms and this user; the admin derives its own from it."""
    return type("ChannelForm", (ChannelForm,), {"platforms": platforms, "actor": actor})


def account_names(platform: str, *, advanced: bool) -> tuple[str, ...]:
    """Returns the form field names of a platform's account in schema order: only the advanced ones, or all others."""
    fields = registry.account_fields(platform)
    return tuple(form_name(platform, field.name) for field in fields if field.advanced is advanced)
