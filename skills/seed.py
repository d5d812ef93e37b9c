"""Stores the skills of the configuration file and the built-in ones as rows. Never changes existing rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from skills import registry
from skills.models import ERROR_LENGTH, Skill

# A fresh installation has these, for all bots.
BUILT_IN = (
    "skills.weather.WeatherSkill",
    "skills.calculator.CalculatorSkill",
    "skills.units.UnitsSkill",
    "skills.notes.RememberSkill",
    "skills.notes.KnownSkill",
    "skills.notes.ForgetSkill",
    "skills.webpage.WebPageSkill",
    "skills.person.PersonSkill",
    "skills.reminders.RemindersSkill",
    "skills.date_time.DateTimeSkill",
)


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
        _add(setting.module, triggers=list(setting.triggers), config=dict(setting.config))
    return len(new)


def seed_built_in() -> None:
    """Creates a row for each built-in skill without one. Call it in a fresh installation only: people delete rows."""
    known = set(Skill.objects.values_list("module", flat=True))
    for module in BUILT_IN:
        if module not in known:
            _add(module)


def _add(module: str, **values: Any) -> None:
    try:
        name, problem = registry.describe(module).name, ""
    except registry.SkillUnavailable as error:
        name, problem = module.rpartition(".")[2], str(error)[:ERROR_LENGTH]
    Skill.objects.get_or_create(module=module, defaults={"name": name[:60], "load_error": problem, **values})
