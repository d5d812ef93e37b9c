"""Memories that wait to be written to a separate memory database."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ERROR_LENGTH


def new_key() -> str:
    return uuid.uuid4().hex


class WaitingMemory(models.Model):
    """The memories of a closed turn, until they are written to the memory database.

    Inserted in the transaction that closes the turn, and deleted after the memories are committed in the other
    database. Their external ids derive from `key`, so that a repeated write stores them once. Used only with a separate
    memory database.
    """

    inbound_id = models.BigIntegerField(_("event"), unique=True)  # no foreign key: the inbox may be pruned earlier
    key = models.CharField(max_length=32, default=new_key, editable=False)
    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="+", verbose_name=_("bot"))
    person = models.ForeignKey("bots.Person", on_delete=models.CASCADE, related_name="+", verbose_name=_("person"))
    turns = models.JSONField(_("turns"))
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    error = models.CharField(_("error"), max_length=ERROR_LENGTH, blank=True)
    error_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    error_params = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ("id",)
        verbose_name = _("waiting memory")
        verbose_name_plural = _("waiting memories")
        indexes = (
            # the sweep: what is due, oldest first
            models.Index(fields=("due_at", "id"), name="waiting_memory_due"),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.inbound_id}"
