"""The system clock, and windows of time."""

from __future__ import annotations

import time

from clawdbot.clock import system_clock, within_window


def test_the_system_clock_tells_seconds_since_the_epoch() -> None:
    assert abs(system_clock() - time.time()) < 60


def test_a_window_has_two_sides_and_no_room_for_nan() -> None:
    assert within_window(100, 400, 300)
    assert within_window(400, 100, 300)
    assert not within_window(99, 400, 300)
    assert not within_window(float("nan"), 400, 300)
