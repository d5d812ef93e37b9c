"""Backups that were made or tried. The row of a running backup is the lock: there is one at a time."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ERROR_LENGTH
from bots.models.state_field import StateField


class BackupRun(models.Model):
    """One backup: who asked for it, where it lies, or why it failed."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    state = StateField(_("state"), max_length=8, choices=State.choices, default=State.RUNNING)
    scheduled = models.BooleanField(_("scheduled"), default=False)
    started_by = models.CharField(_("started by"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    # Renewed while it runs: an older one belongs to a killed process, and the next backup takes its place.
    alive_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # The moment that the backup holds.
    made_at = models.DateTimeField(_("state of"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=500, blank=True)
    name = models.CharField(_("archive"), max_length=120, blank=True)
    size = models.BigIntegerField(_("size (bytes)"), default=0)
    with_keys = models.BooleanField(_("with keys"), default=False)
    error = models.CharField(_("error"), max_length=ERROR_LENGTH, blank=True)
    error_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    error_params = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        constraints = (
            models.UniqueConstraint(fields=("state",), condition=models.Q(state="running"), name="backup_one_running"),
        )
        # readiness, metrics and dashboard: the latest good one; the schedule: the latest scheduled one
        indexes = (models.Index(fields=("state", "-made_at"), name="backup_state_recent"),)

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"
