"""How long finished rows are kept, and what the retention has deleted of them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RetentionRule(models.Model):
    """The days of one kind of rows (`bots.maintenance.retention.kinds`), if they are not the default; its last run."""

    kind = models.CharField(_("kind"), max_length=20, unique=True, editable=False)
    days = models.PositiveIntegerField(_("days"), null=True, blank=True)  # null: the default of the kind; 0: for ever
    # Rows up to here were looked at in the pass that began at `pass_at`: a run goes on from here.
    cursors = models.JSONField(default=dict, editable=False)
    pass_at = models.DateTimeField(null=True, editable=False)
    run_at = models.DateTimeField(_("last run"), null=True, editable=False)
    deleted = models.BigIntegerField(_("deleted by the last run"), default=0, editable=False)
    deleted_in_all = models.BigIntegerField(_("deleted in all"), default=0, editable=False)

    class Meta:
        ordering = ("kind",)
        verbose_name = _("retention")
        verbose_name_plural = _("retention")

    def __str__(self) -> str:
        return self.kind
