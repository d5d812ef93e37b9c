"""Files of conversations: rows with their metadata; the storage "uploads" holds the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.core.files.storage import Storage, storages
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ERROR_LENGTH

if TYPE_CHECKING:
    from bots.models.bot import Bot
    from bots.models.person import Person


def uploads() -> Storage:
    """Returns the storage of files: a folder under CLAWDBOT_HOME, or an S3-compatible bucket."""
    return storages["uploads"]


Row = TypeVar("Row", bound="StoredFile")


class StoredFileQuerySet(models.QuerySet[Row]):
    def for_bot(self, bot: Bot | int) -> Self:
        return self.filter(conversation__bot=bot)

    def for_person(self, person: Person | int) -> Self:
        return self.filter(conversation__person=person)


class StoredFile(models.Model):
    """Base of received and sent files. `content_type` is detected from the bytes."""

    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=20)
    file = models.FileField(_("file"), storage=uploads, max_length=255, blank=True)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    size = models.PositiveIntegerField(_("size (bytes)"), default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name or self.kind

    @property
    def stored(self) -> bool:
        return bool(self.file)


class ReceivedFile(StoredFile):
    """One attachment of an inbound event, downloaded or refused."""

    conversation = models.ForeignKey(
        "bots.Conversation", on_delete=models.CASCADE, related_name="files", verbose_name=_("conversation")
    )
    inbound = models.ForeignKey(
        "bots.InboundEvent",
        on_delete=models.SET_NULL,
        null=True,
        related_name="files",
        verbose_name=_("inbound event"),
        db_index=False,  # the unique constraint begins with it
    )
    error = models.CharField(_("why it was not stored"), max_length=ERROR_LENGTH, blank=True)
    error_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    error_params = models.JSONField(default=dict, blank=True, editable=False)
    # Of a recording: what was said, or the code of `Unheard` when nobody will hear it. Both empty: nobody has listened.
    transcript = models.TextField(_("what was heard"), blank=True, default="", db_default="")
    unheard = models.CharField(max_length=12, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(_("received"), default=timezone.now)

    objects = StoredFileQuerySet["ReceivedFile"].as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("received file")
        verbose_name_plural = _("received files")
        constraints = (
            # a retried turn downloads nothing twice; also used by the look-up of a turn's files
            models.UniqueConstraint(fields=("inbound", "position"), name="file_one_per_inbound_and_position"),
        )
        indexes = (models.Index(fields=("file",), name="received_file_by_name"),)


class SentFile(StoredFile):
    """A file of an answer.

    The row is written before its bytes, and both before the message. So an erasure finds what a killed process left.
    """

    conversation = models.ForeignKey(
        "bots.Conversation", on_delete=models.CASCADE, related_name="sent_files", verbose_name=_("conversation")
    )
    inbound = models.ForeignKey(
        "bots.InboundEvent",
        on_delete=models.SET_NULL,
        null=True,
        related_name="sent_files",
        verbose_name=_("inbound event"),
    )
    message = models.ForeignKey(
        "bots.Message", on_delete=models.CASCADE, null=True, related_name="files", verbose_name=_("message")
    )
    duration_s = models.FloatField(_("length (seconds)"), default=0.0)
    # It reads the text of its answer aloud.
    spoken = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = StoredFileQuerySet["SentFile"].as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("sent file")
        verbose_name_plural = _("sent files")
        indexes = (models.Index(fields=("file",), name="sent_file_by_name"),)


@receiver(post_delete, sender=SentFile, dispatch_uid="files.delete_sent_bytes")
@receiver(post_delete, sender=ReceivedFile, dispatch_uid="files.delete_bytes")
def _delete_bytes(instance: StoredFile, **_kwargs: Any) -> None:
    """Deletes the bytes after the deletion of their row is committed."""
    if instance.file:
        name, storage = str(instance.file.name), instance.file.storage
        transaction.on_commit(lambda: storage.delete(name))
