"""Outgoing requests of a skill: a common deadline, a size limit and no way into a private network."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from clawdbot import http
from clawdbot.http import addresses

_LONGEST_S = 30.0


class GuardedHttp:
    """`context.http`. Requests reach public hosts only, except origins that the operator configured.

    Attributes:
        deadline: `time.monotonic()` when the call must be over.
    """

    def __init__(self, seconds: float, trusted: Iterable[str] = ()) -> None:
        """Starts the deadline.

        Args:
            seconds: Time for all requests together.
            trusted: URLs whose origins may be in a private network.
        """
        self.deadline = time.monotonic() + seconds
        self._trusted = frozenset(filter(None, map(addresses.origin, trusted)))

    def request(self, method: str, url: str, **options: Any) -> http.HttpResponse:
        """Makes a request; see `clawdbot.http.request` for the options, which are all optional here.

        Raises:
            clawdbot.http.HttpError: A subclass of it: too slow, too large, not reachable, a private address.
        """
        left = max(0.0, self.deadline - time.monotonic())
        options.setdefault("timeout", min(left, _LONGEST_S) or 0.001)
        options.setdefault("public_only", addresses.origin(url) not in self._trusted)
        with http.within(left):
            return http.request(method, url, **options)

    def get(self, url: str, **options: Any) -> http.HttpResponse:
        """Makes a GET request that follows redirects."""
        return self.request("GET", url, **{"allow_redirects": True, **options})

    def post(self, url: str, **options: Any) -> http.HttpResponse:
        """Makes a POST request."""
        return self.request("POST", url, **options)
