"""Skills of the configuration file become rows on the first start; what the admin edited since is left alone."""

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
    """Makes a row for each skill that has none; safe at every start.

    Returns:
        How many were new. A class that cannot be loaded is seeded too: the admin shows why it does not work.
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
