"""How long finished rows are kept, and what the retention has deleted of them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ERROR_LENGTH


class RetentionRule(models.Model):
    """The days of one kind of rows (`bots.maintenance.retention.kinds`), if they are not the default; its last run."""

    # Not a kind with days but what goes without them. Each run ends with it, so its row tells when the last one ended.
    WITHOUT_DAYS = "without_days"

    kind = models.CharField(_("kind"), max_length=20, unique=True, editable=False)
    days = models.PositiveIntegerField(_("days"), null=True, blank=True)  # null: the default of the kind; 0: for ever
    # Rows up to here were looked at in the pass that began at `pass_at`: a run goes on from here.
    cursors = models.JSONField(default=dict, editable=False)
    pass_at = models.DateTimeField(null=True, editable=False)
    run_at = models.DateTimeField(_("last run"), null=True, editable=False)
    deleted = models.BigIntegerField(_("deleted by the last run"), default=0, editable=False)
    deleted_in_all = models.BigIntegerField(_("deleted in all"), default=0, editable=False)
    # Why the last run could not delete this kind; null and empty when it could.
    failed_at = models.DateTimeField(_("failed"), null=True, editable=False)
    error = models.CharField(_("error"), max_length=ERROR_LENGTH, blank=True, default="", db_default="", editable=False)
    error_code = models.CharField(max_length=CODE_LENGTH, blank=True, default="", db_default="", editable=False)
    error_params = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), blank=True, editable=False
    )

    class Meta:
        ordering = ("kind",)
        verbose_name = _("retention")
        verbose_name_plural = _("retention")

    def __str__(self) -> str:
        return self.kind
