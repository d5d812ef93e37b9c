"""What one call of a model reserves and pays, for all limits that apply to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial

from django.db import DatabaseError, transaction

from bots.limits import batches, ledger, rules
from bots.limits.batches import Batch
from bots.limits.ledger import Charge, Full, Hold
from bots.limits.payments import Payments
from bots.limits.rules import Owners, Rule
from bots.models import TurnUsage, Unit, sql

__all__ = ["Account", "Full", "Price", "Purse"]

logger = logging.getLogger(__name__)
_UNITS = frozenset({Unit.TOKENS.value, Unit.MONEY.value})
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens of a model cost."""

    input: Decimal
    output: Decimal

    def of(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        return (prompt_tokens * self.input + completion_tokens * self.output) / _MILLION


class Account:
    """The limits of those who pay for calls.

    Args:
        owners: Who pays; None: nobody, and no limit holds.
        payments: Where calls wait for the transaction that settles them; None: each is settled at once.
    """

    def __init__(self, owners: Owners | None, payments: Payments | None = None) -> None:
        self.owners, self._payments = owners, payments

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return rules.of(self.owners, _UNITS) if self.owners is not None else ()

    def reserve(self, price: Price, estimate: Callable[[], tuple[int, int]], seconds: float) -> Purse:
        """Reserves the estimate of a call of a language model.

        Args:
            price: What the model costs; limits of money do not hold for a free one.
            estimate: Returns the tokens of the prompt and of the longest answer; called only if a limit applies.
            seconds: Deadline of the call.

        Raises:
            Full: A limit has no room.
        """
        if not self.rules:
            return Purse((), "", ())
        prompt, answer = estimate()
        return self._reserve(_amounts(prompt + answer, price.of(prompt, answer)), seconds)

    def reserve_cost(self, cost: Decimal, seconds: float) -> Purse:
        """Reserves what a call costs at most that has no tokens: one that listens or speaks. See `reserve`."""
        return self._reserve(_amounts(0, cost), seconds)

    def _reserve(self, amounts: Mapping[str, int], seconds: float) -> Purse:
        applying = tuple(rule for rule in self.rules if amounts[rule.unit] > 0)
        if not applying:
            return Purse((), "", ())
        if self._payments is None:
            return Purse(applying, *ledger.reserve(applying, amounts, seconds))
        if (batch := batches.take(applying, amounts, seconds)) is not None:
            return _BatchPurse(batch, amounts, self._payments)
        return Purse(applying, *self._payments.reserve(applying, amounts, seconds), self._payments)

    def note_broken(self, provider: str, model: str, tokens: tuple[int, int], cost: Decimal) -> None:
        """Records an answer that was stopped or broke off: its endpoint charges what it had written."""
        owners = self.owners
        if owners is None or owners.person_id is None:
            return
        usage = TurnUsage(
            bot_id=owners.bot_id,
            person_id=owners.person_id,
            origin_id=owners.origin_id,
            conversation_id=owners.conversation_id,
            purpose=TurnUsage.Purpose.BROKEN,
            provider=provider[:60],
            model=model[:120],
            prompt_tokens=tokens[0],
            completion_tokens=tokens[1],
            cost=cost,
        )
        try:
            with transaction.atomic():
                sql.insert(usage)
        except DatabaseError:  # the person may have been erased meanwhile; the turn goes on
            logger.exception("an answer that broke off is not recorded")


class Purse:
    """What is reserved for one call; it is paid or returned once."""

    def __init__(
        self, applying: tuple[Rule, ...], key: str, holds: tuple[Hold, ...], payments: Payments | None = None
    ) -> None:
        self._rules, self._key, self._holds, self._payments = applying, key, holds, payments

    def pay(self, tokens: int, cost: Decimal) -> None:
        """Charges what the call has used."""
        if not self._take():
            return
        charge = self._charge(_amounts(tokens, cost))
        if self._payments is None:
            ledger.settle([charge])
        else:
            self._payments.add(charge)

    def give_back(self) -> None:
        """Returns what is reserved, unless it was paid."""
        if self._take():
            self._release()

    def _charge(self, used: Mapping[str, int]) -> Charge:
        return Charge(self._key, self._rules, self._holds, used)

    def _release(self) -> None:
        ledger.release(self._key, self._holds)

    def _take(self) -> bool:
        is_open, self._open = bool(self._rules) and self._open, False
        return is_open

    _open = True


class _BatchPurse(Purse):
    """What is taken for one call out of a batch, which holds the reservation."""

    def __init__(self, batch: Batch, estimate: Mapping[str, int], payments: Payments) -> None:
        super().__init__(batch.rules, "", tuple((balance, 0) for balance, _held in batch.holds), payments)
        self._batch, self._estimate = batch, estimate

    def _charge(self, used: Mapping[str, int]) -> Charge:
        end = partial(self._batch.end_call, self._estimate, used)
        return super()._charge(used)._replace(settled=end)

    def _release(self) -> None:
        self._batch.end_call(self._estimate, {})


def _amounts(tokens: int, cost: Decimal) -> dict[str, int]:
    return {Unit.TOKENS.value: tokens, Unit.MONEY.value: rules.in_ledger(cost)}
