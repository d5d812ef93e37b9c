"""Serves `/metrics` in Prometheus' text format: counters of all processes and current figures from the database."""

from __future__ import annotations

import hmac
import ipaddress
import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from bots import metrics
from bots.edge import problems
from bots.monitoring import backups, queue_stats
from bots.monitoring.leases import held_by_kind

logger = logging.getLogger(__name__)
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


@require_safe
@never_cache
def prometheus(request: HttpRequest) -> HttpResponse:
    """Answers scrapers on this machine, and others that send `api.metrics_token` as `Authorization: Bearer`."""
    if not _allowed(request):
        return problems.plain(403, "Scrape from this machine, or with the token of api.metrics_token.")
    registry: CollectorRegistry = REGISTRY
    if metrics.directory() is not None:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(metrics.directory()))  # type: ignore[no-untyped-call]
    body = generate_latest(registry) + generate_latest(_from_database())
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


class _Database(Collector):
    def collect(self) -> Iterable[Metric]:
        found = queue_stats.collect()
        for name, queue in (("inbox", found.inbox), ("outbox", found.outbox)):
            depth = GaugeMetricFamily(f"clawdbot_{name}_depth", "Open rows by state.", labels=("state",))
            for state, count in queue.depth.items():
                depth.add_metric((state,), count)
            yield depth
            yield GaugeMetricFamily(
                f"clawdbot_{name}_oldest_age_seconds", "Age of the oldest open row.", queue.oldest_s
            )
            yield GaugeMetricFamily(f"clawdbot_{name}_dead_letters", "Rows that were given up.", queue.dead)
        yield GaugeMetricFamily(
            "clawdbot_inbox_waiting_for_model",
            "Messages that wait for a model, because none answers.",
            found.waiting_for_model,
        )
        yield GaugeMetricFamily(
            "clawdbot_embedding_backlog", "Memories that wait for their vector.", found.embedding_backlog
        )
        workers = GaugeMetricFamily("clawdbot_workers", "Processes with a fresh heartbeat.", labels=("role",))
        for role, count in found.workers.items():
            workers.add_metric((role,), count)
        yield workers
        leases = GaugeMetricFamily("clawdbot_leases_held", "Duties that a process does now.", labels=("duty",))
        for duty, count in held_by_kind().items():
            leases.add_metric((duty,), count)
        yield leases
        if (age := backups.look().age) is not None:
            name, text = "clawdbot_backup_age_seconds", "Age of the latest good backup."
            yield GaugeMetricFamily(name, text, age.total_seconds())
        yield GaugeMetricFamily("clawdbot_held_after_restore", "Rows that a restore holds.", backups.held())


def _from_database() -> CollectorRegistry:
    registry = CollectorRegistry()
    up = GaugeMetricFamily("clawdbot_database_up", "Whether the database answered this scrape.", 1)
    try:
        rows = [*_Database().collect(), up]
    except DatabaseError:
        logger.warning("metrics: the database does not answer")
        rows = [GaugeMetricFamily("clawdbot_database_up", "Whether the database answered this scrape.", 0)]
    registry.register(_Found(rows))
    return registry


class _Found(Collector):
    def __init__(self, rows: list[Metric]) -> None:
        self._rows = rows

    def collect(self) -> Iterable[Metric]:
        return self._rows
