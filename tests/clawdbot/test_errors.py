"""Errors keep what they know when they cross a process border."""

from __future__ import annotations

import pickle

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
