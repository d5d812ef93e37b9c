"""Model of the leases: which process does what only one process at a time may do."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Lease(models.Model):
    """The right to a duty (beat, polling a channel, a task of upkeep), which one process at a time holds.

    Its times are those of the database server. `token` grows with each holder: an effect that names an older token is
    one of a process that was paused, or cut off, for longer than its lease.
    """

    name = models.CharField(_("duty"), max_length=120, primary_key=True)
    token = models.PositiveBigIntegerField(_("token"), default=0)
    holder = models.CharField(_("held by"), max_length=160, blank=True, help_text=_("Machine and process id."))
    # clawdbot.processes.identity(): another process of the same machine sees at once that this one has ended.
    process = models.CharField(max_length=120, blank=True, editable=False)
    acquired_at = models.DateTimeField(_("held since"))
    renewed_at = models.DateTimeField(_("renewed"))
    expires_at = models.DateTimeField(_("expires"))
    # Null while the duty is done, and for ever after the holder was killed.
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    class Meta:
        ordering = ("name",)
        verbose_name = _("duty")
        verbose_name_plural = _("duties")

    def __str__(self) -> str:
        return self.name
