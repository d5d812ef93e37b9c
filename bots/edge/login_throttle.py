"""Bounds the log-ins that one address tries, whatever names it tries, in each process."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url

from bots.edge import peer
from clawdbot.token_bucket import Rate, TokenBuckets

# 30 at once, then 20 a minute: enough for an office behind one address.
RATE = Rate(30, 1 / 3)
_attempts: TokenBuckets[str] = TokenBuckets(size=20_000)


class LoginThrottleMiddleware:
    """Answers 429 to an address that posts the log-in form too often; nothing of the form is read then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.path == resolve_url(settings.LOGIN_URL):
            wait_s = _attempts.take({peer.of_request(request) or "": RATE})
            if wait_s:
                response = render(request, "admin/too_many_logins.html", status=429)
                response["Retry-After"] = str(int(wait_s) + 1)
                return response
        return self.get_response(request)


def clear_cache() -> None:
    """Fills every bucket."""
    _attempts.clear_cache()
