"""Gives every HTTP request an id for the logs and returns it to the caller."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from clawdbot import request_id


class RequestIdMiddleware:
    """Accepts a well-formed X-Request-ID or creates an id; sets `request.request_id` and the response header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_id.bound(request_id.accept(request.headers.get(request_id.HEADER))) as value:
            request.request_id = value  # type: ignore[attr-defined]
            response = self.get_response(request)
            response[request_id.HEADER] = value
            return response
