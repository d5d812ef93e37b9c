"""What an operator is told of: conditions over the figures, each with a limit and the time that it must hold.

`deploy/prometheus/rules.yaml` says the same to Prometheus; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bots.models import InboundEvent, ModelProvider, OutboundMessage
from bots.models.sql import clock
from bots.monitoring import certificates, provider_health, queue_stats, readings
from bots.pipeline.outbox import lost_chats

STATE = "state"  # a unit: it holds or not, so neither value nor limit is shown
# A share or a percentile of fewer says nothing.
LEAST = 20
# Latest rows of each queue among which the last hour is looked for.
_LATEST = 5000
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition.

    Attributes:
        code: Its name in rows, permissions of nothing.
        alert: The name of the rule in `deploy/prometheus/rules.yaml`.
        text: What is wrong, for people.
        mend: What to do.
        unit: "s", "%", "days", STATE or "": how limit and value are shown. The value is in the unit of the metric.
        threshold: The limit, unless the operator sets another.
        for_s: Seconds that it must hold without a break.
        severity: critical or warning.
        read: Yields the subject ("" when there is only one) and the value.
        below: Values below the limit are wrong, not those above it.
        enabled: Whether it is watched, unless the operator says otherwise.
    """

    code: str
    alert: str
    text: str | Promise
    mend: str | Promise
    unit: str
    threshold: float
    for_s: int
    severity: str
    read: Callable[[], Iterable[tuple[str, float]]]
    below: bool = False
    enabled: bool = True

    def holds(self, value: float, threshold: float) -> bool:
        """Returns whether the value is wrong."""
        return value < threshold if self.below else value > threshold


def _of_reading(name: str) -> Iterator[tuple[str, float]]:
    for labels, value in readings.named(name).read():
        yield " ".join(labels), value


def _oldest() -> Iterator[tuple[str, float]]:
    found = queue_stats.collect()
    yield "", max(found.inbox.oldest_s, found.outbox.oldest_s)


def _dead() -> Iterator[tuple[str, float]]:
    found = queue_stats.collect()
    yield "", found.inbox.dead + found.outbox.dead


def _workers() -> Iterator[tuple[str, float]]:
    yield "", sum(queue_stats.collect().workers.values())


def _slow_models() -> Iterator[tuple[str, float]]:
    """Yields the 99th percentile of the answers of each provider, of this hour and the one before."""
    names = dict(ModelProvider.objects.filter(enabled=True).values_list("pk", "name"))
    for pk, found in provider_health.of_all(names, clock.now() - _HOUR).items():
        if found.p99 is not None and found.calls >= LEAST:
            yield names[pk], found.p99 / 1000


def _success() -> Iterator[tuple[str, float]]:
    """Yields the share of messages of the last hour that were answered and sent."""
    since = clock.now() - _HOUR
    good = bad = 0
    inbound = InboundEvent.objects.order_by("-id").values_list("state", "received_at")[:_LATEST]
    outbound = OutboundMessage.objects.order_by("-id").values_list("state", "queued_at", "mark")[:_LATEST]
    for state, at, *mark in (*inbound, *outbound):
        if at >= since:
            good += state in ("done", "sent", "unconfirmed")
            bad += state == "dead" and not lost_chats.MARKS.intersection(mark)
    if good + bad >= LEAST:
        yield "", good / (good + bad)


def _certificate() -> Iterator[tuple[str, float]]:
    certificates.refresh()
    yield from _of_reading("clawdbot_certificate_expires_seconds")


