"""Pairing codes: a stranger shows one to the operator, who lets them in."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from bots.models import Identity

VALID_FOR = timedelta(hours=1)
LENGTH = 8
# Without letters and digits that are taken for each other when somebody reads them out.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def invitation(identity: Identity) -> str:
    """What a stranger is told: their code, the same one while it is valid. Writes the row."""
    now = timezone.now()
    if not identity.pairing_code or identity.pairing_expires_at is None or identity.pairing_expires_at <= now:
        identity.pairing_code = "".join(secrets.choice(_ALPHABET) for _i in range(LENGTH))
        identity.pairing_expires_at = now + VALID_FOR
        identity.access = Identity.Access.WAITING
        identity.save(update_fields=["pairing_code", "pairing_expires_at", "access"])
    return _(
        "I answer only people I have been introduced to. Please give this code to whoever runs me: **%(code)s**. "
        "It is valid for an hour."
    ) % {"code": identity.pairing_code}
