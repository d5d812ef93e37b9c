"""Few threads compute at once; those that wait for another server do not count, and nobody waits for ever."""

from __future__ import annotations

import threading

import pytest

from clawdbot import computing


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computing, "LONGEST_WAIT_S", 60.0)


def run(*works: object) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for work in works]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    return threads


def test_a_third_thread_waits_until_one_of_two_ends() -> None:
    inside, leave = threading.Semaphore(0), threading.Event()
    third = threading.Event()

    def hold() -> None:
        with computing.computing():
            inside.release()
            leave.wait(60)

    def late() -> None:
        with computing.computing():
            third.set()

    holders = run(hold, hold)
    assert inside.acquire(timeout=60)
    assert inside.acquire(timeout=60)
    waiting = run(late)
    assert not third.wait(0.2)
    leave.set()
    assert third.wait(60)
    for thread in (*holders, *waiting):
        thread.join(60)


def test_threads_that_wait_for_a_server_leave_their_places_to_others() -> None:
    together = threading.Barrier(6)
    done = []

    def turn() -> None:
        with computing.computing():
            with computing.waiting():
                together.wait(60)  # all six are here at once
            done.append(1)

    for thread in run(*[turn] * 6):
        thread.join(60)
    assert len(done) == 6
    with computing.computing(), computing.computing():  # no place is lost
        pass


def test_a_place_that_is_held_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computing, "LONGEST_WAIT_S", 0.05)
    together = threading.Barrier(5)

    def work() -> None:
        with computing.computing():
            together.wait(60)

    for thread in run(*[work] * 5):
        thread.join(60)
    assert not together.broken


def test_an_error_gives_the_place_back() -> None:
    for _ in range(2 * computing.AT_ONCE):
        with pytest.raises(ValueError, match="x"), computing.computing(), computing.waiting():
            raise ValueError("x")


def test_outside_of_a_turn_nothing_is_counted() -> None:
    for _ in range(2 * computing.AT_ONCE):
        with computing.waiting():
            pass
