"""Channels of simulated platforms: made for a while, with an account that only this machine can reach."""

from __future__ import annotations

from django.utils.translation import gettext as _

from adapters.simulation import Simulator
from bots.models import Bot, Channel
from bots.operations.bots import get_bot
from bots.operations.channels import add_channel
from bots.operations.errors import OperationError

NAME = "Simulator"


def bot_for(slug: str | None) -> Bot:
    """The bot with this slug, else the default one.

    Raises:
        OperationError: There is none.
    """
    if slug:
        return get_bot(slug)
    found = Bot.objects.enabled().order_by("-is_default", "id").first()
    if found is None:
        raise OperationError(_("there is no bot yet: python manage.py bot add SLUG"))
    return found


def channel_for(bot: Bot, simulator: Simulator, api_url: str) -> Channel:
    """A channel of this bot whose platform is the simulator at `api_url`."""
    return add_channel(simulator.platform, bot, simulator.account(api_url), NAME)


def remove(channel: Channel) -> None:
    """Deletes the channel with what was said on it."""
    channel.delete()
