"""Request id: identifies one request in logs and queue rows, from the webhook to the delivery of the answer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-ID"
# Queue rows store 40 characters. Other characters could forge log lines.
_VALID = re.compile(r"[A-Za-z0-9._\-]{8,40}")
_current: ContextVar[str] = ContextVar("clawdbot_request_id", default="")


def new() -> str:
    """Returns a new id of 32 hexadecimal characters."""
    return uuid.uuid4().hex


def accept(value: str | None) -> str:
    """Returns the caller's id if it is well formed (8 to 40 of `A-Za-z0-9._-`), else a new one."""
    return value if value and _VALID.fullmatch(value) else new()


def current() -> str:
    """Returns the id of the current request or task; empty outside of one."""
    return _current.get()


@contextmanager
def bound(value: str) -> Iterator[str]:
    """Makes `value` the current id inside the block, in this thread or task only."""
    token = _current.set(value)
    try:
        yield value
    finally:
        _current.reset(token)
