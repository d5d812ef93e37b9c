"""The id of the request that runs now, and which ids are accepted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clawdbot import request_id


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
