"""Prices and context windows of hosted models, from the data of `genai-prices`, loaded at the first look-up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

_MOST = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """US dollars per million tokens (None: unknown), and the context window in tokens (0: unknown)."""

    context_tokens: int
    input_price: Decimal | None
    output_price: Decimal | None
    cached_input_price: Decimal | None = None


def find(services: Iterable[str], model: str) -> KnownModel | None:
    """Returns what is known of a model of one of these services; None when nothing is.

    Where a price depends on the hour or on the length of the prompt, the usual one is given.
    """
    for service in services:
        held = _services().get(service)
        found = held.find_model(model) if held is not None and model else None
        if found is not None:
            prices = _usual(found.prices)
            amounts = (_amount(prices, name) for name in ("input_mtok", "output_mtok", "cache_read_mtok"))
            return KnownModel(found.context_window or 0, *amounts)
    return None


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
