"""Reads and changes the list of models that one bot asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from bots.models import Bot, BotProvider
from bots.operations.configuration_log import COMMAND, Action, record
from bots.operations.errors import OperationError, refusal
from bots.operations.providers import get_provider

if TYPE_CHECKING:
    from bots.people.audit_log import Actor


def lines(bot: Bot) -> list[BotProvider]:
    """Returns the lines of a bot in their order; an empty list means all enabled providers by their priority."""
    return list(BotProvider.objects.filter(bot=bot).select_related("provider").order_by("position", "id"))


def add_line(bot: Bot, provider: str, actor: Actor = COMMAND, **values: Any) -> BotProvider:
    """Adds a line at the end, or at `position`.

    Args:
        bot: The bot.
        provider: Name of a provider.
        actor: Who adds it.
        values: model, use, tokens and position, as the columns.

    Raises:
        OperationError: There is no such provider, a value is invalid, or the line is there already.
    """
    last = max((line.position for line in lines(bot)), default=0)
    with transaction.atomic():
        line = _made(bot, {"position": last + 10, **values, "provider": provider})
        record(Action.ADDED, line, actor, values)
    return line


def remove_line(bot: Bot, number: int, actor: Actor = COMMAND) -> None:
    """Removes a line by its number in the list, from 1 on.

    Raises:
        OperationError: There is no such line.
    """
    found = lines(bot)
    if not 1 <= number <= len(found):
        raise OperationError(_("There is no line %(number)s; the list has %(count)s.") % _numbers(number, found))
    with transaction.atomic():
        record(Action.REMOVED, found[number - 1], actor)
        found[number - 1].delete()


def replace_lines(bot: Bot, wanted: Sequence[Mapping[str, Any]], actor: Actor) -> list[BotProvider]:
    """Replaces all lines; those that stay the same keep their rows.

    Args:
        bot: The bot.
        wanted: provider (a name), model, use and tokens of each line, in their order.
        actor: Who does it.

    Raises:
        OperationError: A line is invalid; nothing changes then.
    """
    with transaction.atomic():
        BotProvider.objects.filter(bot=bot).delete()
        made = [_made(bot, {**values, "position": 10 * place}) for place, values in enumerate(wanted, 1)]
        record(Action.CHANGED, bot, actor, ["models"])
    return made


def _made(bot: Bot, values: Mapping[str, Any]) -> BotProvider:
    line = BotProvider(bot=bot, **{**values, "provider": get_provider(values["provider"])})
    try:
        line.full_clean()
    except ValidationError as error:
        raise refusal(error) from None
    line.save(force_insert=True)
    return line


def _numbers(number: int, found: Sequence[BotProvider]) -> dict[str, int]:
    return {"number": number, "count": len(found)}
