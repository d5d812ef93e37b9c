"""Sets of saved questions with what is expected of their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from bots.models.bot import Bot
    from bots.models.person import Person


class EvaluationSetQuerySet(models.QuerySet["EvaluationSet"]):
    def for_bot(self, bot: Bot | int) -> EvaluationSetQuerySet:
        return self.filter(bot=bot)


class EvaluationSet(models.Model):
    """Saved questions that are asked together."""

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="evaluation_sets", verbose_name=_("bot"))
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = EvaluationSetQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name = _("set of questions")
        verbose_name_plural = _("sets of questions")
        constraints = (models.UniqueConstraint(fields=("name",), name="evaluation_set_name_unique"),)

    def __str__(self) -> str:
        return self.name


class EvaluationCaseQuerySet(models.QuerySet["EvaluationCase"]):
    def for_bot(self, bot: Bot | int) -> EvaluationCaseQuerySet:
        return self.filter(evaluation_set__bot=bot)

    def for_person(self, person: Person | int) -> EvaluationCaseQuerySet:
        return self.filter(self.about([person if isinstance(person, int) else person.pk]))

    @staticmethod
    def about(people: list[int]) -> models.Q:
        """Selects questions that were made of a message of these people or of their conversations."""
        return models.Q(message__person__in=people) | models.Q(message__conversation__person__in=people)


class EvaluationCase(models.Model):
    """One saved question. Made of a past turn it holds a person's words, so it goes with their message."""

    evaluation_set = models.ForeignKey(
        EvaluationSet,
        on_delete=models.CASCADE,
        related_name="cases",
        verbose_name=_("set of questions"),
        db_index=False,  # the unique constraint begins with it
    )
    name = models.CharField(_("name"), max_length=100)
    # What was said before: {"role": "user" or "assistant", "text"}. The bot answers a message that has no answer.
    earlier = models.JSONField(_("said before"), default=list, blank=True)
    question = models.TextField(_("question"), max_length=20_000)
    # Each is {"kind", "value"}; `bots.replays.expectations` says which kinds there are.
    expectations = models.JSONField(_("expectations"), default=list, blank=True)
    message = models.ForeignKey(
        "bots.Message", on_delete=models.CASCADE, null=True, blank=True, related_name="+", editable=False
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = EvaluationCaseQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = _("saved question")
        verbose_name_plural = _("saved questions")
        constraints = (models.UniqueConstraint(fields=("evaluation_set", "name"), name="evaluation_case_name_unique"),)

    def __str__(self) -> str:
        return self.name
