"""Known prices of models, beside those that operators have entered."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from bots.limits import prices
from bots.models import ModelProvider
from bots.operations import row_changes
from bots.operations.errors import OperationError
from bots.people.audit_log import Actor

CURRENCY = prices.CURRENCY


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A provider, and what the table says that its model costs; None when the table does not know it."""

    provider: ModelProvider
    known: prices.Known | None

    @property
    def differs(self) -> bool:
        """Whether the provider has other prices."""
        row, known = self.provider, self.known
        return known is not None and (row.input_price, row.output_price) != (known.input, known.output)

    @property
    def is_free(self) -> bool:
        """Whether calls of the provider count as free."""
        return self.provider.input_price == self.provider.output_price == Decimal(0)


def suggestions() -> list[Suggestion]:
    """Returns all providers with the prices that are known for their models."""
    return [Suggestion(row, prices.of(row.model, row.endpoint)) for row in ModelProvider.objects.all()]


def take_over(pk: int, actor: Actor) -> ModelProvider:
    """Gives a provider the known prices of its model. They count from the next call on; earlier ones keep theirs.

    Raises:
        OperationError: There is no such provider, or the table does not know its model.
    """
    row = ModelProvider.objects.filter(pk=pk).first()
    known = prices.of(row.model, row.endpoint) if row is not None else None
    if row is None or known is None:
        raise OperationError(_("No price is known for this model: enter it yourself."))
    values = {"input_price": known.input, "output_price": known.output}
    if hasattr(row, "cached_input_price"):
        values["cached_input_price"] = known.cached_input
    return row_changes.change(row, values, actor)
