"""Describes failures in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from adapters.errors import WHOLE, AccountError
from bots.i18n.bilingual import in_language
from clawdbot.reason_templates import TEMPLATES
from clawdbot.reasons import Reason, Value, Why, from_columns, why

# Log messages name keys of the settings; a form names its fields instead.
_SHOWN = TEMPLATES | {
    "endpoint_and_model_needed": _("an OpenAI-compatible endpoint needs “Endpoint” and “Model”"),
    "model_needed": _("sentence-transformers needs a “Model”: a folder or a hub name"),
    "dimension_not_that_of_settings": TEMPLATES["dimension_wrong"],
}
# Platform names that are translated.
_NAMES = frozenset({_("WeCom"), _("DingTalk"), _("Feishu"), _("the reply address")})


def describe(reason: Value) -> str:
    """Returns a reason in the active language. Texts from other systems stay untranslated."""
    if isinstance(reason, Reason):
        return gettext(_SHOWN[reason.code]) % {name: _shown(name, value) for name, value in reason.params.items()}
    return in_language(reason) if isinstance(reason, Mapping) else str(reason)


def describe_code(code: str) -> str:
    """Returns the text of a code that was kept without its parameters; the code itself if the text needs them."""
    template = _SHOWN.get(code, "%(")
    return code if "%(" in template else gettext(template)


def describe_error(error: Exception) -> str:
    """Returns an error as one line in the active language."""
    return describe(why(error))


def describe_column(row: object, field: str) -> str:
    """Returns the reason in `field` and its code and parameter columns, in the active language."""
    return describe(from_columns(row, field))


def problems_of(error: AccountError) -> dict[str, str]:
    """Returns the problems of an account by field key, in the active language."""
    reasons: Mapping[str, Why] = error.reasons or {WHOLE: why(error)}
    return {key: describe(reason) for key, reason in reasons.items()}


def labelled(label: str, reason: str) -> str:
    """Returns "label: reason" with the colon of the active language."""
    return gettext("%(label)s: %(reason)s") % {"label": label, "reason": reason}


def _shown(name: str, value: Value) -> str:
    return gettext(str(value)) if name == "platform" and value in _NAMES else describe(value)
