"""Signatures are compared in constant time, with every secret, within a window; odd input is a wrong signature."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawdbot import signatures


@given(st.text(), st.text())
def test_comparing_any_two_texts_never_raises(left: str, right: str) -> None:
    assert signatures.compare(left, right) is (left == right)


@given(st.text(alphabet=st.characters(categories=["Cs", "Ll", "Lo"]), max_size=5))
def test_comparing_lone_surrogates_never_raises(value: str) -> None:
    assert signatures.compare(value, value)


@given(st.text(min_size=1), st.binary())
def test_hmacs_agree_with_the_standard_library(secret: str, message: bytes) -> None:
    expected = hmac.new(secret.encode("utf-8"), message, hashlib.sha256)
    assert signatures.hmac_hex(secret, message) == expected.hexdigest()
    assert base64.b64decode(signatures.hmac_base64(secret, message), validate=True) == expected.digest()


def test_hmacs_take_lone_surrogates_and_other_algorithms() -> None:
    assert len(signatures.hmac_base64("\ud800", "\udfff")) == 44
    assert signatures.hmac_hex("k", "m", "sha1") == hmac.new(b"k", b"m", hashlib.sha1).hexdigest()


def test_verify_any_accepts_each_secret_of_the_list_and_nothing_else() -> None:
    def same(secret: str) -> str:
        return secret

    assert signatures.verify_any(["a", "b"], "b", same)
    assert signatures.verify_any(["a", "b"], b"a", same)
    assert not signatures.verify_any(["a", "b"], "c", same)
    assert not signatures.verify_any([], "", same)
    assert not signatures.verify_any([""], "", same)
    assert not signatures.verify_any(["", "a"], "", same)


def test_verify_any_looks_at_every_secret_even_after_a_match() -> None:
    asked: list[str] = []

    def note(secret: str) -> str:
        asked.append(secret)
        return secret

    assert signatures.verify_any(["a", "b", "c"], "a", note)
    assert asked == ["a", "b", "c"]


@pytest.mark.parametrize(("timestamp", "inside"), [("700", True), ("1300", True), ("699", False), ("1301", False)])
def test_a_window_has_two_sides(timestamp: str, inside: bool) -> None:
    assert signatures.timely(timestamp, 1000.0, 300.0) is inside


def test_a_timestamp_may_count_milliseconds() -> None:
    assert signatures.timely("1000999", 1000.0, 1.0, per_second=1000)
    assert not signatures.timely("1001001", 1000.0, 1.0, per_second=1000)


@pytest.mark.parametrize(
    "timestamp", ["", " 1000", "1000 ", "1000\n", "+1000", "1e3", "1000.0", "１０００", "nan", "-1", "9" * 400]
)
def test_a_timestamp_is_decimal_digits_and_nothing_else(timestamp: str) -> None:
    assert not signatures.timely(timestamp, 1000.0, 300.0)


@given(st.text())
def test_no_timestamp_raises(timestamp: str) -> None:
    signatures.timely(timestamp, 1000.0, 300.0)
