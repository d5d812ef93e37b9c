"""Names commands in advice as the operator of this installation types them."""

from __future__ import annotations

import re

from django.conf import settings

_COMMAND = re.compile(r"(?:python )?manage\.py (?=[a-z])")


def as_typed(text: str) -> str:
    """Returns advice with `clawdbot NAME` for `python manage.py NAME` where the product is installed from a wheel.

    The texts themselves, and their translations, say what is typed in a checkout.
    """
    return _COMMAND.sub("clawdbot ", text) if settings.INSTALLED else text
