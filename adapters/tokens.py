"""Caches access tokens that expire. All threads of the process share a token; it is renewed early."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.errors import SendError
from clawdbot.http import HttpResponse
from clawdbot.reasons import Reason

EARLY_S = 300.0  # renewed this long before expiry, so that no request is sent with a token that is about to expire
MIN_LIFE_S = 5.0
MAX_KNOWN = 4096

Fetch = Callable[[], tuple[str, float]]
"""Fetches a token from the platform; returns (token, lifetime in seconds). Raises SendError."""


@dataclass(slots=True)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str = ""
    good_until: float = 0.0


_entries: dict[str, _Entry] = {}
_entries_lock = threading.Lock()


def granted(token: str, life_s: float) -> tuple[str, float]:
    """Returns the result of a `Fetch` from the platform's response.

    Raises:
        SendError: The response holds no token: a proxy, or a broken server.
    """
    if not token:
        raise SendError(Reason("no_access_token"), mark="bad_response")
    return token, life_s


def key_of(*parts: str) -> str:
    """Returns the cache key of one set of credentials. A changed secret changes the key, which contains no secret."""
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def get(key: str, now: float, fetch: Fetch) -> str:
    """Returns the token of `key`. One thread fetches a missing or expiring token, the others wait for it.

    Args:
        key: From `key_of`.
        now: Epoch seconds.
        fetch: Fetches a token from the platform.

    Raises:
        SendError: `fetch` failed; the cache stays unchanged.
    """
    entry = _entry(key)
    with entry.lock:
        if not entry.token or now >= entry.good_until:
            token, life_s = fetch()
            # A short-lived token is used for half of its lifetime.
            entry.good_until = now + max(life_s - EARLY_S, life_s / 2, MIN_LIFE_S)
            entry.token = token
        return entry.token


def call(
    key: str, now: float, fetch: Fetch, attempt: Callable[[str], HttpResponse], refused: Callable[[HttpResponse], bool]
) -> HttpResponse:
    """Makes an API call with the token of `key`. Retries once with a fresh token when the platform refuses it.

    Args:
        key: From `key_of`.
        now: Epoch seconds.
        fetch: Fetches a token from the platform.
        attempt: Makes the call with a token.
        refused: Returns whether the platform refuses the token; no other failure is retried.

    Raises:
        SendError: `fetch` or `attempt` failed.
    """
    token = get(key, now, fetch)
    response = attempt(token)
    if not refused(response):
        return response
    drop(key, token)
    return attempt(get(key, now, fetch))


def drop(key: str, token: str) -> None:
    """Drops a token that the platform refused, unless another thread has already renewed it."""
    entry = _entry(key)
    with entry.lock:
        if entry.token == token:
            entry.token = ""


def clear_cache() -> None:
    """Drops every token."""
    with _entries_lock:
        _entries.clear()


def _entry(key: str) -> _Entry:
    with _entries_lock:
        if key not in _entries and len(_entries) >= MAX_KNOWN:
            _entries.pop(next(iter(_entries)))  # the oldest one, which is fetched again on demand
        return _entries.setdefault(key, _Entry())
