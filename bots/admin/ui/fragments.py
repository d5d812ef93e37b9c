"""HTML fragments that several pages share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from bots.models import ModelProvider
from clawdbot.redaction import redact_value

# state -> colour of unfold's label
TONES: Mapping[str, str] = {
    "active": "success",
    "collecting": "info",
    "human": "warning",
    "closed": "",
    "pending": "info",
    "processing": "primary",
    "sending": "primary",
    "done": "success",
    "sent": "success",
    "ignored": "",
    "unconfirmed": "warning",
    "dead": "danger",
    "discarded": "",
    "held": "warning",
}


def shortened(text: str, most: int) -> str:
    """Truncates a text to `most` characters and an ellipsis; a dash for an empty text."""
    return text[:most] + ("…" if len(text) > most else "") or "–"


def admin_link(obj: Model | None, text: str = "") -> str:
    """Returns a link to the row's page; only the text when there is no page, a dash when there is no row."""
    if obj is None:
        return "–"
    label = text or str(obj)
    try:
        address = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=(obj.pk,))
    except NoReverseMatch:
        return label
    return format_html('<a class="claw-link" href="{}">{}</a>', address, label)


def ago(moment: Any) -> str:
    """Renders the age of a moment, with the exact time as a tooltip; a dash for None."""
    if moment is None:
        return "–"
    if timezone.now() - moment < timedelta(minutes=1):
        text = _("just now")
    else:
        text = _("%(age)s ago") % {"age": timesince(moment, depth=1)}
    exact = date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    return format_html('<span title="{}" class="claw-nowrap">{}</span>', exact, text)


def chip(state: str, text: Any) -> str:
    """Renders a state as a coloured chip, for read-only fields, where unfold renders no labels."""
    return format_html('<span class="claw-chip claw-chip-{}">{}</span>', state, text)


def listed(pairs: Iterable[tuple[Any, Any]]) -> str:
    """Renders names and figures, one pair per line; a dash for none."""
    lines = format_html_join("", '<li><span class="claw-grow">{}</span> {}</li>', pairs)
    return format_html('<ul class="claw-list">{}</ul>', lines) if lines else "–"


def json_block(value: Any) -> str:
    """Renders a stored payload as indented JSON; masks everything that looks like a secret."""
    text = json.dumps(redact_value(value), ensure_ascii=False, indent=2, default=str)
    return format_html('<pre class="claw-json">{}</pre>', text)


def provider_state(provider: ModelProvider) -> str:
    """Returns "off", "untested", "ok" or "failing", by the outcome of the latest call."""
    if not provider.enabled:
        return "off"
    if provider.failing:
        return "failing"
    return "ok" if provider.last_ok_at else "untested"


def provider_state_text(state: str) -> str:
    """Returns the label of the state in the reader's language."""
    return {"off": _("off"), "failing": _("failing"), "ok": _("working"), "untested": _("not tried yet")}[state]
