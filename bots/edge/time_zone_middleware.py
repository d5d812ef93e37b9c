"""Shows times in the admin in the time zone of the browser."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "clawdbot_tz"


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


class AdminTimeZoneMiddleware:
    """Activates the time zone of the cookie that the admin's script sets, for requests under /admin/."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = unquote(request.COOKIES.get(COOKIE, ""))
        # only known names: the client sends the value, and ZoneInfo would use it as a file path
        if not request.path.startswith("/admin/") or name not in _known():
            return self.get_response(request)
        with timezone.override(ZoneInfo(name)):
            return self.get_response(request)
