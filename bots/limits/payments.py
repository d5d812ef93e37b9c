"""The calls that a turn has made and not settled yet. They are settled in the transaction that closes the turn."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.db import DatabaseError, transaction

from bots.limits import batches, ledger
from bots.limits.ledger import Charge, Hold
from bots.limits.rules import Rule

logger = logging.getLogger(__name__)


class Payments:
    """What a turn owes. Of one thread."""

    def __init__(self) -> None:
        self._open: list[Charge] = []
        self._written: list[Charge] = []  # in a transaction that has not committed yet

    def add(self, charge: Charge) -> None:
        self._open.append(charge)

    def reserve(
        self, rules: tuple[Rule, ...], amounts: Mapping[str, int], seconds: float
    ) -> tuple[str, tuple[Hold, ...]]:
        """Settles what is owed and reserves for the next call, in one transaction; see `ledger.reserve`."""
        with batches.ending() as ended:
            found = ledger.reserve(rules, amounts, seconds, [*self._open, *ended])
        _settled(self._open)
        self._open = []
        return found

    def write(self) -> None:
        """Settles what is owed in the caller's transaction."""
        if self._open:
            self._written += self._open
            transaction.on_commit(self._committed)
            ledger.settle(self._open)
            self._open = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Settles at the end what no transaction has settled, because the turn failed or waits.

        Nothing happens for what is no `Exception`: the process ends, and the sweep returns what was reserved.
        """
        try:
            yield
        except Exception:
            self._open, self._written = self._written + self._open, []
            self._settle_rest()
            raise
        self._settle_rest()

    def _committed(self) -> None:
        written, self._written = self._written, []
        _settled(written)

    def _settle_rest(self) -> None:
        if not self._open:
            return
        try:
            ledger.settle(self._open)
            _settled(self._open)
            self._open = []
        except DatabaseError:  # the sweep returns what was reserved
            logger.exception("calls of a turn are not charged")


def _settled(charges: Sequence[Charge]) -> None:
    for charge in charges:
        if charge.settled is not None:
            charge.settled()
