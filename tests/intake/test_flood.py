"""The flood guard holds back what is too much, for one channel, from verified senders only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.intake.flood import FloodGuard
from bots.models import InboundEvent
from tests.api.builders import deliver, event_body, make_channel


@pytest.mark.django_db
def test_above_its_allowance_a_channel_answers_429_and_says_when() -> None:
    channel, other = make_channel(flood_per_minute=3), make_channel(flood_per_minute=3)
    answers = [deliver(channel, event_body()) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 20
    assert InboundEvent.objects.count() == 3
    assert deliver(other, event_body()).status_code == 202


@pytest.mark.django_db
def test_strangers_cannot_use_up_the_allowance() -> None:
    channel = make_channel(flood_per_minute=2)
    for _ in range(10):
        assert deliver(channel, event_body(), sign="00").status_code == 401
    assert deliver(channel, event_body()).status_code == 202


@pytest.mark.django_db
def test_zero_means_no_limit() -> None:
    channel = make_channel(flood_per_minute=0)
    assert {deliver(channel, event_body()).status_code for _ in range(20)} == {202}


def test_the_bucket_refills_evenly_and_never_above_its_size() -> None:
    now = [0.0]
    guard = FloodGuard(lambda: now[0])
    assert [guard.take(1, 1, 60) for _ in range(60)] == [0.0] * 60
    assert guard.take(1, 1, 60) == pytest.approx(1.0)
    now[0] = 2.5
    assert [guard.take(1, 1, 60) > 0 for _ in range(3)] == [False, False, True]
    now[0] = 10_000.0
    assert sum(guard.take(1, 1, 60) == 0.0 for _ in range(100)) == 60


def test_a_batch_larger_than_the_allowance_passes_when_the_bucket_is_full() -> None:
    guard = FloodGuard(lambda: 0.0)
    assert guard.take(1, 500, 10) == 0.0
    assert guard.take(1, 1, 10) > 0


@given(st.lists(st.tuples(st.floats(0, 30, allow_nan=False), st.integers(1, 5)), max_size=60), st.integers(1, 120))
def test_never_more_than_two_allowances_in_any_minute(steps: list[tuple[float, int]], per_minute: int) -> None:
    now, taken = 0.0, []
    guard = FloodGuard(lambda: now)
    for pause, cost in steps:
        now += pause
        if guard.take(1, cost, per_minute) == 0.0:
            taken.append((now, min(cost, per_minute)))
    for start, _ in taken:
        assert sum(cost for at, cost in taken if start <= at < start + 60) <= 2 * per_minute + 1e-6
