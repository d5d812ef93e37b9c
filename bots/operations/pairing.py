"""Approves or denies accounts that wait for access."""

from __future__ import annotations

import contextlib

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bots.models import Bot, Identity
from bots.operations.errors import OperationError
from bots.operations.messages import send_to_person
from bots.people import one_time_codes
from bots.pipeline.outbox.proactive import NoWayToPerson


def waiting(bot: Bot | None = None) -> list[Identity]:
    """Returns the waiting accounts with a valid code, by expiry of the code."""
    rows = Identity.objects.filter(access=Identity.Access.WAITING, pairing_expires_at__gt=timezone.now())
    if bot is not None:
        rows = rows.for_bot(bot)
    return list(rows.select_related("person__bot", "channel").order_by("pairing_expires_at"))


def by_code(bot: Bot, code: str) -> Identity:
    """Returns the waiting account with this code.

    Raises:
        OperationError: No waiting account of this bot has the code, or the code has expired.
    """
    rows = Identity.objects.for_bot(bot).filter(
        access=Identity.Access.WAITING,
        pairing_code=one_time_codes.normalized(code),
        pairing_expires_at__gt=timezone.now(),
    )
    found = rows.select_related("person__bot", "channel").first() if code.strip() else None
    if found is None:
        raise OperationError(_("nobody waits with this code, or it is no longer valid"))
    return found


def approve(identity: Identity) -> None:
    """Gives the account access to the bot and tells the person. Idempotent."""
    if _decide(identity, Identity.Access.APPROVED):
        # A person who never wrote in private has no chat for the message.
        with contextlib.suppress(NoWayToPerson), translation.override(identity.person.language or None):
            send_to_person(identity.person, _("You are in. What can I do for you?"), channel=identity.channel)


def deny(identity: Identity) -> None:
    """Denies the account access; the bot no longer answers it."""
    _decide(identity, Identity.Access.DENIED)


def _decide(identity: Identity, access: str) -> bool:
    with transaction.atomic():
        row = Identity.objects.select_for_update().get(pk=identity.pk)
        if row.access == access:
            return False
        row.access, row.pairing_code, row.pairing_expires_at = access, "", None
        row.save(update_fields=["access", "pairing_code", "pairing_expires_at"])
    return True
