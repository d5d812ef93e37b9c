"""Why something failed, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from adapters.errors import WHOLE, AccountError
from bots.i18n.bilingual import in_language
from clawdbot.reasons import TEMPLATES, Reason, Value, Why, from_columns, why

# The log names keys of the settings; who reads these in a form looks for its fields.
_SHOWN = TEMPLATES | {
    "endpoint_and_model_needed": _("an OpenAI-compatible endpoint needs “Endpoint” and “Model”"),
    "model_needed": _("sentence-transformers needs a “Model”: a folder or a hub name"),
    "dimension_not_that_of_settings": TEMPLATES["dimension_wrong"],
}
# Names of platforms that have one in each language.
_NAMES = frozenset({_("WeCom"), _("DingTalk"), _("Feishu"), _("the reply address")})


def describe(reason: Value) -> str:
    """A reason in the active language; somebody else's words stay as they are."""
    if isinstance(reason, Reason):
        return gettext(_SHOWN[reason.code]) % {name: _shown(name, value) for name, value in reason.params.items()}
    return in_language(reason) if isinstance(reason, Mapping) else str(reason)


def describe_error(error: Exception) -> str:
    """An error as one line in the active language."""
    return describe(why(error))


def describe_column(row: object, field: str) -> str:
    """The reason that a row keeps in `field` and the two columns beside it, in the active language."""
    return describe(from_columns(row, field))


def problems_of(error: AccountError) -> dict[str, str]:
    """What is wrong with an account, by key, in the active language."""
    reasons: Mapping[str, Why] = error.reasons or {WHOLE: why(error)}
    return {key: describe(reason) for key, reason in reasons.items()}


def labelled(label: str, reason: str) -> str:
    """A reason behind the name of what it concerns, with the colon of the language."""
    return gettext("%(label)s: %(reason)s") % {"label": label, "reason": reason}


def _shown(name: str, value: Value) -> str:
    return gettext(str(value)) if name == "platform" and value in _NAMES else describe(value)
