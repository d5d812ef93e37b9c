"""Tells whether the bot may write somebody of its own accord, and in which zone and language."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta

from django.conf import settings

from bots.channels import lookup
from bots.models import Channel, Conversation, Identity, Message, Person, quiet_hours
from bots.people import admission
from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Reason


def may_write(channel: Channel, person: Person) -> bool:
    """Returns whether bot, channel and person are switched on; what is due waits while they are not."""
    if not _is_on(channel, person):
        return False
    return admits(channel, person, Identity.objects.filter(channel=channel, person=person).order_by("pk").first())


def admits(channel: Channel, person: Person, account: Identity | None) -> bool:
    """Returns what `may_write` does, for a person whose first account on the channel is known."""
    return _is_on(channel, person) and (account is None or admission.is_admitted(channel, account))


def _is_on(channel: Channel, person: Person) -> bool:
    return channel.enabled and channel.bot.enabled and not person.blocked


def closed_window(conversation: Conversation, now: datetime) -> Reason | None:
    """Returns why the platform takes no message in this chat now; None when it does.

    Some platforms let a bot write only for a time after the person's last message.
    """
    try:
        window_s = lookup.adapter_for(conversation.channel).reply_window_s
    except ClawdbotError:  # the outbox tells the operator what is wrong with the account
        return None
    if window_s is None:
        return None
    chats = Conversation.objects.filter(channel=conversation.channel_id, person=conversation.person_id)
    chats = chats.filter(chat_id=conversation.chat_id).order_by("-pk")
    said = Message.objects.filter(conversation__in=list(chats.values_list("pk", flat=True)[:5]), role=Message.Role.USER)
    latest = said.order_by("-pk").values_list("occurred_at", flat=True).first()
    if latest is not None and latest > now - timedelta(seconds=window_s):
        return None
    return Reason("reply_window_closed", hours=round(window_s / 3600))


def zone_of(person: Person) -> zoneinfo.ZoneInfo:
    """Returns the person's time zone, else the installation's."""
    try:
        return zoneinfo.ZoneInfo(person.time_zone or settings.TIME_ZONE)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def language_of(person: Person) -> str:
    """Returns the language to write the person in."""
    return person.language or settings.LANGUAGE_CODE


def quiet_until(person: Person, now: datetime) -> datetime | None:
    """Returns when the person's quiet hours end; None when they are not now."""
    return quiet_hours.end(now.astimezone(zone_of(person)), person.quiet_hours, person.bot.quiet_hours)
