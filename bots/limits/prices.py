"""What models cost, from the table of the library genai-prices. Nothing is downloaded: the table is in the package.

The library takes 0.4 s and 27 MB to load, so it is loaded when an operator asks.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

_TOKENS = 1000  # so few that no price for long prompts applies
_PER_MILLION = Decimal(1_000_000) / _TOKENS
CURRENCY = "USD"


class Known(NamedTuple):
    """Prices of a million tokens in US dollars, and whose list they are from."""

    input: Decimal
    cached_input: Decimal
    output: Decimal
    source: str


def of(model: str, endpoint: str) -> Known | None:
    """Returns what a model costs; None when the table does not know it.

    Args:
        model: Its name at the endpoint; OpenRouter's "maker/model" is known, too.
        endpoint: The address, by which the same model of two services is told apart.
    """
    from genai_prices import Usage, calc_price

    def cost(**tokens: int) -> tuple[Decimal, str]:
        usage = Usage(**tokens)
        try:
            found = calc_price(usage, model_ref=model, provider_api_url=endpoint)
        except LookupError:  # another address, such as a proxy: the maker's own price
            found = calc_price(usage, model_ref=model)
        return found.total_price * _PER_MILLION, found.provider.name

    try:
        prompt, source = cost(input_tokens=_TOKENS)
        cached, _source = cost(input_tokens=_TOKENS, cache_read_tokens=_TOKENS)
        answer, _source = cost(output_tokens=_TOKENS)
    except LookupError:
        return None
    return Known(_price(prompt), _price(cached), _price(answer), source)


def _price(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0001"))
