"""A server that sends a response in single bytes holds a request no longer than its time-outs, headers included."""

from __future__ import annotations

import time

import pytest

from clawdbot import http
from tests.dripping_server import DRIPS, dripping


@pytest.mark.parametrize("name", DRIPS)
@pytest.mark.parametrize("timeout", [0.5, (0.3, 0.6)], ids=["one", "two"])
def test_the_request_ends_at_its_time_out(name: str, timeout: float | tuple[float, float]) -> None:
    with dripping(name) as url:
        started = time.monotonic()
        with pytest.raises(http.HttpTimeout) as caught:
            http.request("POST", url, json={}, timeout=timeout)
        assert time.monotonic() - started < 4
        assert caught.value.written, "the other side may have acted on it"


def test_the_deadline_of_several_requests_ends_one_of_them() -> None:
    with dripping("one header") as url:
        started = time.monotonic()
        with http.within(0.5), pytest.raises(http.HttpTimeout):
            http.request("GET", url, timeout=60)
        assert time.monotonic() - started < 4
