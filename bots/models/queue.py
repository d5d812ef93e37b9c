"""The durable queues: inbox (InboundEvent), outbox (OutboundMessage), and the workers that claim their rows."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ID_LENGTH, QUEUE_ERROR_LENGTH
from bots.models.state_field import StateField

_CONTENTS = frozenset({"text", "attachments", "args", "data", "forwards", "quote", "album_parts"})  # of a payload


def new_idempotency_key() -> str:
    return str(uuid.uuid4())


class Worker(models.Model):
    """A process that claims rows. Its claims hold while its heartbeat is fresh; after its death they are released."""

    id = models.CharField(primary_key=True, max_length=32)
    host = models.CharField(_("host"), max_length=120)
    pid = models.PositiveIntegerField(_("process id"))
    pid_started = models.CharField(_("process start"), max_length=32, blank=True)
    role = models.CharField(_("role"), max_length=20)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    beat_at = models.DateTimeField(_("last heartbeat"), default=timezone.now)

    class Meta:
        ordering = ("-started_at",)
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return f"{self.role} {self.host}:{self.pid}"


class QueueRowSet(models.QuerySet[Any]):
    """Rows of a queue. Start every query about waiting or claimed rows with `open`: partial indexes hold only these."""

    def open(self) -> QueueRowSet:
        """Selects pending and claimed rows."""
        return self.filter(state__in=self.model.OPEN)


class QueueRow(models.Model):
    """Base of both queues, with the columns that `bots.models.sql` claims rows by.

    Rows with the same `queue_key` are claimed one at a time, in order of their ids. Each queue adds its `state`:
    "pending" before a claim, another value while the row is claimed.
    """

    queue_key = models.CharField(_("queue"), max_length=255)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    owner = models.CharField(_("claimed by"), max_length=32, blank=True)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    request_id = models.CharField(_("request id"), max_length=40, blank=True)
    error = models.CharField(_("error"), max_length=QUEUE_ERROR_LENGTH, blank=True)
    error_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    error_params = models.JSONField(default=dict, blank=True, editable=False)

    OPEN: ClassVar[tuple[str, ...]]  # the states before a row is finished, in the order of the index conditions

    objects = QueueRowSet.as_manager()

    class Meta:
        abstract = True


class InboundEvent(QueueRow):
    """One event of a platform, stored before the platform gets 200. The row is the queue entry."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        PROCESSING = "processing", _("In work")
        DONE = "done", _("Done")
        IGNORED = "ignored", _("Ignored")
        DEAD = "dead", _("Dead letter")
        HELD = "held", _("Held after a restore")

    OPEN = ("pending", "processing")
    # Not stored: the turn began anew within this claim.
    begun_anew = False

    channel = models.ForeignKey(
        "bots.Channel",
        on_delete=models.CASCADE,
        related_name="inbound",
        verbose_name=_("channel"),
        db_index=False,  # the unique constraint begins with it
    )
    dedupe_key = models.CharField(_("dedupe key"), max_length=ID_LENGTH)
    queue_key = models.CharField(
        _("queue"), max_length=255, help_text=_("Events of one chat share it and are taken one at a time, in order.")
    )
    kind = models.CharField(_("kind"), max_length=20)
    payload = models.JSONField(_("event"), default=dict)
    state = StateField(_("state"), max_length=12, choices=State.choices, default=State.PENDING)
    cancel_requested = models.BooleanField(_("stop requested"), default=False)
    # A message that waits for others, which are one turn with it; only rows that overtake pass it (`pipeline.windows`).
    gathers = models.BooleanField(default=False, db_default=False, editable=False)
    overtakes = models.BooleanField(default=False, db_default=False, editable=False)
    draft_id = models.CharField(_("draft"), max_length=ID_LENGTH, blank=True)
    draft_text = models.TextField(
        _("answer so far"), blank=True, help_text=_("Only where the platform fetches answers; empty when it is whole.")
    )
    conversation = models.ForeignKey(
        "bots.Conversation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="inbound",
        verbose_name=_("conversation"),
    )
    # When the first try that met no model began: the turn is tried again until a limit after that. Null again when the
    # event is finished.
    waiting_since = models.DateTimeField(_("waits for a model since"), null=True, blank=True)
    told_to_wait = models.BooleanField(default=False, editable=False)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("inbound event")
        verbose_name_plural = _("inbox")
        constraints = (
            models.UniqueConstraint(fields=("channel", "dedupe_key"), name="inbound_channel_dedupe_unique"),
            # one turn at a time per chat
            models.UniqueConstraint(
                fields=("queue_key",), condition=models.Q(state="processing"), name="inbound_one_processing_per_queue"
            ),
        )
        indexes = (
            # claim: is an earlier event of this chat still open?
            models.Index(
                fields=("queue_key", "id"),
                condition=models.Q(state__in=("pending", "processing")),
                name="inbound_open_by_queue",
            ),
            # sweep: rows that are due or claimed by a dead worker
            models.Index(
                fields=("state", "due_at"),
                condition=models.Q(state__in=("pending", "processing")),
                name="inbound_open_due",
            ),
            # admin and dashboard: dead letters, latest first (other rows are found by id)
            models.Index(fields=("-id",), condition=models.Q(state="dead"), name="inbound_dead_recent"),
            # after a restore: what waited when the backup was made
            models.Index(fields=("id",), condition=models.Q(state="held"), name="inbound_held"),
            # after an outage of the models: the rows that wait longest; figures
            models.Index(
                fields=("id",), condition=models.Q(waiting_since__isnull=False), name="inbound_waiting_for_model"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.dedupe_key}"

    def strip_contents(self) -> None:
        """Removes what the person said from the payload; the log keeps that it came, and when. Does not save."""
        self.payload = {name: value for name, value in self.payload.items() if name not in _CONTENTS}


class OutboundMessage(QueueRow):
    """One message to send through a channel. The transaction that closes a turn writes those of its answer."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("In work")
        SENT = "sent", _("Sent")
        UNCONFIRMED = "unconfirmed", _("Sent, unconfirmed")
        DEAD = "dead", _("Dead letter")
        DISCARDED = "discarded", _("Discarded")
        HELD = "held", _("Held after a restore")

    OPEN = ("pending", "sending")

    channel = models.ForeignKey(
        "bots.Channel", on_delete=models.CASCADE, related_name="outbound", verbose_name=_("channel")
    )
    conversation = models.ForeignKey(
        "bots.Conversation", on_delete=models.CASCADE, related_name="outbound", verbose_name=_("conversation")
    )
    message = models.ForeignKey(
        "bots.Message",
        on_delete=models.CASCADE,
        null=True,
        related_name="outbound",
        verbose_name=_("message"),
        db_index=False,  # the unique constraint begins with it
    )
    part = models.PositiveSmallIntegerField(_("part"), default=0)
    payload = models.JSONField(_("message to send"), default=dict)
    idempotency_key = models.CharField(_("idempotency key"), max_length=36, default=new_idempotency_key)
    state = StateField(_("state"), max_length=12, choices=State.choices, default=State.PENDING)
    platform_message_id = models.CharField(_("platform message id"), max_length=ID_LENGTH, blank=True)
    mark = models.CharField(_("error mark"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    queued_at = models.DateTimeField(
        _("queued"), default=timezone.now, help_text=_("When it was created or queued again. Tries end a day later.")
    )
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("outbound message")
        verbose_name_plural = _("outbox")
        constraints = (
            models.UniqueConstraint(fields=("message", "part"), name="outbound_message_part_unique"),
            # messages of one chat are sent one at a time, in order
            models.UniqueConstraint(
                fields=("queue_key",), condition=models.Q(state="sending"), name="outbound_one_sending_per_queue"
            ),
        )
        indexes = (
            # claim: is an earlier message of this chat still waiting?
            models.Index(
                fields=("queue_key", "id"),
                condition=models.Q(state__in=("pending", "sending")),
                name="outbound_open_by_queue",
            ),
            # sweep; depth of the queue and age of its oldest row
            models.Index(
                fields=("state", "due_at"),
                condition=models.Q(state__in=("pending", "sending")),
                name="outbound_open_due",
            ),
            # a message that another one quotes, and delivery reports
            models.Index(fields=("platform_message_id",), name="outbound_platform_id"),
            # admin and dashboard: dead letters, latest first (other rows are found by id)
            models.Index(fields=("-id",), condition=models.Q(state="dead"), name="outbound_dead_recent"),
            # after a restore: what waited when the backup was made
            models.Index(fields=("id",), condition=models.Q(state="held"), name="outbound_held"),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.state}"
