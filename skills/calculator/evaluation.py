"""Evaluates an arithmetic expression exactly: in decimals, with limits on size, and without names of Python."""

from __future__ import annotations

import ast
import decimal
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

LONGEST = 300  # characters of an expression
_LARGEST_FACTORIAL = 1000
_CONTEXT = decimal.Context(
    prec=50,
    Emax=100_000,
    Emin=-100_000,
    traps=[decimal.Overflow, decimal.DivisionByZero, decimal.InvalidOperation],
)
_NUMBER = re.compile(r"(?<![A-Za-z_])(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_SHOWN_DIGITS = 12
_LARGEST_TANGENT = 1e15
_FULL = Decimal(10) ** 21


class Undefined(ValueError):
    """The expression has no value. The code is "zero" (division by zero), "large", "domain" or "unreadable"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def evaluate(expression: str) -> Decimal:
    """Returns the value of an expression of numbers, + - * / // % **, parentheses and the functions below.

    Raises:
        Undefined: It has no value, is too large, or is no such expression.
    """
    import simpleeval

    if len(expression) > LONGEST:
        raise Undefined("large")
    numbers: dict[str, Decimal] = {}

    def named(found: re.Match[str]) -> str:
        name = f"n{len(numbers)}"
        numbers[name] = Decimal(found[0])  # a float would lose digits
        return f" {name} "

    try:
        with decimal.localcontext(_CONTEXT):
            source = _NUMBER.sub(named, expression).strip()
            evaluator = simpleeval.SimpleEval(
                operators=_OPERATORS, functions=_FUNCTIONS, names={**_CONSTANTS, **numbers}
            )
            # Nothing else than arithmetic: no attributes, subscripts, strings or conditions.
            evaluator.nodes = {kind: made for kind, made in evaluator.nodes.items() if kind in _NODES}
            value = evaluator.eval(source)
            return value if isinstance(value, Decimal) else Decimal(value)
    except (decimal.DivisionByZero, decimal.DivisionUndefined, ZeroDivisionError):
        raise Undefined("zero") from None
    except (decimal.Overflow, OverflowError, MemoryError):
        raise Undefined("large") from None
    except decimal.InvalidOperation as error:
        raise Undefined("zero" if decimal.DivisionUndefined in error.args[0] else "domain") from None
    except (SyntaxError, RecursionError, TypeError, ValueError, simpleeval.InvalidExpression) as error:
        raise error if isinstance(error, Undefined) else Undefined("unreadable") from None


def shown(value: Decimal) -> str:
    """Returns a value as people write it: 1,234.5; 12 digits at most; large ones as 1.07 × 10^301."""
    with decimal.localcontext(_CONTEXT):
        if value == value.to_integral_value() and abs(value) < _FULL:
            return f"{int(value):,}"
        rounded = decimal.Context(prec=_SHOWN_DIGITS).create_decimal(value).normalize()
        if rounded == 0:
            return "0"
        exponent = rounded.adjusted()
        if -7 < exponent < 21:
            return f"{rounded:,f}"
        return f"{rounded.scaleb(-exponent).normalize():f} × 10^{exponent}"


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if base == 0 and exponent < 0:
        raise ZeroDivisionError
    if base == 0 and exponent == 0:
        raise Undefined("domain")
    return base**exponent


def _floats(function: Callable[..., float]) -> Callable[..., Decimal]:
    def call(*values: Decimal) -> Decimal:
        try:
            found = round(function(*map(float, values)), 15)
        except ValueError:
            raise Undefined("domain") from None
        if abs(found) > _LARGEST_TANGENT:  # tan(90°), but for the last digit of pi
            raise Undefined("domain")
        return Decimal(repr(found))

    return call


def _root(value: Decimal, degree: Decimal = Decimal(2)) -> Decimal:
    if degree == 2:
        return value.sqrt()
    if value < 0 and degree % 2 == 1:
        return -_root(-value, degree)
    found = value ** (1 / degree)
    whole = found.to_integral_value()
    return whole if whole**degree == value else found


def _factorial(value: Decimal) -> Decimal:
    if value < 0 or value != value.to_integral_value():
        raise Undefined("domain")
    if value > _LARGEST_FACTORIAL:
        raise Undefined("large")
    return Decimal(math.factorial(int(value)))


def _log(value: Decimal, base: Decimal = Decimal(10)) -> Decimal:
    if value <= 0 or base <= 0 or base == 1:
        raise Undefined("domain")
    return value.log10() if base == 10 else value.ln() / base.ln()


def _ln(value: Decimal) -> Decimal:
    if value <= 0:
        raise Undefined("domain")
    return value.ln()


def _round(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    if abs(places) > 30:
        raise Undefined("large")
    return value.quantize(Decimal(1).scaleb(-int(places)), rounding=decimal.ROUND_HALF_UP)


_OPERATORS: dict[type[Any], Callable[..., Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: (a / b).to_integral_value(rounding=decimal.ROUND_FLOOR),
    ast.Mod: lambda a, b: a - b * (a / b).to_integral_value(rounding=decimal.ROUND_FLOOR),
    ast.Pow: _power,
    ast.USub: lambda a: -a,
    ast.UAdd: lambda a: +a,
}
_NODES = frozenset({ast.Expr, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name})
_CONSTANTS = {"pi": Decimal("3.1415926535897932384626433832795028841971693993751"), "e": Decimal(1).exp(_CONTEXT)}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt": _root,
    "root": _root,
    "cbrt": lambda value: _root(value, Decimal(3)),
    "abs": abs,
    "round": _round,
    "floor": lambda value: value.to_integral_value(rounding=decimal.ROUND_FLOOR),
    "ceil": lambda value: value.to_integral_value(rounding=decimal.ROUND_CEILING),
    "min": min,
    "max": max,
    "exp": lambda value: value.exp(),
    "ln": _ln,
    "log": _log,
    "log2": lambda value: _log(value, Decimal(2)),
    "log10": _log,
    "sin": _floats(math.sin),
    "cos": _floats(math.cos),
    "tan": _floats(math.tan),
    "fact": _factorial,
    "deg": lambda value: value * _CONSTANTS["pi"] / 180,
}
FUNCTIONS = frozenset(_FUNCTIONS)
CONSTANTS = frozenset(_CONSTANTS)
