"""The id that follows one request from the webhook to the delivery of the answer, in logs and in queue rows."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-ID"
# Queue rows keep 40 characters. Anything else than these characters could forge log lines.
_VALID = re.compile(r"[A-Za-z0-9._\-]{8,40}")
_current: ContextVar[str] = ContextVar("clawdbot_request_id", default="")


def new() -> str:
    """A fresh id: 32 hexadecimal characters."""
    return uuid.uuid4().hex


def accept(value: str | None) -> str:
    """The caller's id when it is well formed (8 to 40 of `A-Za-z0-9._-`), otherwise a fresh one."""
    return value if value and _VALID.fullmatch(value) else new()


def current() -> str:
    """The id of the request or task in work; empty outside of one."""
    return _current.get()


@contextmanager
def bound(value: str) -> Iterator[str]:
    """Makes `value` the current id inside the block, for this thread or task only."""
    token = _current.set(value)
    try:
        yield value
    finally:
        _current.reset(token)