CONDITIONS: tuple[Condition, ...] = (
    Condition(
        "model_slow",
        "ClawdbotModelSlow",
        _("A model answers slowly"),
        _("Compare the providers; choose a smaller or nearer model, or raise the limit to what this model needs."),
        "s",
        0.5,
        600,
        "warning",
        _slow_models,
        enabled=False,
    ),
    Condition(
        "memory",
        "ClawdbotMemoryHigh",
        _("Memory is nearly used up"),
        _("See which process grows; start fewer workers or threads, or give the machine more memory."),
        "%",
        0.85,
        300,
        "warning",
        partial(_of_reading, "clawdbot_memory_used_ratio"),
    ),
    Condition(
        "success",
        "ClawdbotSuccessLow",
        _("Too many messages fail"),
        _("The dead letters in inbox and outbox say why."),
        "%",
        0.999,
        300,
        "critical",
        _success,
        below=True,
    ),
    Condition(
        "oldest_waiting",
        "ClawdbotOldestWaiting",
        _("A message waits for long"),
        _("Are workers running, do the models answer, does the platform take messages? The dashboard shows each."),
        "s",
        300,
        120,
        "critical",
        _oldest,
    ),
    Condition(
        "dead_letters",
        "ClawdbotDeadLetters",
        _("Messages were given up"),
        _("Look at the dead letters in inbox and outbox; retry or discard them."),
        "",
        0,
        60,
        "warning",
        _dead,
    ),
    Condition(
        "no_worker",
        "ClawdbotNoWorker",
        _("No process takes messages"),
        _("Start the workers, and look into the log for why they ended."),
        "",
        1,
        60,
        "critical",
        _workers,
        below=True,
    ),
    Condition(
        "provider_out",
        "ClawdbotProviderOut",
        _("A model does not answer"),
        _("The page of the provider says why; test it there. Other providers answer meanwhile."),
        STATE,
        0,
        120,
        "critical",
        partial(_of_reading, "clawdbot_provider_failing"),
    ),
    Condition(
        "channel_silent",
        "ClawdbotChannelSilent",
        _("A channel is silent that was busy at this time yesterday"),
        _("Press Verify on the page of the channel; the platform may have switched its webhook off."),
        "",
        20,
        600,
        "warning",
        partial(_of_reading, "clawdbot_channel_missed_events"),
    ),
    Condition(
        "channel_failing",
        "ClawdbotChannelFailing",
        _("A channel does not work"),
        _("The page of the channel says why and what to do."),
        STATE,
        0,
        300,
        "critical",
        partial(_of_reading, "clawdbot_channel_failing"),
    ),
    Condition(
        "index_broken",
        "ClawdbotIndexBroken",
        _("Recall by meaning does not work"),
        _("Bots recall by words meanwhile. The page Embedder says why."),
        STATE,
        0,
        300,
        "warning",
        partial(_of_reading, "clawdbot_index_broken"),
    ),
    Condition(
        "backup_old",
        "ClawdbotBackupOld",
        _("The latest good backup is too old"),
        _("See why the last one failed, and make one now."),
        "s",
        93600,
        600,
        "critical",
        partial(_of_reading, "clawdbot_backup_age_seconds"),
    ),
    Condition(
        "retention_old",
        "ClawdbotRetentionOld",
        _("Old rows have not been deleted for too long"),
        _("Do beat and a worker run? Queues → Retention shows the last run; delete there by hand."),
        "s",
        43200,  # two intervals of the schedule
        600,
        "warning",
        partial(_of_reading, "clawdbot_retention_age_seconds"),
    ),
    Condition(
        "retention_failed",
        "ClawdbotRetentionFailed",
        _("Old rows could not be deleted"),
        _("Queues → Retention says why. The next run tries again."),
        STATE,
        0,
        60,
        "warning",
        partial(_of_reading, "clawdbot_retention_failing"),
    ),
    Condition(
        "disk",
        "ClawdbotDiskFull",
        _("The disk is nearly full"),
        _("Remove what is not needed, or give the machine more space."),
        "%",
        0.1,
        300,
        "critical",
        partial(_of_reading, "clawdbot_disk_free_ratio"),
        below=True,
    ),
    Condition(
        "certificate",
        "ClawdbotCertificateExpires",
        _("The certificate of the public address expires soon"),
        _("Renew it. Platforms send nothing to an address whose certificate has expired."),
        "days",
        1209600,
        600,
        "warning",
        _certificate,
        below=True,
    ),
)


def known(code: str) -> Condition | None:
    """Returns the condition with this code; None when this version has none."""
    return next((one for one in CONDITIONS if one.code == code), None)
