"""A circuit opens after repeated failures; after the pause one caller probes."""

from __future__ import annotations

import threading

import pytest

from clawdbot.circuit_breaker import CircuitBreaker, Refusal
from tests.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1000.0)


@pytest.fixture
def breaker(clock: ManualClock) -> CircuitBreaker[str]:
    return CircuitBreaker(failures_to_open=3, pause_s=10, longest_pause_s=25, clock=clock)


def opened(breaker: CircuitBreaker[str]) -> None:
    for number in (1, 2, 3):
        breaker.failed("a", f"failure {number}")


def test_it_opens_after_as_many_failures_as_it_bears_and_says_why(breaker: CircuitBreaker[str]) -> None:
    for number in (1, 2):
        breaker.failed("a", f"failure {number}")
        assert breaker.refusal("a") is None
    breaker.failed("a", "failure 3")
    assert breaker.refusal("a") == Refusal(10.0, "failure 3")
    assert breaker.refusal("b") is None


def test_a_success_between_failures_starts_the_count_again(breaker: CircuitBreaker[str]) -> None:
    for _ in range(5):
        breaker.failed("a")
        breaker.failed("a")
        breaker.succeeded("a")
    assert breaker.refusal("a") is None


def test_after_the_pause_one_caller_goes_and_the_others_wait(breaker: CircuitBreaker[str], clock: ManualClock) -> None:
    opened(breaker)
    clock.advance(9)
    assert breaker.refusal("a") == Refusal(1.0, "failure 3")
    clock.advance(1)
    assert breaker.refusal("a") is None
    assert breaker.refusal("a") == Refusal(20.0, "failure 3")
    breaker.succeeded("a")
    assert breaker.refusal("a") is None


def test_a_caller_that_never_comes_back_is_followed_by_another(
    breaker: CircuitBreaker[str], clock: ManualClock
) -> None:
    opened(breaker)
    clock.advance(10)
    assert breaker.refusal("a") is None
    clock.advance(20)
    assert breaker.refusal("a") is None


def test_pauses_double_up_to_the_longest(breaker: CircuitBreaker[str], clock: ManualClock) -> None:
    opened(breaker)
    pauses = []
    for _ in range(4):
        refusal = breaker.refusal("a")
        assert refusal is not None
        pauses.append(refusal.wait_s)
        clock.advance(refusal.wait_s)
        assert breaker.refusal("a") is None
        breaker.failed("a")
    assert pauses == [10.0, 20.0, 25.0, 25.0]


def test_after_a_success_it_begins_with_the_shortest_pause_again(
    breaker: CircuitBreaker[str], clock: ManualClock
) -> None:
    opened(breaker)
    clock.advance(10)
    assert breaker.refusal("a") is None
    breaker.succeeded("a")
    opened(breaker)
    assert breaker.refusal("a") == Refusal(10.0, "failure 3")


def test_a_permanent_failure_opens_it_at_once(breaker: CircuitBreaker[str]) -> None:
    breaker.failed("a", "the key is refused", permanent=True)
    assert breaker.refusal("a") == Refusal(10.0, "the key is refused")


@pytest.mark.parametrize(("named", "kept"), [(4.0, 4.0), (600.0, 25.0)])
def test_a_wait_that_is_named_is_kept_up_to_the_longest_pause_and_doubles_nothing(
    named: float, kept: float, breaker: CircuitBreaker[str], clock: ManualClock
) -> None:
    breaker.failed("a", "busy", retry_after=named)
    assert breaker.refusal("a") == Refusal(kept, "busy")
    clock.advance(kept)
    assert breaker.refusal("a") is None
    assert breaker.refusal("a") == Refusal(10.0, "busy")


def test_a_cleared_cache_closes_every_circuit(breaker: CircuitBreaker[str]) -> None:
    opened(breaker)
    breaker.clear_cache()
    assert breaker.refusal("a") is None


def test_of_many_threads_one_may_try() -> None:
    clock = ManualClock()
    breaker: CircuitBreaker[str] = CircuitBreaker(pause_s=10, longest_pause_s=10, clock=clock)
    breaker.failed("a")
    clock.advance(10)
    start, answers = threading.Barrier(8), []

    def ask() -> None:
        start.wait()
        answers.append(breaker.refusal("a"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(None) == 1


def test_failures_that_pass_have_a_shorter_longest_pause(clock: ManualClock) -> None:
    breaker: CircuitBreaker[str] = CircuitBreaker(pause_s=10, longest_pause_s=100, longest_passing_s=15, clock=clock)
    pauses = []
    for permanent in (False, False, False, True, True, True, False):
        breaker.failed("a", permanent=permanent)
        pauses.append(breaker.wait_s("a"))
        clock.advance(pauses[-1])
        assert breaker.refusal("a") is None
    assert pauses == [10, 15, 15, 15, 30, 60, 15]


def test_to_look_how_long_it_is_closed_admits_nobody(clock: ManualClock, breaker: CircuitBreaker[str]) -> None:
    assert breaker.wait_s("a") == 0.0
    opened(breaker)
    clock.advance(4)
    assert breaker.wait_s("a") == 6.0
    clock.advance(6)
    assert [breaker.wait_s("a"), breaker.wait_s("a")] == [0.0, 0.0]
    assert breaker.refusal("a") is None
    assert breaker.refusal("a") is not None
