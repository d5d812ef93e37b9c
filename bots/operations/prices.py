"""Known prices of models, beside those that operators have entered."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from bots.llm import known_models
from bots.llm.known_models import KnownModel
from bots.models import ModelProvider
from bots.operations import row_changes
from bots.operations.errors import OperationError
from bots.people.audit_log import Actor

CURRENCY = known_models.CURRENCY


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A provider, and what the table says that its model costs; None when the table does not know it."""

    provider: ModelProvider
    known: KnownModel | None

    @property
    def differs(self) -> bool:
        """Whether the provider has other prices."""
        row, known = self.provider, self.known
        return known is not None and (row.input_price, row.output_price) != (known.input_price, known.output_price)

    @property
    def is_free(self) -> bool:
        """Whether calls of the provider count as free."""
        return self.provider.input_price == self.provider.output_price == Decimal(0)


def suggestions() -> list[Suggestion]:
    """Returns all providers with the prices that are known for their models."""
    return [Suggestion(row, _priced(row)) for row in ModelProvider.objects.all()]


def take_over(pk: int, actor: Actor) -> ModelProvider:
    """Gives a provider the known prices of its model. They count from the next call on; earlier ones keep theirs.

    Raises:
        OperationError: There is no such provider, or the table does not know its model.
    """
    row = ModelProvider.objects.filter(pk=pk).first()
    known = _priced(row) if row is not None else None
    if row is None or known is None:
        raise OperationError(_("No price is known for this model: enter it yourself."))
    values = {
        "input_price": known.input_price,
        "output_price": known.output_price,
        "cached_input_price": known.cached_input_price,
    }
    return row_changes.change(row, values, actor)


def _priced(row: ModelProvider) -> KnownModel | None:
    """Returns what is known of the model of a provider, if that is a price."""
    known = known_models.at(row.endpoint, row.model)
    return known if known is not None and None not in (known.input_price, known.output_price) else None
