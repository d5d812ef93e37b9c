"""What skills keep of people."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class SkillStateQuerySet(models.QuerySet["SkillState"]):
    def for_person(self, person: Any) -> SkillStateQuerySet:
        return self.filter(person=person)


class SkillState(models.Model):
    """JSON values that one skill keeps of one person: `context.state`."""

    skill = models.ForeignKey("skills.Skill", on_delete=models.CASCADE, related_name="states", verbose_name=_("skill"))
    person = models.ForeignKey(
        "bots.Person", on_delete=models.CASCADE, related_name="skill_states", verbose_name=_("person")
    )
    data = models.JSONField(_("data"), default=dict, blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = SkillStateQuerySet.as_manager()

    class Meta:
        verbose_name = _("state of a skill")
        verbose_name_plural = _("states of skills")
        constraints = (models.UniqueConstraint(fields=("skill", "person"), name="skillstate_skill_person_unique"),)

    def __str__(self) -> str:
        return f"{self.skill} · {self.person}"
