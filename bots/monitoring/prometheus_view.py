"""Serves `/metrics` in Prometheus' text format: counters of all processes and current figures from the database."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from bots import metrics
from bots.edge import problems
from bots.monitoring import gauges

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


@require_safe
@never_cache
def prometheus(request: HttpRequest) -> HttpResponse:
    """Answers scrapers on this machine, and others that send `api.metrics_token` as `Authorization: Bearer`."""
    if not _allowed(request):
        return problems.plain(403, "Scrape from this machine, or with the token of api.metrics_token.")
    body = _written([*metrics.collect(), *gauges.collect()])
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _allowed(request: HttpRequest) -> bool:
    token = settings.CLAWDBOT.api.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # Behind a reverse proxy on this machine, every request has a loopback address.
    if any(name in request.META for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class _Found(Collector):
    def __init__(self, rows: Iterable[Metric]) -> None:
        self._rows = rows

    def collect(self) -> Iterable[Metric]:
        return self._rows


def _written(rows: Iterable[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Found(rows))
    return generate_latest(registry)
