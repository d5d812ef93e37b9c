"""Serves `/healthz` (the process answers) and `/readyz` (which parts of the product are ready)."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bots.monitoring import readiness


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Returns 200 without any query, so an unreachable database does not make the supervisor kill the process."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Returns 200 when every part is ready, else 503. The body lists the parts."""
    parts = readiness.check()
    ready = all(part.ready for part in parts.values())
    body = {"status": "ready" if ready else "not ready", "parts": {name: asdict(part) for name, part in parts.items()}}
    response = JsonResponse(body, status=200 if ready else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # "not ready" is an answer, not an error to log
    return response
