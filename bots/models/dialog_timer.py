"""The times of open questions: when the bot reminds, when a flow is set aside, and until when it can be resumed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.state_field import StateField


class DialogTimer(models.Model):
    """What happens next with an open question, or with a flow that was set aside. A row that is done is deleted.

    A due row becomes an inbox row of its chat (`bots.pipeline.dispatch.timeouts`), so it is in order with the messages
    of the chat and happens once.
    """

    class State(models.TextChoices):
        REMIND = "remind", _("Reminds next")
        PARK = "park", _("Is set aside next")
        PARKED = "parked", _("Set aside")

    conversation = models.ForeignKey(
        "bots.Conversation", on_delete=models.CASCADE, related_name="dialog_timers", verbose_name=_("conversation")
    )
    state = StateField(_("state"), max_length=10, choices=State.choices, default=State.REMIND)
    # Id of the event in whose turn the question was asked. A later question has another row or another id.
    asked_in = models.BigIntegerField(_("asked by event"), default=0)
    due_at = models.DateTimeField(_("due"))
    park_at = models.DateTimeField(_("set aside at"), null=True)
    keep_days = models.PositiveIntegerField(_("days to go on with it"), default=7)
    frame = models.JSONField(_("open flow"), default=dict, blank=True)

    class Meta:
        ordering = ("due_at", "id")
        verbose_name = _("open question")
        verbose_name_plural = _("open questions")
        indexes = (
            # the sweep: what is due, oldest first
            models.Index(fields=("due_at", "id"), name="dialog_timer_due"),
        )

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.state}"
