"""Delays grow up to a maximum and are never shorter than the server asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawdbot.backoff import SPREAD_S, Backoff
from clawdbot.errors import ClawdbotError

waits = st.floats(0, 1000)


def test_without_jitter_a_wait_doubles_up_to_the_longest() -> None:
    backoff = Backoff(first_s=1.0, longest_s=30.0, jitter=0.0)
    assert [backoff.delay_s(failures) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 30, 30, 30]


@given(st.integers(0, 100_000), waits, waits, st.floats(0, 1))
def test_jitter_takes_its_share_of_the_wait_and_adds_nothing(
    failures: int, first_s: float, longest_s: float, jitter: float
) -> None:
    whole = Backoff(first_s=first_s, longest_s=longest_s, jitter=0.0).delay_s(failures)
    assert whole <= longest_s
    wait_s = Backoff(first_s=first_s, longest_s=longest_s, jitter=jitter).delay_s(failures)
    assert whole * (1 - jitter) - 1e-9 <= wait_s <= whole


def test_those_who_failed_together_come_back_apart() -> None:
    assert len({Backoff().delay_s(5) for _ in range(20)}) > 10
    assert len({Backoff().delay_s(5, retry_after=30.0) for _ in range(20)}) > 10


@given(st.integers(1, 100), st.floats(0, 86_400))
def test_a_named_wait_takes_the_place_of_the_exponential_one(failures: int, retry_after: float) -> None:
    assert retry_after <= Backoff().delay_s(failures, retry_after) <= retry_after + SPREAD_S


def test_a_named_wait_below_zero_is_none() -> None:
    assert 0 <= Backoff().delay_s(1, -5.0) <= SPREAD_S


def test_the_last_try_has_no_next() -> None:
    backoff = Backoff(tries=3, jitter=0.0)
    error = ClawdbotError("busy")
    assert [backoff.next_delay_s(failures, error) for failures in (1, 2, 3, 4)] == [1.0, 2.0, None, None]
    assert Backoff(jitter=0.0).next_delay_s(1000, error) == 300.0


def test_a_permanent_error_has_no_next_and_a_named_wait_is_kept() -> None:
    assert Backoff().next_delay_s(1, ClawdbotError("gone", permanent=True, retry_after=1.0)) is None
    assert Backoff(tries=2).next_delay_s(1, ClawdbotError("busy", retry_after=60.0)) == pytest.approx(60.125, abs=0.126)
