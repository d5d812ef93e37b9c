"""Small pieces of safe HTML that several pages share."""

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

# state -> colour of unfold's label; one palette for every list
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
}


def shortened(text: str, most: int) -> str:
    """The beginning of a text, with a sign that it goes on; a dash for none."""
    return text[:most] + ("…" if len(text) > most else "") or "–"


def admin_link(obj: Model | None, text: str = "") -> str:
    """A link to the row's own page, its text alone where it has none."""
    if obj is None:
        return "–"
    label = text or str(obj)
    try:
        address = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=(obj.pk,))
    except NoReverseMatch:
        return label
    return format_html('<a class="claw-link" href="{}">{}</a>', address, label)


def ago(moment: Any) -> str:
    """A moment as its age, the exact time as a tooltip."""
    if moment is None:
        return "–"
    if timezone.now() - moment < timedelta(minutes=1):
        text = _("just now")
    else:
        text = _("%(age)s ago") % {"age": timesince(moment, depth=1)}
    exact = date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    return format_html('<span title="{}" class="claw-nowrap">{}</span>', exact, text)


def chip(state: str, text: Any) -> str:
    """A state as a coloured chip, for pages where unfold shows no labels (read-only fields)."""
    return format_html('<span class="claw-chip claw-chip-{}">{}</span>', state, text)


def listed(pairs: Iterable[tuple[Any, Any]]) -> str:
    """Figures under their names, one per line; a dash for none."""
    lines = format_html_join("", '<li><span class="claw-grow">{}</span> {}</li>', pairs)
    return format_html('<ul class="claw-list">{}</ul>', lines) if lines else "–"


def json_block(value: Any) -> str:
    """A stored payload, indented, with everything that looks like a secret masked."""
    text = json.dumps(redact_value(value), ensure_ascii=False, indent=2, default=str)
    return format_html('<pre class="claw-json">{}</pre>', text)


def provider_state(provider: ModelProvider) -> str:
    """One of "off", "untested", "ok", "failing": what happened last."""
    if not provider.enabled:
        return "off"
    if provider.last_error_at and (provider.last_ok_at is None or provider.last_error_at > provider.last_ok_at):
        return "failing"
    return "ok" if provider.last_ok_at else "untested"


def provider_state_text(state: str) -> str:
    """The state in the reader's language."""
    return {"off": _("off"), "failing": _("failing"), "ok": _("working"), "untested": _("not tried yet")}[state]
