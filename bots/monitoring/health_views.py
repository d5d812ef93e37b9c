"""Serves `/healthz` (the process answers) and `/readyz` (which parts of the product are ready)."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bots.monitoring import readiness
from clawdbot import __version__


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Returns 200 without any query, so an unreachable database does not make the supervisor kill the process."""
    return JsonResponse({"status": "alive", "version": __version__})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Returns 503 when this instance can take no message, else 200. The body says what is down."""
    parts = readiness.check()
    status = readiness.status(parts)
    shown = {name: {"ready": part.ready, "note": part.note} for name, part in parts.items()}
    response = JsonResponse({"status": status, "parts": shown}, status=503 if status == "not ready" else 200)
    response._has_been_logged = True  # type: ignore[attr-defined]  # "not ready" is an answer, not an error to log
    return response
