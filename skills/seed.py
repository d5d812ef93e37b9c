"""Stores the skills of the configuration file as rows at the first start. Never changes existing rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from skills import registry
from skills.models import ERROR_LENGTH, Skill


class SkillSetting(Protocol):
    """One entry of `skills:` in the configuration."""

    @property
    def module(self) -> str: ...
    @property
    def triggers(self) -> tuple[str, ...]: ...
    @property
    def config(self) -> Mapping[str, Any]: ...


def seed(config_skills: Iterable[SkillSetting]) -> int:
    """Creates a row for each skill without one. Idempotent.

    A class that cannot be loaded gets a row too; the admin shows its error.

    Returns:
        The number of new rows.
    """
    known = set(Skill.objects.values_list("module", flat=True))
    new = [setting for setting in config_skills if setting.module not in known]
    for setting in new:
        try:
            name, problem = registry.describe(setting.module).name, ""
        except registry.SkillUnavailable as error:
            name, problem = setting.module.rpartition(".")[2], str(error)[:ERROR_LENGTH]
        Skill.objects.get_or_create(
            module=setting.module,
            defaults={
                "name": name[:60],
                "triggers": list(setting.triggers),
                "config": dict(setting.config),
                "load_error": problem,
            },
        )
    return len(new)
