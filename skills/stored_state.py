"""What a skill keeps of a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import models, transaction
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


def read(skill_id: int, person_id: int) -> dict[str, Any]:
    """Returns the values that a skill keeps of a person. Queries: 1."""
    row = SkillState.objects.filter(skill_id=skill_id, person_id=person_id).values_list("data", flat=True).first()
    return dict(row or {})


def write(skill_id: int, person_id: int, changed: Mapping[str, Any], removed: Collection[str]) -> None:
    """Changes single keys under the row's lock, so that another chat of the person loses none."""
    with transaction.atomic():
        row, _made = SkillState.objects.select_for_update().get_or_create(skill_id=skill_id, person_id=person_id)
        row.data = {key: value for key, value in {**row.data, **changed}.items() if key not in removed}
        if row.data:
            row.save(update_fields=["data", "updated_at"])
        else:
            row.delete()
