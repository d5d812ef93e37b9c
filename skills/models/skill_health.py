"""Skills that fail."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from skills.models.skill import ERROR_LENGTH


class SkillHealthQuerySet(models.QuerySet["SkillHealth"]):
    def for_bot(self, bot: Any) -> SkillHealthQuerySet:
        return self.filter(bot=bot)


class SkillHealth(models.Model):
    """The latest failures of a skill for one bot. A skill that works has no row."""

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="skill_health", verbose_name=_("bot"))
    skill = models.ForeignKey("skills.Skill", on_delete=models.CASCADE, related_name="health", verbose_name=_("skill"))
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    error = models.CharField(_("last error"), max_length=ERROR_LENGTH, blank=True)
    stopped_at = models.DateTimeField(_("switched off"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = SkillHealthQuerySet.as_manager()

    class Meta:
        ordering = ("-updated_at", "-id")
        verbose_name = _("failing skill")
        verbose_name_plural = _("failing skills")
        constraints = (models.UniqueConstraint(fields=("bot", "skill"), name="skillhealth_bot_skill_unique"),)

    def __str__(self) -> str:
        return f"{self.bot} · {self.skill}"
