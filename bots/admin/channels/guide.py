"""Renders what the channel form shows beside its fields: the setup guide, the address, the buttons and the health."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from adapters import registry
from adapters.guide import Text
from bots.admin.channels.form import stored_account
from bots.admin.ui.fragments import ago
from bots.admin.ui.platform_names import platform_name
from bots.i18n.bilingual import in_language
from bots.i18n.failure_texts import describe_column, labelled
from bots.i18n.program import as_typed
from bots.models import Channel
from bots.monitoring.channel_status import health_of, reason_text, status_of

_MARKS = re.compile(r"\*([^*]+)\*|`([^`]+)`|(https://[A-Za-z0-9./_-]*[A-Za-z0-9/])")


def marked(text: Text) -> SafeString:
    """Renders a text of an adapter's guide as HTML (markup: `adapters.guide`)."""
    words = as_typed(in_language(text))
    out: list[SafeString] = []
    end = 0
    for match in _MARKS.finditer(words):
        out.append(format_html("{}", words[end : match.start()]))
        out.append(_piece(*match.groups()))
        end = match.end()
    out.append(format_html("{}", words[end:]))
    return mark_safe("".join(out))  # noqa: S308 - every part was escaped above


def _piece(screen: str | None, typed: str | None, link: str | None) -> SafeString:
    if screen is not None:
        return format_html("<b>{}</b>", screen)
    if typed is not None:
        return format_html("<code>{}</code>", typed)
    return format_html('<a class="claw-link" href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>', link)


def public_address(request: HttpRequest) -> str:
    """Returns the base URL of this server: the configured one, else the one that the browser uses."""
    return settings.CLAWDBOT.web.public_url or request.build_absolute_uri("/").rstrip("/")


def is_public() -> bool:
    """Tells whether a public HTTPS address is configured, which platforms need."""
    return settings.CLAWDBOT.web.public_url.startswith("https://")


def steps(platform: str, channel: Channel | None) -> Any:
    """Renders the setup steps; collapsed once the channel has received an event."""
    guide = registry.guide(platform)

    def render() -> str:
        context = {
            "name": platform_name(platform),
            "steps": [marked(step) for step in guide.steps],
            "variants": [(in_language(one.title), [marked(step) for step in one.steps]) for one in guide.variants],
            "unreadable": bool(channel and channel.credentials_encrypted and not stored_account(channel)),
            "open": channel is None or channel.last_event_at is None,
        }
        return render_to_string("admin/bots/channel/steps.html", context)

    return _when_shown(render)


def connect(platform: str, channel: Channel | None, request: HttpRequest, *, may_change: bool) -> Any:
    """Renders the webhook address, the remaining steps and the buttons."""
    guide, kind = registry.guide(platform), registry.adapter_class(platform)

    def render() -> str:
        base = public_address(request)
        pk = (channel.pk,) if channel else ()
        context = {
            "name": platform_name(platform),
            "address": base + channel.webhook_path if channel else "",
            "common_address": f"{base}/api/webhook",
            "public": is_public(),
            "configured": settings.CLAWDBOT.web.public_url,
            "polling": kind.supports_polling,
            "steps": [marked(step) for step in guide.connect],
            "start": len(guide.steps) + 1,
            "may_change": may_change,
            "verifies": in_language(guide.verifies),
            "registers": in_language(guide.registers) if guide.registers else "",
            "verify_url": reverse(f"admin:bots_channel_verify{'' if channel else '_new'}", args=pk),
        }
        return render_to_string("admin/bots/channel/connect.html", context)

    return _when_shown(render)


def health(channel: Channel) -> Any:
    """Renders the status of the channel and its latest events, refusals and errors."""

    def render() -> str:
        return render_to_string(
            "admin/bots/channel/health.html", {"status": status_of(channel), "facts": _facts(channel)}
        )

    return _when_shown(render)


def _facts(channel: Channel) -> list[tuple[str, SafeString | str]]:
    figures = health_of(channel)
    events, refused = (getattr(channel, f"day_{name}", None) or 0 for name in ("events", "refused"))
    facts: list[tuple[str, SafeString | str]] = [
        (_("Last event"), ago(channel.last_event_at)),
        (_("Events in 24 hours"), str(events)),
        (_("Last refused"), _refused(figures) if figures.refused_at else _("none")),
        (_("Refused in 24 hours"), _("%(day)s (%(all)s in all)") % {"day": refused, "all": figures.refused}),
        (_("Last sent"), ago(figures.sent_at)),
        (_("Last send error"), _when_and_what(figures.send_failed_at, describe_column(figures, "send_error"))),
    ]
    if channel.last_error_at:
        facts.append(
            (_("Last failed call"), _when_and_what(channel.last_error_at, describe_column(channel, "last_error")))
        )
    return facts


def _refused(figures: Any) -> SafeString:
    what = reason_text(figures.refused_reason)
    if figures.refused_detail:
        what = _("%(what)s (%(detail)s)") % {"what": what, "detail": describe_column(figures, "refused_detail")}
    return _when_and_what(figures.refused_at, what)


def _when_and_what(moment: Any, what: str) -> SafeString:
    if moment is None:
        return format_html("{}", _("none"))
    if not what:
        return format_html("{}", ago(moment))
    return format_html(labelled("{}", "{}"), ago(moment), what)


def _when_shown(render: Callable[[], str]) -> Any:
    # Django builds the fieldsets several times per request and shows only some of them.
    return lazy(render, str)()
