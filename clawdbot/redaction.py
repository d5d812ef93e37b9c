"""Redacts secrets in logs and error messages: known formats by pattern, known values by registration."""

from __future__ import annotations

import base64
import logging
import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

MASK = "[redacted]"
_SHORTEST_SECRET = 6  # a shorter value would redact ordinary words

_KEY_WORDS = (
    r"(?:access[_-]?|refresh[_-]?|auth[_-]?|verify[_-]?|secret[_-]?|bot[_-]?)?token|api[_-]?key|secret|password|passwd"
    r"|signature|sign|app[_-]?secret|client[_-]?secret|credentials?|authorization|cookie"
)
_SECRET_KEY = re.compile(rf"(?:^|[_-])(?:{_KEY_WORDS})s?$", re.IGNORECASE)
_SHAPES = re.compile(
    "|".join(
        (
            r"(?P<bot>/bot)[^/\s\"'<>]*:[^/\s\"'<>]+",  # Bot API tokens of any length in a URL path
            r"\b\d{6,}:[A-Za-z0-9_-]{30,}",  # the same token on its own
            r"(?P<scheme>://)[^/\s:@]+:[^/\s@]+(?=@)",  # user:password@host
            r"(?P<auth>\b(?:Bearer|Basic|Bot)\s+)[A-Za-z0-9._~+/=:-]{8,}",
            # In the address of a call that failed, which the error repeats.
            r"(?P<query>[?&](?:key|appid|auth|sig|apikey|[a-z_-]{1,20}[_-]key)=)(?!\[redacted\])[^\s&\"'<>)]+",
            r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{12,}",
            r"\bxox[a-z]-[A-Za-z0-9-]{6,}",
            r"\bEAA[A-Za-z0-9]{20,}",
            r"\bclaw_[A-Za-z0-9_-]{20,}",
            rf"(?P<key>\b(?:{_KEY_WORDS})[\"']?\s*[=:]\s*[\"']?)(?!\[redacted\])(?!(?:Bearer|Basic|Bot)\s)[^\s\"'&,;}}\)]+",
        )
    ),
    re.IGNORECASE,
)

_lock = threading.Lock()
_registered: tuple[str, ...] = ()


def register_secret(value: str) -> None:
    """Makes `redact` replace this value from now on, also in percent-encoded, base64 and hex form.

    Args:
        value: A token, key or password. Values under 6 characters are not registered.
    """
    global _registered
    if len(value) < _SHORTEST_SECRET or value in _registered:
        return
    raw = value.encode("utf-8", "surrogatepass")
    forms = {value, quote(raw, safe=""), base64.b64encode(raw).decode("ascii"), raw.hex()}
    with _lock:
        # Longest first: replacing a secret that is part of another one would leave the rest of the longer one.
        _registered = tuple(sorted({*_registered, *forms}, key=len, reverse=True))


def redact(text: str) -> str:
    """Replaces every registered secret in `text`, and everything that looks like a secret."""
    return _SHAPES.sub(_mask, without_registered(text))


def without_registered(text: str) -> str:
    """Replaces every registered secret in `text`, and nothing else: for answers, which may be about passwords."""
    for secret in _registered:
        if secret in text:
            text = text.replace(secret, MASK)
    return text


def _mask(match: re.Match[str]) -> str:
    kept = match.lastgroup
    return (match.group(kept) if kept else "") + MASK


def redact_value(value: Any) -> Any:
    """Redacts strings in mappings, lists and tuples. Masks the whole value of a key such as "password"."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, bytes):
        return redact(value.decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return {
            key: MASK if isinstance(key, str) and _SECRET_KEY.search(key) and item else redact_value(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact_value(item) for item in value]
    if isinstance(value, BaseException):
        return redact(f"{type(value).__name__}: {value}")
    return value


_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_formatter = logging.Formatter()


class RedactionFilter(logging.Filter):
    """Redacts a log record in place: message, arguments, traceback and extra fields.

    Attach it to handlers, so that it sees the records of all loggers. It never drops a record.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, Mapping):  # structlog passes its event dict as the message
            record.msg = redact_value(record.msg)
        else:
            record.msg = redact(_rendered(record))
            record.args = None
        if record.exc_info:
            # Formatted here and removed, because a later handler would format the raw exception again.
            record.exc_text = record.exc_text or _formatter.formatException(_exception_info(record))
            record.exc_info = None
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        for name, value in record.__dict__.items():
            if name not in _STANDARD_ATTRIBUTES:
                record.__dict__[name] = redact_value(value)
        return True


def _rendered(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # A wrong format string must not lose the record or reach the handler, which prints raw arguments.
        return f"{record.msg} {record.args!r}"


def _exception_info(record: logging.LogRecord) -> Any:
    info = record.exc_info
    return info if isinstance(info, tuple) else (None, None, None)
