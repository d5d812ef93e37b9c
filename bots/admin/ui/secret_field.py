"""A form field for a secret: written, never shown again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        note = _("stored – type to replace it") if is_set else _("not set")
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
        validators: Of what is typed.
    """

    def __init__(
        self,
        *,
        label: Any,
        is_set: bool,
        required: bool = False,
        help_text: str | Promise = "",
        validators: Sequence[Callable[[str], None]] = (),
    ) -> None:
        super().__init__(
            label=label,
            required=False,
            max_length=10_000,
            validators=validators,
            widget=SecretInput(is_set=is_set),
            help_text=with_state("stored" if is_set else "required" if required else "", help_text),
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


def with_state(state: str, help_text: str | Promise) -> Any:
    """The help text behind what is to be known first; `state` is "stored", "required" or ""."""

    # composed when shown, because the language is known only then
    def compose() -> str:
        words = {"stored": gettext("Stored encrypted, not shown."), "required": gettext("Required.")}
        return " ".join(part for part in (words.get(state, ""), str(help_text)) if part)

    return lazy(compose, str)()
