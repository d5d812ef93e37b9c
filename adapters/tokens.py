"""Access tokens that expire: fetched once, shared by all threads of the process, renewed early."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.errors import SendError
from clawdbot.http import HttpResponse
from clawdbot.reasons import Reason

EARLY_S = 300.0  # renewed this long before the end, so that no request leaves with a token about to die
MIN_LIFE_S = 5.0
MAX_KNOWN = 4096

Fetch = Callable[[], tuple[str, float]]
"""Asks the platform; returns (token, seconds it lives). Raises SendError."""


@dataclass(slots=True)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str = ""
    good_until: float = 0.0


_entries: dict[str, _Entry] = {}
_entries_lock = threading.Lock()


def granted(token: str, life_s: float) -> tuple[str, float]:
    """What a `Fetch` returns for this answer of the platform.

    Raises:
        SendError: The answer holds no token: a proxy, or a broken server.
    """
    if not token:
        raise SendError(Reason("no_access_token"), mark="bad_response")
    return token, life_s


def key_of(*parts: str) -> str:
    """A key for one set of credentials; a changed secret gives another key, and no secret lies in the key."""
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def get(key: str, now: float, fetch: Fetch) -> str:
    """The token of `key`, fetched when there is none or it ends soon. One thread fetches, the others wait for it.

    Args:
        key: From `key_of`.
        now: Epoch seconds.
        fetch: Called without a token at hand.

    Raises:
        SendError: From `fetch`; nothing is remembered then.
    """
    entry = _entry(key)
    with entry.lock:
        if not entry.token or now >= entry.good_until:
            token, life_s = fetch()
            # A short-lived token is still used for half of its life.
            entry.good_until = now + max(life_s - EARLY_S, life_s / 2, MIN_LIFE_S)
            entry.token = token
        return entry.token


def call(
    key: str, now: float, fetch: Fetch, attempt: Callable[[str], HttpResponse], refused: Callable[[HttpResponse], bool]
) -> HttpResponse:
    """One API call with the token of `key`; once more with a fresh one when the platform refuses it.

    Args:
        key: From `key_of`.
        now: Epoch seconds.
        fetch: See `get`.
        attempt: Makes the call with a token.
        refused: Whether the platform wants a fresh token; no other failure is tried again.

    Raises:
        SendError: From `fetch` or `attempt`.
    """
    token = get(key, now, fetch)
    response = attempt(token)
    if not refused(response):
        return response
    drop(key, token)
    return attempt(get(key, now, fetch))


def drop(key: str, token: str) -> None:
    """Forgets a token the platform refused, unless another thread has renewed it already."""
    entry = _entry(key)
    with entry.lock:
        if entry.token == token:
            entry.token = ""


def clear_cache() -> None:
    """Forgets every token."""
    with _entries_lock:
        _entries.clear()


def _entry(key: str) -> _Entry:
    with _entries_lock:
        if key not in _entries and len(_entries) >= MAX_KNOWN:
            _entries.pop(next(iter(_entries)))  # the oldest; it is fetched again when it is needed
        return _entries.setdefault(key, _Entry())
