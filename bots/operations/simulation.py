"""Creates and removes temporary channels whose platform is a simulator on this machine."""

from __future__ import annotations

from django.utils.translation import gettext as _

from adapters.simulation import Simulator
from bots.models import Bot, Channel
from bots.operations.bots import get_bot
from bots.operations.channels import add_channel
from bots.operations.errors import OperationError


def bot_for(slug: str | None) -> Bot:
    """Returns the bot with this slug; without a slug the default bot, else the first enabled one.

    Raises:
        OperationError: There is no such bot.
    """
    if slug:
        return get_bot(slug)
    found = Bot.objects.enabled().order_by("-is_default", "id").first()
    if found is None:
        raise OperationError(_("there is no bot yet: python manage.py bot add SLUG"))
    return found


def channel_for(bot: Bot, simulator: Simulator, api_url: str) -> Channel:
    """Adds a channel to this bot whose platform is the simulator at `api_url`."""
    return add_channel(simulator.platform, bot, simulator.account(api_url), Channel.SIMULATOR)


def remove(channel: Channel) -> None:
    """Deletes the channel with its conversations."""
    channel.delete()
