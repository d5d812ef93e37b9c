"""A write-only form field for a secret."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    PasswordInput = forms.PasswordInput
else:
    from unfold.widgets import UnfoldAdminPasswordWidget as PasswordInput


class SecretInput(PasswordInput):
    """A password input that is always empty; the placeholder says whether a value is stored."""

    def __init__(self, *, is_set: bool) -> None:
        note = _("stored – type to replace it") if is_set else _("not set")
        # new-password: the browser must not fill in the operator's own password
        super().__init__(attrs={"placeholder": note, "autocomplete": "new-password", "spellcheck": "false"})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        # never rendered, not even after a failed validation
        return super().get_context(name, None, attrs)


class SecretField(forms.CharField):
    """A secret. An empty input keeps the stored value; the account schema checks whether a required one is missing.

    Args:
        label: Shown beside the input.
        is_set: Whether a value is stored now.
        required: Whether a value is required; said in the help text, not validated.
        help_text: Shown under the input, after "Stored encrypted" or "Required".
        validators: Validators of the entered value.
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


def may_trust(request: HttpRequest, row: Any) -> bool:
    """Returns whether the page offers to allow addresses of private networks: to superusers, where it is forbidden."""
    return bool(request.user.is_superuser and row is not None and row.public_only)


def with_state(state: str, help_text: str | Promise) -> Any:
    """Puts a note before the help text; `state` is "stored", "required" or ""."""

    # lazy, because the language is known only when the form is rendered
    def compose() -> str:
        words = {"stored": gettext("Stored encrypted, not shown."), "required": gettext("Required.")}
        return " ".join(part for part in (words.get(state, ""), str(help_text)) if part)

    return lazy(compose, str)()
