"""Alarms: what is watched, what is wrong, whom it is told, and the notices on their way."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, validate_email
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ERROR_LENGTH, ID_LENGTH
from bots.models.queue import QueueRow, new_idempotency_key
from bots.models.state_field import StateField
from clawdbot import crypto
from clawdbot.http.addresses import origin

SUBJECT_LENGTH = 200
# A week; a longer pause is a rule that is switched off.
MOST_MINUTES = 7 * 24 * 60


def languages() -> list[tuple[str, str]]:
    """Returns the languages of notices: those of the admin."""
    return list(settings.LANGUAGES)


class AlarmRule(models.Model):
    """One condition of `bots.monitoring.conditions`, as the operator wants it. Empty fields: as it is made."""

    code = models.CharField(_("condition"), max_length=30, editable=False)
    enabled = models.BooleanField(_("watched"), default=True)
    threshold = models.FloatField(
        _("limit"),
        null=True,
        blank=True,
        help_text=_("In seconds; shares from 0 to 1. Empty: the limit that the page shows."),
    )
    for_seconds = models.PositiveIntegerField(
        _("for (seconds)"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_MINUTES * 60)],
        help_text=_("How long it must hold before somebody is told."),
    )
    remind_minutes = models.PositiveIntegerField(
        _("remind after (minutes)"),
        default=240,
        validators=[MaxValueValidator(MOST_MINUTES)],
        help_text=_("Again and again, until it is over or acknowledged. 0: never."),
    )
    escalate_minutes = models.PositiveIntegerField(
        _("escalate after (minutes)"),
        default=30,
        validators=[MaxValueValidator(MOST_MINUTES)],
        help_text=_("Then also the targets for escalation are told, unless it is acknowledged. 0: never."),
    )

    class Meta:
        ordering = ("id",)
        verbose_name = _("alarm rule")
        verbose_name_plural = _("alarm rules")
        constraints = (models.UniqueConstraint(fields=("code",), name="alarm_rule_code_unique"),)

    def __str__(self) -> str:
        return self.code


class Alarm(models.Model):
    """A condition that holds, or held, for one subject (a model, a channel, or "" for the installation)."""

    class State(models.TextChoices):
        PENDING = "pending", _("Observed")
        FIRING = "firing", _("Alarm")
        RECOVERED = "recovered", _("Recovered")

    OPEN = ("pending", "firing")

    code = models.CharField(_("condition"), max_length=30)
    subject = models.CharField(_("subject"), max_length=SUBJECT_LENGTH, blank=True)
    severity = models.CharField(_("severity"), max_length=10)
    state = StateField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    value = models.FloatField(_("value"))
    threshold = models.FloatField(_("limit"))
    since = models.DateTimeField(_("since"))
    seen_at = models.DateTimeField(_("last seen"))
    fired_at = models.DateTimeField(_("alarm at"), null=True, blank=True)
    # Since when the condition of a firing alarm does not hold; null: it holds.
    right_since = models.DateTimeField(null=True, blank=True, editable=False)
    recovered_at = models.DateTimeField(_("recovered at"), null=True, blank=True)
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    recovery_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    silenced_until = models.DateTimeField(_("silent until"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.CharField(_("acknowledged by"), max_length=150, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = (
            # two evaluations at once open one alarm
            models.UniqueConstraint(
                fields=("code", "subject"),
                condition=models.Q(state__in=("pending", "firing")),
                name="alarm_one_open",
            ),
        )
        indexes = (
            # a silence goes on for the next alarm of the subject
            models.Index(fields=("code", "subject", "-id"), name="alarm_by_subject"),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.subject}".strip()

    def is_silent(self, now: datetime) -> bool:
        """Returns whether nobody is to be told for now."""
        return self.silenced_until is not None and self.silenced_until > now


class AlarmTarget(models.Model):
    """Who is told of alarms, and how."""

    class Kind(models.TextChoices):
        MAIL = "mail", _("mail")
        WEBHOOK = "webhook", _("signed webhook")
        CHAT = "chat", _("chat of a bot")

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.MAIL)
    enabled = models.BooleanField(_("enabled"), default=True)
    escalation = models.BooleanField(
        _("for escalation"), default=False, help_text=_("Is told only when nobody acknowledges an alarm in time.")
    )
    only_critical = models.BooleanField(_("critical alarms only"), default=False)
    language = models.CharField(_("language"), max_length=10, choices=languages, default="en")
    addresses = models.CharField(
        _("addresses"), max_length=500, blank=True, help_text=_("Mail addresses, separated by commas.")
    )
    url = models.URLField(
        _("address"), max_length=500, blank=True, help_text=_("Gets a signed POST (docs/monitoring.md).")
    )
    public_only = models.BooleanField(default=False, editable=False)  # somebody who is no superuser entered the address
    secret_encrypted = models.TextField(_("secret"), blank=True, editable=False)
    channel = models.ForeignKey(
        "bots.Channel",
        on_delete=models.SET_NULL,  # the target stays and says that nobody is told
        null=True,
        blank=True,
        related_name="alarm_targets",
        verbose_name=_("channel"),
    )
    chat_id = models.CharField(
        _("chat"),
        max_length=ID_LENGTH,
        blank=True,
        help_text=_("The platform's id of the chat; of a group robot, any name."),
    )
    last_ok_at = models.DateTimeField(_("last told"), null=True, blank=True, editable=False)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=ERROR_LENGTH, blank=True, editable=False)
    last_error_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    last_error_params = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ("escalation", "name")
        verbose_name = _("alarm target")
        verbose_name_plural = _("alarm targets")
        constraints = (models.UniqueConstraint(fields=("name",), name="alarm_target_name_unique"),)

    def __str__(self) -> str:
        return self.name

    @property
    def secret(self) -> str:
        """The secret of the webhook; "" when its address has another scheme, host or port than when it was set."""
        return crypto.bound_secret(self.secret_encrypted, origin(self.url)) if self.url else ""

    @secret.setter
    def secret(self, value: str) -> None:
        self.secret_encrypted = crypto.bind_secret(value, origin(self.url))

    @property
    def failing(self) -> bool:
        """Returns whether the latest notice could not be delivered."""
        return self.last_error_at is not None and (self.last_ok_at is None or self.last_error_at > self.last_ok_at)

    def mail_addresses(self) -> list[str]:
        """Returns the mail addresses."""
        return [one.strip() for one in self.addresses.replace("，", ",").replace(";", ",").split(",") if one.strip()]

    def clean(self) -> None:
        """Checks that the target can be told."""
        if self.kind == self.Kind.MAIL:
            if not self.mail_addresses():
                raise ValidationError({"addresses": _("Enter at least one mail address.")})
            for address in self.mail_addresses():
                try:
                    validate_email(address)
                except ValidationError:
                    message = _("%(address)s is no mail address.")
                    raise ValidationError({"addresses": message % {"address": address}}) from None
        elif self.kind == self.Kind.WEBHOOK and not self.url:
            raise ValidationError({"url": _("Enter the address.")})
        elif self.kind == self.Kind.CHAT:
            if self.channel is None:
                raise ValidationError({"channel": _("Choose the channel.")})
            if not self.chat_id:
                raise ValidationError({"chat_id": _("Enter the chat.")})


class AlarmNotice(QueueRow):
    """A notice on its way to a target. The transaction that notes the alarm as told writes it, so none is lost."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("In work")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Given up")

    class Kind(models.TextChoices):
        FIRING = "firing", _("Alarm")
        REMINDER = "reminder", _("Reminder")
        ESCALATION = "escalation", _("Escalation")
        RECOVERED = "recovered", _("Recovered")
        TEST = "test", _("Test")

    OPEN: ClassVar[tuple[str, ...]] = ("pending", "sending")

    target = models.ForeignKey(
        AlarmTarget, on_delete=models.CASCADE, related_name="notices", verbose_name=_("alarm target")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    # What is told of each alarm, without words: they are written in the language of the target when it is sent.
    entries = models.JSONField(_("alarms"), default=list)
    key = models.CharField(_("idempotency key"), max_length=36, default=new_idempotency_key)
    state = StateField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("alarm notice")
        verbose_name_plural = _("alarm notices")
        constraints = (
            # notices of one target are sent one at a time, in order
            models.UniqueConstraint(
                fields=("queue_key",), condition=models.Q(state="sending"), name="alarm_notice_one_sending"
            ),
        )
        indexes = (
            # claim: is an earlier notice of this target still waiting? and what is due
            models.Index(
                fields=("queue_key", "id"),
                condition=models.Q(state__in=("pending", "sending")),
                name="alarm_notice_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
