"""Exact arithmetic with limits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.calculator.evaluation import Undefined, evaluate, shown

NUMBERS = st.integers(-(10**9), 10**9)


@given(NUMBERS, NUMBERS, st.sampled_from("+-*"))
def test_whole_numbers_are_exact(left: int, right: int, sign: str) -> None:
    expected = {"+": left + right, "-": left - right, "*": left * right}[sign]
    assert evaluate(f"({left}){sign}({right})") == expected
    assert shown(Decimal(expected)) == f"{expected:,}"


@given(st.decimals(-1000, 1000, places=3), st.decimals(-1000, 1000, places=3))
def test_decimals_are_exact(left: Decimal, right: Decimal) -> None:
    assert evaluate(f"({left:f})+({right:f})") == left + right


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        *(("1/0", "zero"), ("1%0", "zero"), ("0**-1", "zero"), ("9**9**9", "large"), ("fact(2000)", "large")),
        *(("sqrt(-1)", "domain"), ("log(0)", "domain"), ("ln(-1)", "domain"), ("fact(0.5)", "domain")),
        *(("1+", "unreadable"), ("abc", "unreadable"), ("sqrt", "unreadable"), ("sqrt()", "unreadable")),
        *(("1" * 301, "large"), ("(" * 200 + "1" + ")" * 200 + "+", "large")),
    ],
)
def test_what_has_no_value(expression: str, code: str) -> None:
    with pytest.raises(Undefined) as raised:
        evaluate(expression)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(("0.30000000000000001", "0.3"), ("1E-60", "1 × 10^-60"), ("123456.789", "123,456.789"), ("-0.5", "-0.5")),
        *(("1E+20", "100,000,000,000,000,000,000"), ("1.5E+30", "1.5 × 10^30"), ("0", "0"), ("-0.0", "0")),
    ],
)
def test_a_value_is_written_as_people_write_it(value: str, text: str) -> None:
    assert shown(Decimal(value)) == text
