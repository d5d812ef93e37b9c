from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawdbot.redaction import MASK, RedactionFilter, redact, redact_value, register_secret

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture(autouse=True)
def _fresh_register(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clawdbot.redaction._registered", ())


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(message)s %(extra)s", defaults={"extra": ""}))
    handler.addFilter(RedactionFilter())
    logger = logging.getLogger("tests.redaction")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, out
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"POST https://api.telegram.org/bot{TOKEN}/sendMessage", TOKEN),
        ("url: /bot123:abc/getMe failed", "123:abc"),
        (f"the token is {TOKEN}.", TOKEN),
        ("Authorization: Bearer abc.def-ghi_jkl", "abc.def-ghi_jkl"),
        ("Authorization: Bot NzkyNzE1NDU0MTk2MDg4ODQy", "NzkyNzE1NDU0MTk2MDg4ODQy"),
        ("key sk-proj-abcdefghijklmnop", "sk-proj-abcdefghijklmnop"),
        ("slack xoxb-1234-abcdef", "xoxb-1234-abcdef"),
        ("GET /x?access_token=qwerty&y=1", "qwerty"),
        ('{"api_key": "hunter2", "a": 1}', "hunter2"),
        ("secret='hunter2'", "hunter2"),
        ("app_secret: hunter2", "hunter2"),
        ("postgres://user:hunter2@host/db", "hunter2"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert MASK in redact(text)


@pytest.mark.parametrize(
    "text",
    ["an ordinary line about tokens and keys", "12:30:45 done", "https://example.com/path?page=2", "你好,密钥在哪里?"],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_a_registered_secret_is_hidden_in_every_form() -> None:
    secret = "p/ss w+rd=值"
    register_secret(secret)
    encoded = base64.b64encode(secret.encode()).decode()
    for form in (secret, encoded, secret.encode().hex(), "p%2Fss%20w%2Brd%3D%E5%80%BC"):
        assert redact(f"before {form} after") == f"before {MASK} after"


def test_a_short_value_is_not_registered_because_it_would_blank_the_log() -> None:
    register_secret("a")
    register_secret("")
    assert redact("a banana") == "a banana"


def test_a_secret_inside_a_longer_one_leaves_no_tail() -> None:
    register_secret("abcdefgh")
    register_secret("abcdefgh-ijkl")
    assert redact("x abcdefgh-ijkl y") == f"x {MASK} y"


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_nested_values_are_redacted_and_telling_keys_masked_whole() -> None:
    value = {"user": "ann", "api_key": "x", "list": [f"/bot{TOKEN}/x"], "token_count": 5, "secret": ""}
    assert redact_value(value) == {
        "user": "ann",
        "api_key": MASK,
        "list": [f"/bot{MASK}/x"],
        "token_count": 5,
        "secret": "",
    }


def test_message_arguments_and_extra_fields_are_redacted(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = log
    logger.info("sent to /bot%s/x by %s", TOKEN, "ann", extra={"extra": f"Bearer {TOKEN}"})
    assert TOKEN not in out.getvalue()
    assert "by ann" in out.getvalue()


def test_tracebacks_are_redacted(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = log
    try:
        raise ValueError(f"url /bot{TOKEN}/x")
    except ValueError:
        logger.exception("it failed")
    assert "Traceback" in out.getvalue()
    assert TOKEN not in out.getvalue()


def test_a_wrong_format_string_loses_neither_record_nor_secret(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = log
    logger.info("%d items", f"/bot{TOKEN}/x")
    assert "items" in out.getvalue()
    assert TOKEN not in out.getvalue()


def test_a_structured_record_keeps_its_shape() -> None:
    record = logging.makeLogRecord({"msg": {"event": f"/bot{TOKEN}/x", "password": "x"}})
    assert RedactionFilter().filter(record)
    assert record.msg == {"event": f"/bot{MASK}/x", "password": MASK}  # type: ignore[comparison-overlap]
