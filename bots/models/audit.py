"""The audit log: who did what with people's data and with the set-up, and who logged in.

Rows are inserted and never changed. Only the retention (`bots.maintenance.retention`) deletes them, at a great age.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from bots.models.bot import Bot


class AppendOnly(Exception):
    """Somebody tried to change or delete a row of the audit log."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def for_bot(self, bot: Bot | int) -> AuditQuerySet:
        return self.filter(bot_id=getattr(bot, "pk", bot))

    def update(self, **values: Any) -> NoReturn:
        raise AppendOnly("the audit log is only ever added to")

    def delete(self) -> NoReturn:
        raise AppendOnly("the audit log is only ever added to")


class AuditEntry(models.Model):
    """One act on a person's data, one change of the set-up, or one log-in.

    It holds no content and no value, and identifies the person only by a keyed hash. The row outlives bot and person,
    so it has no foreign keys to them.
    """

    class Action(models.TextChoices):
        EXPORT = "export", _("Exported")
        ERASE = "erase", _("Erased")
        PROOF = "erase_proof", _("Proof of erasure")
        LINK = "link", _("Identities linked")
        UNLINK = "unlink", _("Link undone")
        PIN = "pin", _("Pinned")
        UNPIN = "unpin", _("Unpinned")
        EDIT = "edit", _("Edited")
        SUPERSEDE = "supersede", _("Superseded")
        DELETE = "delete", _("Memories deleted")
        MOVE = "move", _("New id on the platform")

        LOGIN = "login", _("Log-in")
        LOGOUT = "logout", _("Log-out")
        LOCK = "lock", _("Log-in locked")
        UNLOCK = "unlock", _("Log-in unlocked")

        # Changes of providers, channels, skills and rights.
        ADDED = "added", _("Added")
        CHANGED = "changed", _("Changed")
        REMOVED = "removed", _("Removed")

        BACKUP = "backup", _("Backup made")
        RESTORE = "restore", _("Restored from a backup")
        RELEASE = "release", _("Released after a restore")
        DROP = "drop", _("Dropped after a restore")
        PURGE = "purge", _("Deleted by the retention")

    class Result(models.TextChoices):
        DONE = "done", _("Done")
        PROVED = "proved", _("Proved")
        FAILED = "failed", _("Failed")

    # Actors that are no users of this product.
    COMMAND = "command line"
    HIMSELF = "the person"
    UNKNOWN = "unknown name"
    PLATFORM = "the platform"

    at = models.DateTimeField(_("at"), default=timezone.now)
    actor = models.CharField(pgettext_lazy("of an act", "who"), max_length=200)
    action = models.CharField(_("action"), max_length=12, choices=Action.choices)
    # Null and empty for what belongs to no bot or no person, such as a model provider or a log-in.
    bot_id = models.BigIntegerField(_("bot number"), null=True, blank=True)
    bot_slug = models.CharField(_("bot"), max_length=60, blank=True)
    person_hash = models.CharField(_("person (pseudonym)"), max_length=32, blank=True)
    # What was added, changed or removed, e.g. "bots.modelprovider 3 main"; the address of a log-in.
    subject = models.CharField(_("subject"), max_length=200, blank=True, default="", db_default="")
    field_names = models.JSONField(_("changed fields"), default=list, blank=True)
    counts = models.JSONField(_("counts"), default=dict)
    proof = models.JSONField(_("proof"), default=dict)
    result = models.CharField(_("result"), max_length=8, choices=Result.choices, default=Result.DONE)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = (
            # admin list of a bot, latest first
            models.Index(fields=("bot_id", "-id"), name="audit_bot_recent"),
            # acts on one person's data
            models.Index(fields=("person_hash", "-id"), name="audit_person_recent"),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} · {self.subject or self.person_hash[:8]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("the audit log is only ever added to")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("the audit log is only ever added to")
