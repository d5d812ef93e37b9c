"""Model of long-running work on one person's memory."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OngoingWorkQuerySet(models.QuerySet["OngoingWork"]):
    def for_person(self, bot: Any, person: Any) -> OngoingWorkQuerySet:
        return self.filter(bot=bot, person=person)


class OngoingWork(models.Model):
    """A running import or consolidation of one person's memory."""

    bot = models.ForeignKey(
        "bots.Bot", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("bot")
    )
    person = models.ForeignKey(
        "bots.Person", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("person")
    )
    started_at = models.DateTimeField(_("started"), default=timezone.now)

    objects = OngoingWorkQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = _("ongoing work")
        verbose_name_plural = _("ongoing work")

    def __str__(self) -> str:
        return f"{self.bot_id}/{self.person_id}"
