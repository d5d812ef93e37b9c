"""Summarizes the state of a channel: a status light and a text that says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from adapters import registry
from adapters.web.events import PLATFORM as WEB
from bots.channels.lookup import adapter_for
from bots.i18n.failure_texts import describe_column, describe_error
from bots.i18n.program import as_typed
from bots.models import Channel, ChannelHealth, ChannelHour
from bots.operations.verification import mend_of
from clawdbot.errors import ClawdbotError

Light = Literal["off", "new", "ok", "warn", "bad"]
_NONE = ChannelHealth()
POLL_STATE = timedelta(minutes=30)  # an older state is of a poller that was stopped: it tries again sooner


@dataclass(frozen=True, slots=True)
class Status:
    """Status of a channel for the operator.

    Attributes:
        light: "off", "new" (no event yet), "ok", "warn" or "bad".
        text: One or two sentences.
    """

    light: Light
    text: str


def with_last_day(queryset: QuerySet[Channel]) -> QuerySet[Channel]:
    """Adds `day_events` and `day_refused` (None without events) and joins the rows that `status_of` reads."""
    since = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    hours = ChannelHour.objects.filter(channel=OuterRef("pk"), hour__gte=since).order_by().values("channel")
    sums = {f"day_{name}": Subquery(hours.annotate(total=Sum(name)).values("total")) for name in ("events", "refused")}
    return queryset.select_related("bot", "health").annotate(**sums)


def health_of(channel: Channel) -> ChannelHealth:
    """Returns the channel's figures; empty ones before the first event."""
    return getattr(channel, "health", _NONE)


def status_of(channel: Channel) -> Status:
    """Derives the status from the latest events. Calls no platform and writes nothing."""
    if not channel.enabled:
        return Status("off", _("Switched off: nothing is taken and nothing is sent."))
    if not channel.bot.enabled:
        return Status("off", _("Its bot is switched off."))
    if channel.platform not in registry.platforms():
        return Status("bad", _("This version does not know the platform."))
    health = health_of(channel)
    if _newer(health.poll_failed_at, health.polled_at, timezone.now() - POLL_STATE):
        advice = mend_of(channel.platform, health.poll_mark) or _("Press Verify.")
        return Status(
            "bad", _joined(_("Polling fails: %(text)s") % {"text": describe_column(health, "poll_error")}, advice)
        )
    if _newer(channel.last_error_at, channel.last_event_at, health.sent_at, health.polled_at):
        return Status("bad", _joined(describe_column(channel, "last_error"), _("Press Verify.")))
    if _newer(health.send_failed_at, health.sent_at):
        advice = mend_of(channel.platform, health.send_mark) or _("The outbox shows the messages.")
        return Status(
            "bad", _joined(_("Sending fails: %(text)s") % {"text": describe_column(health, "send_error")}, advice)
        )
    if channel.platform == WEB:
        return Status("ok", _("Open to everybody in the web chat."))
    if _newer(health.refused_at, channel.last_event_at):
        light: Light = "warn" if channel.last_event_at else "bad"
        refused = _("Requests are refused: %(why)s") % {"why": reason_text(health.refused_reason)}
        return Status(light, _joined(refused, _what_to_do(health.refused_reason)))
    if channel.last_event_at is None:
        return _nothing_yet(channel, health)
    return Status("ok", _("Events arrive."))


def _newer(moment: datetime | None, *than: datetime | None) -> bool:
    return moment is not None and all(other is None or moment > other for other in than)


def _joined(first: str, second: str) -> str:
    return " – ".join(part for part in (first.rstrip(".。"), second) if part)


def reason_text(reason: str) -> str:
    """Returns why a request was refused, in the reader's language."""
    return {
        "not_genuine": _("not signed with this channel's secret"),
        "malformed": _("authentic, but unreadable"),
        "too_large": _("larger than allowed"),
        "flood": _("more than allowed in a minute"),
        "failed": _("a failure of this server"),
    }.get(reason, reason)


def _what_to_do(reason: str) -> str:
    return {
        "not_genuine": _("Compare the secrets here with the platform's console; a stranger may also have tried."),
        "malformed": _("Is the address pasted in the right place of the console, and for this platform?"),
        "too_large": _("Raise limits.body_bytes, if these are wanted."),
        "flood": _("Raise the messages per minute of this channel, if these are wanted."),
        "failed": _("Enter the credentials again, or look into the log."),
    }.get(reason, "")


def _nothing_yet(channel: Channel, health: ChannelHealth) -> Status:
    if _newer(health.polled_at, timezone.now() - POLL_STATE):
        return Status("ok", _("Polling works; nothing has been received yet."))
    if health.sent_at is not None:
        return Status("ok", _("Messages are sent; nothing has been received yet."))
    try:
        adapter = adapter_for(channel)
    except ClawdbotError as error:
        return Status("bad", _joined(describe_error(error), _what_to_do("failed")))
    if adapter.supports_polling and (adapter.sends_by_polling or not settings.CLAWDBOT.web.public_url):
        return Status("new", as_typed(_("No event yet: is “manage.py poll” running?")))
    if adapter.supports_webhook_setup:
        return Status("new", _("No event yet: press Set webhook, then write to the bot."))
    return Status("new", _("No event yet: has the address been pasted in the console?"))
