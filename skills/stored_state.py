"""What a skill keeps of a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from skills.models import SkillState


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
