"""Finds the bot of a chat address and the web channel of a bot."""

from __future__ import annotations

from django.db import transaction

from adapters.web.events import PLATFORM
from bots.models import Bot, Channel


def find_bot(slug: str | None) -> Bot | None:
    """Returns the bot at /chat/<slug>/; for None the bot at /: the default bot, else the first enabled one."""
    if slug is not None:
        return Bot.objects.filter(slug=slug).first()
    return Bot.objects.filter(is_default=True).first() or Bot.objects.enabled().order_by("id").first()


def ensure_web_channel(bot: Bot) -> Channel:
    """Returns the bot's only web channel; creates it on the first call."""
    found = _web_channel(bot)
    if found is not None:
        return found
    with transaction.atomic():
        # Locks the bot's row: concurrent first visitors create one channel.
        Bot.objects.select_for_update().get(pk=bot.pk)
        return _web_channel(bot) or Channel.objects.create(bot=bot, platform=PLATFORM, name="Web chat")


def _web_channel(bot: Bot) -> Channel | None:
    return Channel.objects.for_bot(bot).filter(platform=PLATFORM).order_by("id").first()
