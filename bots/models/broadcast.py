"""Labels of people, messages of the team to many people, and who got them."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH
from bots.models.queue import QueueRowSet
from bots.models.state_field import StateField


class Label(models.Model):
    """A word that the team puts on people of a bot, to write to all of them."""

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="labels", verbose_name=_("bot"))
    name = models.CharField(_("label"), max_length=60)
    people = models.ManyToManyField("bots.Person", related_name="labels", blank=True, verbose_name=_("people"))

    class Meta:
        ordering = ("bot", "name")
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        constraints = (models.UniqueConstraint(fields=("bot", "name"), name="label_bot_name_unique"),)

    def __str__(self) -> str:
        return self.name


class Broadcast(models.Model):
    """One message to many people of a bot. `cursor` is the last person that a worker has dealt with."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("Sending")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")

    OPEN: ClassVar[tuple[str, ...]] = ("scheduled", "sending")

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="broadcasts", verbose_name=_("bot"))
    name = models.CharField(_("name"), max_length=100, help_text=_("For the team; people do not see it."))
    text = models.TextField(_("text (English)"), blank=True, max_length=4000)
    text_zh = models.TextField(
        _("text (Chinese)"), blank=True, max_length=4000, help_text=_("An empty text is replaced by the other one.")
    )
    channels = models.ManyToManyField(
        "bots.Channel", blank=True, related_name="+", verbose_name=_("channels"), help_text=_("Empty: all of the bot.")
    )
    labels = models.ManyToManyField(
        Label,
        blank=True,
        related_name="+",
        verbose_name=_("labels"),
        help_text=_("People with at least one of them. Empty: everybody."),
    )
    seen_days = models.PositiveIntegerField(
        _("seen in the last days"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(36500)]
    )
    unseen_days = models.PositiveIntegerField(
        _("not seen for days"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(36500)]
    )
    per_second = models.FloatField(
        _("messages per second and channel"),
        default=5.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(100.0)],
        help_text=_("Never more than half of what the platform allows: answers to people go first."),
    )
    # The truth of the start is wall time and zone, as with reminders.
    local = models.CharField(
        _("begins at"), max_length=21, blank=True, help_text=_("2026-12-01T09:00. Empty: when it is released.")
    )
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    respect_quiet = models.BooleanField(
        _("waits in quiet hours"),
        default=True,
        help_text=_("Who has quiet hours when it is their turn is asked later."),
    )
    state = StateField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)  # the next step of a worker; null unless it is open
    cursor = models.BigIntegerField(default=0, editable=False)
    last_person = models.BigIntegerField(default=0, editable=False)  # who is known when it begins
    sent = models.PositiveIntegerField(_("sent"), default=0)
    left_out = models.PositiveIntegerField(_("left out"), default=0)
    created_by = models.CharField(_("created by"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    started_at = models.DateTimeField(_("began"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = QueueRowSet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")
        indexes = (
            # sweep: what is due
            models.Index(
                fields=("due_at",), condition=models.Q(state__in=("scheduled", "sending")), name="broadcast_open_due"
            ),
        )

    def __str__(self) -> str:
        return self.name


class BroadcastPerson(models.Model):
    """What became of one person of a broadcast. The unique constraint makes a second message impossible."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Sent")
        LATER = "later", _("Waits")
        LEFT_OUT = "left", _("Left out")

    broadcast = models.ForeignKey(
        Broadcast,
        on_delete=models.CASCADE,
        related_name="people",
        verbose_name=_("broadcast"),
        db_index=False,  # the unique constraint begins with it
    )
    person = models.ForeignKey(
        "bots.Person", on_delete=models.CASCADE, related_name="broadcasts", verbose_name=_("person")
    )
    state = StateField(_("state"), max_length=12, choices=State.choices)
    why = models.CharField(_("why"), max_length=CODE_LENGTH, blank=True)  # a code of `bots.reminders.audience`
    message = models.ForeignKey(
        "bots.Message", on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("message")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    again_at = models.DateTimeField(_("again at"), null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        constraints = (models.UniqueConstraint(fields=("broadcast", "person"), name="broadcast_person_once"),)
        indexes = (
            # whom quiet hours hold
            models.Index(
                fields=("broadcast", "again_at"), condition=models.Q(state="later"), name="broadcast_person_later"
            ),
            # stop: the latest messages, which may still wait in the outbox
            models.Index(fields=("broadcast", "-id"), name="broadcast_person_recent"),
        )

    def __str__(self) -> str:
        return f"{self.broadcast_id} {self.person_id}"
