"""Recent health of channels, for the admin and the doctor. Turns never read it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ERROR_LENGTH


class ChannelHealth(models.Model):
    """The latest refusal, send, poll and failures of both of a channel.

    Not part of the channel's row, so that saving the channel's form does not write old figures back.
    """

    channel = models.OneToOneField(
        "bots.Channel", on_delete=models.CASCADE, primary_key=True, related_name="health", verbose_name=_("channel")
    )
    refused = models.PositiveBigIntegerField(_("refused requests"), default=0)
    refused_at = models.DateTimeField(_("last refused"), null=True)
    refused_reason = models.CharField(_("reason"), max_length=20)
    refused_detail = models.CharField(_("detail"), max_length=200)
    refused_detail_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    refused_detail_params = models.JSONField(default=dict, blank=True, editable=False)
    sent_at = models.DateTimeField(_("last sent"), null=True)
    send_failed_at = models.DateTimeField(_("last send error at"), null=True)
    send_error = models.CharField(_("last send error"), max_length=ERROR_LENGTH)
    send_error_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    send_error_params = models.JSONField(default=dict, blank=True, editable=False)
    send_mark = models.CharField(_("error mark"), max_length=60)
    polled_at = models.DateTimeField(_("last polled"), null=True)
    poll_failed_at = models.DateTimeField(_("last poll error at"), null=True)
    poll_error = models.CharField(_("last poll error"), max_length=ERROR_LENGTH, blank=True)
    poll_error_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    poll_error_params = models.JSONField(default=dict, blank=True, editable=False)
    poll_mark = models.CharField(_("error mark"), max_length=60, blank=True)

    class Meta:
        ordering = ("channel",)
        verbose_name = _("health of a channel")
        verbose_name_plural = _("health of channels")

    def __str__(self) -> str:
        return f"health of {self.channel_id}"


class ChannelHour(models.Model):
    """Counts of a channel's events and refused requests in one hour; kept for two days."""

    channel = models.ForeignKey(
        "bots.Channel",
        on_delete=models.CASCADE,
        related_name="hours",
        verbose_name=_("channel"),
        db_index=False,  # the unique constraint begins with it
    )
    hour = models.DateTimeField(_("hour"))
    events = models.PositiveBigIntegerField(_("events"), default=0)
    refused = models.PositiveBigIntegerField(_("refused requests"), default=0)

    class Meta:
        ordering = ("-hour",)
        verbose_name = _("hour of a channel")
        verbose_name_plural = _("hours of channels")
        constraints = (models.UniqueConstraint(fields=("channel", "hour"), name="channel_hour_unique"),)

    def __str__(self) -> str:
        return f"{self.channel_id} {self.hour:%Y-%m-%d %H}"
