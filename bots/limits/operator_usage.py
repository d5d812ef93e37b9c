"""Records what calls of the operator cost, which no bot and no person asked for: tests, and keeping models loaded."""

from __future__ import annotations

import logging
from decimal import Decimal

from django.db import DatabaseError, transaction

from bots.limits import sums
from bots.limits.sums import Amounts
from bots.models import OperatorPurpose
from bots.models.sql import clock

logger = logging.getLogger(__name__)


def note(purpose: OperatorPurpose, provider: str, model: str, tokens: tuple[int, int], cost: Decimal) -> None:
    """Adds a call to the sums of its day. A failure is logged only, because the call itself was made.

    Args:
        purpose: What it was for.
        provider: Name of the provider; that of a row that is not stored yet may be "".
        model: Name of the model.
        tokens: Of the prompt and of the answer; none for a call that listens or speaks.
        cost: In the currency of the prices.
    """
    amounts = Amounts(1, *tokens, sums.in_billionths(cost))
    try:
        with transaction.atomic():
            sums.add_of_operator(clock.now(), (provider[:60], model[:120], purpose.value), amounts)
    except DatabaseError:
        logger.exception("a call of the operator is not recorded")
