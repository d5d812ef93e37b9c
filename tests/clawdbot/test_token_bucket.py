"""A burst passes at once, then a steady rate; no sequence of calls exceeds both."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawdbot.token_bucket import Rate, TokenBuckets
from tests.clock import ManualClock


def test_a_full_bucket_gives_its_burst_and_then_says_how_long_to_wait() -> None:
    clock = ManualClock()
    buckets: TokenBuckets[str] = TokenBuckets(clock=clock)
    rates = {"a": Rate(burst=2, per_second=0.5)}
    assert [buckets.take(rates) for _ in range(3)] == [0.0, 0.0, 2.0]
    clock.advance(0.5)
    assert buckets.take(rates) == 1.5
    clock.advance(1.5)
    assert buckets.take(rates) == 0.0


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    clock = ManualClock()
    buckets: TokenBuckets[str] = TokenBuckets(clock=clock)
    rates = {"a": Rate(burst=3, per_second=1)}
    buckets.take(rates)
    clock.advance(10_000)
    assert sum(buckets.take(rates) == 0.0 for _ in range(10)) == 3


def test_a_cost_above_the_burst_passes_when_the_bucket_is_full() -> None:
    buckets: TokenBuckets[str] = TokenBuckets(clock=ManualClock())
    rates = {"a": Rate(burst=10, per_second=2)}
    assert buckets.take(rates, cost=500) == 0.0
    assert buckets.take(rates, cost=500) == 5.0


def test_several_buckets_give_together_or_not_at_all() -> None:
    clock = ManualClock()
    buckets: TokenBuckets[str] = TokenBuckets(clock=clock)
    slow, fast = {"slow": Rate(1, 0.1)}, {"fast": Rate(2, 1)}
    assert buckets.take(slow | fast) == 0.0
    assert buckets.take(slow | fast) == 10.0
    assert buckets.take(fast) == 0.0, "the refusal took nothing from the bucket that had enough"


def test_the_least_recently_used_key_is_forgotten_and_starts_full() -> None:
    buckets: TokenBuckets[str] = TokenBuckets(size=2, clock=ManualClock())
    rate = Rate(1, 1)
    for key in ("a", "b"):
        buckets.take({key: rate})
    assert buckets.take({"a": rate}) == 1.0
    buckets.take({"c": rate})
    assert buckets.take({"a": rate}) == 1.0, "it was used after b"
    assert buckets.take({"b": rate}) == 0.0


def test_a_changed_rate_holds_from_the_next_call_on() -> None:
    buckets: TokenBuckets[str] = TokenBuckets(clock=ManualClock())
    assert buckets.take({"a": Rate(10, 1)}) == 0.0
    assert [buckets.take({"a": Rate(2, 4)}) for _ in range(3)] == [0.0, 0.0, 0.25]


def test_no_rate_means_no_limit_and_a_cleared_cache_full_buckets() -> None:
    buckets: TokenBuckets[str] = TokenBuckets(clock=ManualClock())
    assert buckets.take({}) == 0.0
    rates = {"a": Rate(1, 1)}
    assert [buckets.take(rates), buckets.take(rates)] == [0.0, 1.0]
    buckets.clear_cache()
    assert buckets.take(rates) == 0.0


def test_threads_together_get_no_more_than_the_burst() -> None:
    buckets: TokenBuckets[str] = TokenBuckets(clock=ManualClock())
    waits: list[float] = []

    def take() -> None:
        waits.extend(buckets.take({"a": Rate(100, 1)}) for _ in range(50))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waits.count(0.0) == 100


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 5)), max_size=60),
    st.integers(1, 120),
)
def test_never_more_than_two_bursts_while_one_burst_flows_in(steps: list[tuple[float, int]], burst: int) -> None:
    clock = ManualClock()
    buckets: TokenBuckets[int] = TokenBuckets(clock=clock)
    rates = {1: Rate(burst, burst / 60)}
    taken = []
    for pause, cost in steps:
        clock.advance(pause)
        if buckets.take(rates, cost) == 0.0:
            taken.append((clock(), min(cost, burst)))
    for start, _cost in taken:
        assert sum(cost for at, cost in taken if start <= at < start + 60) <= 2 * burst + 1e-6


@given(st.floats(0.01, 1000), st.floats(1, 100), st.integers(1, 20))
def test_whoever_waits_as_long_as_told_is_served(per_second: float, burst: float, cost: int) -> None:
    clock = ManualClock()
    buckets: TokenBuckets[str] = TokenBuckets(clock=clock)
    rates = {"a": Rate(burst, per_second)}
    buckets.take(rates, burst)
    clock.advance(buckets.take(rates, cost))
    assert buckets.take(rates, cost) == pytest.approx(0.0, abs=1e-6)
