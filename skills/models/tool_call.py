"""The journal of tool calls: what was called, with what, with which result, and who allowed it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from skills.models.tool import NAME_LENGTH

RESULT_LENGTH = 16_000  # characters; longer results are cut in the middle


class ToolCallQuerySet(models.QuerySet["ToolCall"]):
    """Rows that wait for a yes have `expires_at`; the partial index holds only these."""

    def for_bot(self, bot: Any) -> ToolCallQuerySet:
        return self.filter(bot=bot)

    def for_person(self, person: Any) -> ToolCallQuerySet:
        return self.filter(conversation__person=person)

    def waiting(self) -> ToolCallQuerySet:
        """Selects calls that nobody has decided about yet, those whose time is over included."""
        return self.filter(expires_at__isnull=False).order_by("expires_at")

    def of_event(self, inbound_id: int | None) -> ToolCallQuerySet:
        """Selects the calls of one turn in their order; none for None."""
        return self.filter(inbound=inbound_id).order_by("id") if inbound_id is not None else self.none()


class ToolCall(models.Model):
    """One call of a tool by the model. Written before an effect and after it, so that no effect happens twice."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a yes")
        ALLOWED = "allowed", _("Allowed")
        STARTED = "started", _("Started")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        REFUSED = "refused", _("Refused")
        EXPIRED = "expired", _("No answer in time")
        CANCELLED = "cancelled", _("Cancelled")
        UNKNOWN = "unknown", _("Not known whether it happened")

    bot = models.ForeignKey(
        "bots.Bot",
        on_delete=models.CASCADE,
        related_name="tool_calls",
        verbose_name=_("bot"),
        db_index=False,  # toolcall_bot_recent begins with it
    )
    conversation = models.ForeignKey(
        "bots.Conversation", on_delete=models.CASCADE, related_name="tool_calls", verbose_name=_("conversation")
    )
    # The event whose turn made the call, or goes on with it after a yes.
    inbound = models.ForeignKey(
        "bots.InboundEvent",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tool_calls",
        verbose_name=_("inbound event"),
    )
    # Id of the event that began the loop; a yes of the person is a later event of the same loop.
    begun_by = models.BigIntegerField(editable=False)
    round = models.PositiveSmallIntegerField(_("round"))
    place = models.PositiveSmallIntegerField(_("place in the round"))
    tool = models.CharField(_("tool"), max_length=NAME_LENGTH)
    source = models.CharField(_("source"), max_length=20)
    # For show: secrets are masked.
    arguments = models.JSONField(_("arguments"), default=dict, blank=True)
    arguments_hash = models.CharField(max_length=64, editable=False)
    # The arguments as they are, encrypted; only until the call has ended.
    sealed = models.TextField(blank=True, editable=False)
    idempotency_key = models.CharField(_("idempotency key"), max_length=64, editable=False)
    effects = models.CharField(_("effects"), max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    result = models.TextField(_("result"), blank=True)
    # What the person gets directly, as JSON; files are base64.
    parts = models.JSONField(default=list, blank=True, editable=False)
    direct = models.BooleanField(default=False, editable=False)
    # The call left writes for the transaction that closes the turn; they are lost when the turn is.
    staged = models.BooleanField(default=False, editable=False)
    ms = models.PositiveIntegerField(_("duration (ms)"), default=0)
    # Who is asked: "person" or "operator"; "" when nobody is.
    asked = models.CharField(_("asked"), max_length=10, blank=True)
    asked_person = models.BigIntegerField(null=True, editable=False)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("waits until"), null=True, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = ToolCallQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("tool call")
        verbose_name_plural = _("tool calls")
        constraints = (models.UniqueConstraint(fields=("idempotency_key",), name="toolcall_key_unique"),)
        indexes = (
            # a retried turn, and a turn after a yes: the calls of the loop so far
            models.Index(fields=("begun_by",), name="toolcall_begun_by"),
            # admin list of one bot; the latest calls of one tool, to see whether it keeps failing
            models.Index(fields=("bot", "tool", "-id"), name="toolcall_bot_recent"),
            # calls that wait for a yes, and those whose time is over
            models.Index(fields=("expires_at",), condition=models.Q(expires_at__isnull=False), name="toolcall_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.tool} · {self.get_state_display()}"
