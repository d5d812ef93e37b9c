"""Adds, removes and switches bots."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bots.models import Bot
from bots.operations.errors import OperationError, refusal
from bots.people import export


def add_bot(slug: str, name: str = "", *, instructions: str = "", greeting: str = "") -> Bot:
    """Adds a bot. The first one becomes the default bot, which answers at `/`.

    Raises:
        OperationError: When the slug is taken or malformed.
    """
    with transaction.atomic():
        bot = Bot(slug=slug, name=name or slug, instructions=instructions, greeting=greeting)
        bot.is_default = not Bot.objects.filter(is_default=True).exists()
        try:
            bot.full_clean()
        except ValidationError as error:
            raise refusal(error) from None
        bot.save(force_insert=True)
    return bot


def get_bot(slug: str) -> Bot:
    """Returns the bot with this slug.

    Raises:
        OperationError: When there is none.
    """
    found = Bot.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Bot.objects.order_by("slug").values_list("slug", flat=True)[:20])
        raise OperationError(
            _("There is no bot %(slug)s; known: %(known)s.") % {"slug": slug, "known": known or _("none")}
        )
    return found


def remove_bot(slug: str) -> int:
    """Deletes a bot with its channels, people, conversations and memories.

    Returns:
        The number of deleted rows.

    Raises:
        OperationError: When there is no such bot.
    """
    bot = get_bot(slug)
    remove_exports([bot.pk])
    with transaction.atomic():
        return bot.delete()[0]


def remove_exports(ids: Iterable[int]) -> None:
    """Deletes the export files of these bots from this machine. Call it when the bots are deleted."""
    for pk in ids:
        export.remove_of_bot(pk)


def set_enabled(ids: Iterable[int], enabled: bool) -> int:
    """Enables or disables bots; returns how many changed. A disabled bot takes no messages on any channel."""
    rows = Bot.objects.filter(pk__in=list(ids)).exclude(enabled=enabled)
    return rows.update(enabled=enabled, updated_at=timezone.now())
