"""What a stranger is told on a channel that asks for pairing codes."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bots.models import Identity
from bots.people import one_time_codes


def invitation(identity: Identity) -> str:
    """The stranger's code and whom to give it to. Writes the row."""
    return _(
        "I answer only people I have been introduced to. Please give this code to whoever runs me: **%(code)s**. "
        "It is valid for an hour."
    ) % {"code": one_time_codes.pairing_code(identity)}
