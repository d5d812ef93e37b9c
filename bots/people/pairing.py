"""The text for a stranger on a channel that asks for pairing codes."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bots.models import Identity
from bots.people import one_time_codes


def invitation(identity: Identity) -> str:
    """Returns a text with the stranger's code and what to do with it. Saves a new code."""
    return _(
        "I answer only people I have been introduced to. Please give this code to whoever runs me: **%(code)s**. "
        "It is valid for an hour."
    ) % {"code": one_time_codes.pairing_code(identity)}
