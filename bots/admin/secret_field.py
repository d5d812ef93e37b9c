"""A form field for a secret: written, never shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    PasswordInput = forms.PasswordInput
else:
    from unfold.widgets import UnfoldAdminPasswordWidget as PasswordInput


class SecretInput(PasswordInput):
    """An empty password box whatever is stored; a placeholder says whether something is."""

    def __init__(self, *, is_set: bool) -> None:
        note = _("set – leave empty to keep it") if is_set else _("not set")
        # new-password: the browser must not fill in the operator's own password
        super().__init__(attrs={"placeholder": note, "autocomplete": "new-password", "spellcheck": "false"})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        # also after a failed validation: what was typed does not come back in the page
        return super().get_context(name, None, attrs)


class SecretField(forms.CharField):
    """Empty means "as it was". Whether one is missing is for the schema to say, which knows what is stored.

    Args:
        label: Shown beside the box.
        is_set: Whether a value is stored now.
        required: Whether the row cannot do without it; told in the help text.
        help_text: Shown under the box, after "set" or "not set".
    """

    def __init__(self, *, label: Any, is_set: bool, required: bool = False, help_text: str | Promise = "") -> None:
        super().__init__(
            label=label,
            required=False,
            max_length=10_000,
            widget=SecretInput(is_set=is_set),
            help_text=_with_state(is_set, required, help_text),
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


def _with_state(is_set: bool, required: bool, help_text: str | Promise) -> Any:
    # composed when shown, because the language is known only then
    def compose() -> str:
        state = gettext("Stored encrypted, not shown.") if is_set else gettext("Required.") if required else ""
        return " ".join(part for part in (state, str(help_text)) if part)

    return lazy(compose, str)()
