"""Converts amounts with pint, which is loaded at the first conversion (0.2 s)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from skills.units.names import DEFINITIONS

_FIGURES = 6


class NotConvertible(ValueError):
    """The units measure different things, or the amount is impossible. The code is "kinds" or "too_cold"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def convert(parts: tuple[tuple[float, str], ...], target: str) -> float:
    """Returns the sum of the parts in the target unit.

    Raises:
        NotConvertible: The units measure different things, or a temperature is below absolute zero.
    """
    import pint

    units = _registry()
    try:
        found = sum(float(units.Quantity(number, unit).to(target).magnitude) for number, unit in parts)
        if target in ("degC", "degF", "kelvin") and units.Quantity(found, target).to("kelvin").magnitude < -1e-9:
            raise NotConvertible("too_cold")
        return found
    except pint.DimensionalityError:
        raise NotConvertible("kinds") from None


def shown_as_two(parts: tuple[tuple[float, str], ...], both: tuple[tuple[str, str], ...]) -> str:
    """Returns the sum in two units that are used together: "5 feet 8.1 inches".

    Raises:
        NotConvertible: As `convert`.
    """
    (large, large_shown), (small, small_shown) = both
    count = round(convert(parts, small), 1)
    each = round(convert(((1.0, large),), small), 6)
    whole, rest = divmod(abs(count), each)
    sign = "-" if count < 0 else ""
    space = " " if large_shown.isascii() else ""
    return f"{sign}{whole:.0f}{large_shown}{space}{f'{rest:.1f}'.removesuffix('.0')}{small_shown}"


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    units: Any = pint.UnitRegistry(cache_folder=None)
    for definition in DEFINITIONS:
        units.define(definition)
    return units


def shown(value: float) -> tuple[str, bool]:
    """Returns a value with six figures as people write it, and whether it is exact."""
    rounded = float(f"{value:.{_FIGURES}g}")
    exact = abs(value - rounded) <= 1e-9 * max(abs(value), 1e-9)
    if rounded == 0:
        return "0", exact
    if 1e-4 <= abs(rounded) < 1e15:
        text = f"{rounded:,.10f}".rstrip("0").rstrip(".")
        return text, exact
    mantissa, _e, exponent = f"{rounded:.{_FIGURES - 1}e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')} × 10^{int(exponent)}", exact
