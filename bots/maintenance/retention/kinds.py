"""The kinds of rows that the retention deletes: by which age, under which condition, and what it means for people.

A row that waits, that was given up (dead letter) or that a restore holds never goes. Messages, conversations and
memories are no kinds: a conversation stays until its person is erased, and memories have a retention of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bots.models import (
    AuditEntry,
    BackupRun,
    InboundEvent,
    OutboundMessage,
    ReceivedFile,
    ReplayRun,
    SentFile,
    StateTransition,
    TurnUsage,
)
from memory.models import ConsolidationRun
from skills.models import SkillRun, ToolCall

FOR_EVER = 0
MOST_DAYS = 36_500
BATCH = 500

Condition = Callable[[datetime], Q]


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a kind.

    Attributes:
        model: Its model. Ids grow with age: rows are read in their order, so no index is needed.
        age: The field with the moment that the age counts from.
        finished: Given the moment that older rows go by, which of them may go.
        batch: Number of rows that one transaction deletes.
        whole: Rows are loaded whole, because their deletion sends signals (bytes of files).
    """

    model: type[Model]
    age: str
    finished: Condition = lambda _before: Q(pk__isnull=False)
    batch: int = BATCH
    whole: bool = False

    @property
    def rows(self) -> QuerySet[Any]:
        """All rows, past managers that forbid deletions (audit log)."""
        return QuerySet(self.model).order_by("pk")

    @property
    def label(self) -> str:
        return self.model._meta.label_lower


@dataclass(frozen=True, slots=True)
class Kind:
    """What is kept for the same number of days.

    Attributes:
        key: Its name in commands, in the API and in the table of rules.
        default: Days without a rule; 0: for ever.
        least: Fewest days that may be set, besides 0.
        why_least: Why not fewer.
        loses: What people and operators can no longer do when a row is gone.
    """

    key: str
    title: str | Promise
    parts: tuple[Part, ...]
    default: int
    least: int
    loses: str | Promise
    why_least: str | Promise = ""


def _event_is_over(before: datetime) -> Q:
    """Selects events that nothing needs: files find their message, and waiting tools their turn, by the event."""
    state = InboundEvent.State
    over = Q(state__in=(state.DONE, state.IGNORED)) & (Q(finished_at=None) | Q(finished_at__lt=before))
    waits = ToolCall.objects.order_by().filter(inbound=OuterRef("pk"), expires_at__isnull=False)
    return over & ~Exists(ReceivedFile.objects.order_by().filter(inbound=OuterRef("pk")).values("pk")) & ~Exists(waits)


def _is_sent(before: datetime) -> Q:
    state = OutboundMessage.State
    over = Q(state__in=(state.SENT, state.UNCONFIRMED, state.DISCARDED), queued_at__lt=before)
    return over & (Q(sent_at=None) | Q(sent_at__lt=before))


def _call_is_over(_before: datetime) -> Q:
    state = ToolCall.State
    return Q(
        expires_at=None,
        state__in=(state.DONE, state.FAILED, state.REFUSED, state.EXPIRED, state.CANCELLED, state.UNKNOWN),
    )


def _is_not_with_a_human(_before: datetime) -> Q:
    # While a human answers, the page of the conversation shows since when.
    return ~Q(conversation__state="human")


def _is_not_the_latest_backup(before: datetime) -> Q:
    latest = BackupRun.objects.filter(state=BackupRun.State.DONE).order_by("-made_at").values("pk")[:1]
    return ~Q(state=BackupRun.State.RUNNING) & ~Q(pk__in=list(latest.values_list("pk", flat=True)))


def _run_is_over(_before: datetime) -> Q:
    return ~Q(state=ConsolidationRun.State.RUNNING)


def _replay_is_over(_before: datetime) -> Q:
    return ~Q(state__in=ReplayRun.OPEN)


# In the order of the admin page; files come before the events that they hold.
KINDS = (
    Kind(
        "files",
        _("Files of conversations"),
        (Part(ReceivedFile, "created_at", whole=True), Part(SentFile, "created_at", whole=True)),
        default=FOR_EVER,
        least=1,
        loses=_("The message stays; its picture, recording or document can no longer be opened."),
    ),
    Kind(
        "inbox",
        _("Inbox"),
        (Part(InboundEvent, "received_at", _event_is_over),),
        default=90,
        least=8,
        why_least=_("platforms send an event again for up to seven days, and would be answered twice"),
        loses=_(
            "Messages stay. What they quoted, and replays of their turns, are gone. Events with a file wait for it."
        ),
    ),
    Kind(
        "outbox",
        _("Outbox"),
        (Part(OutboundMessage, "created_at", _is_sent),),
        default=90,
        least=8,
        why_least=_("reports of delivery come late"),
        loses=_("Messages stay. Whether they arrived is gone, and a reply to such an old answer is not recognized."),
    ),
    Kind(
        "usage",
        _("Usage of turns"),
        (Part(TurnUsage, "created_at", lambda before: Q(summed=True)),),
        default=180,
        least=32,
        why_least=_("limits of a month count them"),
        loses=_("The sums by day, which the page about money shows, are kept."),
    ),
    Kind(
        "runs",
        _("Runs of skills"),
        (Part(SkillRun, "at"),),
        default=30,
        least=1,
        loses=_("Whether and how fast a skill answered."),
    ),
    Kind(
        "tools",
        _("Tool calls"),
        (Part(ToolCall, "at", _call_is_over),),
        default=180,
        least=8,
        why_least=_("a message that comes again must find its calls, so that none is made twice"),
        loses=_("What was called with which arguments, and who allowed it."),
    ),
    Kind(
        "transitions",
        _("State transitions"),
        (Part(StateTransition, "at", _is_not_with_a_human),),
        default=365,
        least=8,
        loses=_("When a conversation changed hands. While a human answers it, they stay."),
    ),
    Kind(
        "replays",
        _("Replays"),
        (Part(ReplayRun, "created_at", _replay_is_over, batch=2),),
        default=365,
        least=1,
        loses=_("The repeated turns and how they were marked. Sets of questions stay."),
    ),
    Kind(
        "consolidation",
        _("Consolidation runs"),
        (Part(ConsolidationRun, "started_at", _run_is_over),),
        default=180,
        least=2,
        why_least=_("their tokens of a day are limited"),
        loses=_("The reports of the nights. Memories stay."),
    ),
    Kind(
        "backups",
        _("Runs of backups"),
        (Part(BackupRun, "started_at", _is_not_the_latest_backup),),
        default=365,
        least=30,
        loses=_("The list of what was made. The archives themselves, and the latest good run, stay."),
    ),
    Kind(
        "history",
        _("History of admin pages"),
        (Part(LogEntry, "action_time"),),
        default=365,
        least=30,
        loses=_("Who changed a row in the admin, as its page shows it. The audit log stays."),
    ),
    Kind(
        "audit",
        _("Audit log"),
        (Part(AuditEntry, "at"),),
        default=730,
        least=180,
        why_least=_("some laws ask for logs of six months"),
        loses=_("Who did what with people's data and with the set-up, proofs of erasure, log-ins."),
    ),
)


def by_key(key: str) -> Kind | None:
    return next((kind for kind in KINDS if kind.key == key), None)
