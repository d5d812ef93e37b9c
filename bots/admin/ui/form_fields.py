"""Form fields for stored JSON: a list of words, and an object with masked secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clawdbot.address_values import addresses_in
from clawdbot.redaction import MASK, redact_value

if TYPE_CHECKING:
    Textarea = forms.Textarea
else:
    from unfold.widgets import UnfoldAdminTextareaWidget as Textarea


class WordListField(forms.CharField):
    """A stored list of words, edited one per line; ASCII and Chinese commas also separate them."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", Textarea(attrs={"rows": 3}))
        super().__init__(**{"required": False, **options})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(word) for word in value) if isinstance(value, (list, tuple)) else value

    def to_python(self, value: Any) -> Any:
        words = value if isinstance(value, (list, tuple)) else re.split(r"[\n,\uff0c\u3001]", str(value or ""))
        return list(dict.fromkeys(word.strip() for word in words if str(word).strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class MaskedJSONField(forms.JSONField):
    """A JSON object with masked values under names of secrets (api_key, token, ...).

    A mask that is submitted unchanged keeps the stored value. The form sets `stored` to the row's value.
    """

    stored: Any = None

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", Textarea(attrs={"rows": 4, "spellcheck": "false"}))
        options.setdefault("help_text", _("Secret values are shown masked; leave the mask to keep them."))
        super().__init__(**{"required": False, **options})

    def prepare_value(self, value: Any) -> Any:
        # Invalid JSON is not shown again, because secrets in it cannot be masked.
        return "{}" if value is None or isinstance(value, str) else super().prepare_value(redact_value(value))

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        given = {} if cleaned is None else cleaned
        unmasked = _unmasked(given, self.stored)
        if unmasked != given and addresses_in(unmasked) != addresses_in(self.stored):
            raise forms.ValidationError(_("An address was changed: enter the masked values again."))
        return unmasked

    def has_changed(self, initial: Any, data: Any) -> bool:
        # None and {} are equal here
        return super().has_changed(redact_value(initial or {}), data or "{}")


def _unmasked(value: Any, stored: Any) -> Any:
    if value == MASK:
        return stored
    if isinstance(value, Mapping):
        known = stored if isinstance(stored, Mapping) else {}
        return {key: _unmasked(item, known.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        known_list = stored if isinstance(stored, list) else []
        return [
            _unmasked(item, known_list[place] if place < len(known_list) else None) for place, item in enumerate(value)
        ]
    return value
