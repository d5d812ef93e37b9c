"""`/healthz`: the process answers. `/readyz`: it can do its work, or which part cannot."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bots.monitoring import readiness


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Always 200; asks nobody else, so a database that is away does not get the process killed."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part is ready, else 503; the body names the parts."""
    parts = readiness.check()
    ready = all(part.ready for part in parts.values())
    body = {"status": "ready" if ready else "not ready", "parts": {name: asdict(part) for name, part in parts.items()}}
    response = JsonResponse(body, status=200 if ready else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # "not ready" is an answer, not an error to log
    return response
