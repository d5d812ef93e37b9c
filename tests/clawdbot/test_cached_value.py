"""A cached value is read once in a while, and by one thread at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from clawdbot import cached_value
from clawdbot.cached_value import CachedValue


class Source:
    """Counts its reads, each of which returns the next number."""

    def __init__(self) -> None:
        self.now, self.reads, self.fails = 100.0, 0, False

    def read(self) -> int:
        self.reads += 1
        if self.fails:
            raise OSError("the source is away")
        return self.reads

    def cached(self) -> CachedValue[int]:
        return CachedValue(self.read, 2.0, lambda: self.now)


def test_a_value_is_read_again_when_it_is_too_old() -> None:
    source = Source()
    value = source.cached()
    assert [value.get(), value.get()] == [1, 1]
    source.now += 2.0
    assert value.get() == 1
    source.now += 0.1
    assert [value.get(), value.get()] == [2, 2]


def test_a_cleared_value_is_read_again() -> None:
    value = Source().cached()
    assert value.get() == 1
    value.clear()
    assert value.get() == 2
    cached_value.clear_cache()
    assert value.get() == 3


def test_a_failed_read_is_not_cached_and_keeps_no_old_value_alive() -> None:
    source = Source()
    value = source.cached()
    value.get()
    source.now, source.fails = source.now + 3.0, True
    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            value.get()
    source.fails = False
    assert value.get() == source.reads == 4


def test_threads_that_need_a_new_value_wait_for_one_read() -> None:
    arrived = threading.Barrier(8)
    reads: list[int] = []
    reading, go_on = threading.Event(), threading.Event()

    def read() -> int:
        reads.append(1)
        reading.set()
        assert go_on.wait(10)
        return len(reads)

    value = CachedValue(read, 60.0)

    def ask() -> int:
        arrived.wait(10)
        return value.get()

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask) for _ in range(8)]
        assert reading.wait(10)
        go_on.set()
        assert [one.result(10) for one in asked] == [1] * 8
    assert len(reads) == 1


def test_the_age_counts_from_the_start_of_the_read() -> None:
    source = Source()

    def slow() -> int:
        source.now += 1.5
        return source.read()

    value = CachedValue(slow, 2.0, lambda: source.now)
    value.get()
    source.now += 1.0
    assert value.get() == 2
