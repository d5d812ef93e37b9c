"""Reads at scrape time what is a state and no sum: queues, workers, processes and all of `readings`."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.db import DatabaseError
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bots.monitoring import machine, queue_stats, readings

logger = logging.getLogger(__name__)


def collect() -> list[Metric]:
    """Returns the states. While the database does not answer, only what needs none, and `clawdbot_database_up` 0."""
    found = [_cpu()]
    answers = True
    try:
        found += _queues()
    except DatabaseError:
        logger.warning("metrics: the database does not answer")
        answers = False
    for reading in readings.READINGS:
        if reading.database and not answers:  # each of them would wait for the database by itself
            continue
        gauge = GaugeMetricFamily(reading.name, reading.text, labels=reading.labels)
        try:
            for labels, value in readings.all_samples(reading):
                gauge.add_metric(labels, value)
        except DatabaseError:
            answers = False
            continue
        if gauge.samples:
            found.append(gauge)
    return [*found, GaugeMetricFamily("clawdbot_database_up", "Whether the database answered this scrape.", answers)]


def _cpu() -> Metric:
    metric = CounterMetricFamily("clawdbot_process_cpu_seconds", "Processor time of a process.", labels=("role", "pid"))
    for one in machine.processes():
        metric.add_metric((one.role, str(one.pid)), one.cpu_s)
    return metric


def _queues() -> Iterator[Metric]:
    found = queue_stats.collect()
    for name, queue in (("inbox", found.inbox), ("outbox", found.outbox)):
        depth = GaugeMetricFamily(f"clawdbot_{name}_depth", "Open rows by state.", labels=("state",))
        for state, count in queue.depth.items():
            depth.add_metric((state,), count)
        yield depth
        yield GaugeMetricFamily(f"clawdbot_{name}_oldest_age_seconds", "Age of the oldest open row.", queue.oldest_s)
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
    for role, count in ({"web": 0, "worker": 0} | found.workers).items():
        workers.add_metric((role,), count)
    yield workers
