"""The id that follows a request: taken when well formed, made otherwise, told to the caller."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from clawdbot import request_id


def test_a_good_id_is_kept_and_returned() -> None:
    assert Client().get("/healthz", headers={"X-Request-ID": "abc-123_DEF.9"})["X-Request-ID"] == "abc-123_DEF.9"


@pytest.mark.parametrize("value", ["", "short", "x" * 41, "with space 1", "line\tbreak1", "é" * 10, "a;b;c;d;e"])
def test_anything_else_is_replaced(value: str) -> None:
    given_back = Client().get("/healthz", headers={"X-Request-ID": value})["X-Request-ID"]
    assert given_back != value
    assert len(given_back) == 32


def test_the_id_ends_with_its_block() -> None:
    with request_id.bound("outer-id-1"):
        with request_id.bound("inner-id-1"):
            assert request_id.current() == "inner-id-1"
        assert request_id.current() == "outer-id-1"
    assert request_id.current() == ""


@given(st.text(max_size=60))
def test_an_id_always_fits_its_column_and_a_log_line(value: str) -> None:
    accepted = request_id.accept(value)
    assert 8 <= len(accepted) <= 40
    assert accepted.isascii()
    assert accepted.isprintable()
