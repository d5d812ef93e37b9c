"""Errors keep what they know when they cross a process border."""

from __future__ import annotations

import pickle

import pytest

from clawdbot.errors import ClawdbotError, ConfigurationError


class NeedsKeyword(ClawdbotError):
    """An error of an extension: its keyword is required, and its message is made from it."""

    def __init__(self, *, city: str) -> None:
        super().__init__(f"no weather for {city}", retry_after=2.5)
        self.city = city


def test_an_error_with_a_required_keyword_pickles_whole() -> None:
    again = pickle.loads(pickle.dumps(NeedsKeyword(city="Chengdu")))
    assert (type(again), str(again), again.city) == (NeedsKeyword, "no weather for Chengdu", "Chengdu")
    assert (again.permanent, again.retry_after) == (False, 2.5)


def test_an_error_says_whether_to_try_again() -> None:
    assert not ClawdbotError("x").permanent
    assert ClawdbotError("x", permanent=True).permanent
    assert ConfigurationError("x").permanent
    assert ClawdbotError("x").retry_after is None


@pytest.mark.parametrize(
    ("named", "kept"),
    [(30.0, 30.0), (0.0, None), (-5.0, None), (float("nan"), None), (float("inf"), 86_400.0), (1e15, 86_400.0)],
)
def test_an_error_keeps_a_wait_that_can_be_waited_for(named: float, kept: float | None) -> None:
    assert ClawdbotError("busy", retry_after=named).retry_after == kept
