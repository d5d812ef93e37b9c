"""A request keeps a well-formed id of its caller and gets a new one otherwise; the response names it."""

from __future__ import annotations

import pytest
from django.test import Client


def test_a_good_id_is_kept_and_returned() -> None:
    assert Client().get("/healthz", headers={"X-Request-ID": "abc-123_DEF.9"})["X-Request-ID"] == "abc-123_DEF.9"


@pytest.mark.parametrize("value", ["", "short", "x" * 41, "with space 1", "line\tbreak1", "é" * 10, "a;b;c;d;e"])
def test_anything_else_is_replaced(value: str) -> None:
    given_back = Client().get("/healthz", headers={"X-Request-ID": value})["X-Request-ID"]
    assert given_back != value
    assert len(given_back) == 32
