"""Prices and context windows of hosted models, from the data of `genai-prices`, loaded at the first look-up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

CURRENCY = "USD"
_MOST = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """US dollars per million tokens (None: unknown), context window in tokens (0: unknown), and whose list says so."""

    context_tokens: int
    input_price: Decimal | None
    output_price: Decimal | None
    cached_input_price: Decimal | None = None
    source: str = ""


def find(services: Iterable[str], model: str) -> KnownModel | None:
    """Returns what is known of a model of one of these services; None when nothing is.

    Where a price depends on the hour or on the length of the prompt, the usual one is given.
    """
    for service in services:
        held = _services().get(service)
        found = held.find_model(model) if held is not None and model else None
        if held is not None and found is not None:
            return _known(held, found)
    return None


def at(endpoint: str, model: str) -> KnownModel | None:
    """Returns what is known of a model at an address; at an address of nobody, such as a proxy, what its maker says.

    Args:
        endpoint: The address, by which the same model of two services is told apart.
        model: Its name there; OpenRouter's "maker/model" is known, too.
    """
    from genai_prices.data_snapshot import get_snapshot

    for address in (endpoint, None):
        try:
            return _known(*get_snapshot().find_provider_model(model, None, None, address))
        except LookupError:
            continue
    return None


def _known(service: Any, model: Any) -> KnownModel:
    prices = _usual(model.prices)
    return KnownModel(
        model.context_window or 0,
        input_price=_amount(prices, "input_mtok"),
        output_price=_amount(prices, "output_mtok"),
        cached_input_price=_amount(prices, "cache_read_mtok"),
        source=service.name,
    )


@lru_cache(maxsize=1)
def _services() -> dict[str, Any]:
    from genai_prices.data_snapshot import get_snapshot

    return {service.id: service for service in get_snapshot().providers}


def _usual(prices: Any) -> Any:
    """Returns the prices without condition, or those that come last: the earlier ones are for special hours."""
    if not isinstance(prices, list):
        return prices
    return max((one.prices for one in prices), key=lambda price: _amount(price, "input_mtok") or Decimal(0))


def _amount(prices: Any, name: str) -> Decimal | None:
    value = getattr(prices, name, None)
    value = getattr(value, "base", value)
    return Decimal(value).quantize(Decimal("0.0001")) if value is not None and 0 <= value < _MOST else None
