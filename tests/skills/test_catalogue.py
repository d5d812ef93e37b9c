"""Skills of each bot with their trigger words, and the seed of the rows."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from django.apps import apps

from clawdbot_site.config import SkillSettings
from skills import catalogue, runner
from skills.models import Skill
from skills.seed import BUILT_IN, seed, seed_built_in
from tests.builders import make_bot
from tests.skills.builders import give, make_skill

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def found(bot: Any, text: str) -> str | None:
    catalogue.clear_cache()
    match = runner.match(bot.pk, text, "en")
    return match.name if match else None


def test_every_bot_has_an_enabled_skill_unless_it_is_switched_off_for_it() -> None:
    one, other = make_bot(), make_bot()
    give(other, make_skill("Echo", "go"), enabled=False)
    assert (found(one, "go"), found(other, "go")) == ("echo", None)


def test_a_skill_not_for_all_bots_needs_an_assignment() -> None:
    one, other = make_bot(), make_bot()
    give(other, make_skill("Echo", "go", all_bots=False))
    assert (found(one, "go"), found(other, "go")) == (None, "echo")


def test_a_disabled_skill_is_found_by_nobody() -> None:
    make_skill("Echo", "go", enabled=False)
    assert found(make_bot(), "go") is None


def test_the_bots_words_win_over_the_skills_and_those_over_the_class() -> None:
    one, other = make_bot(), make_bot()
    give(one, make_skill("Dice"), triggers=["würfeln"])
    assert (found(one, "würfeln"), found(one, "roll"), found(other, "roll")) == ("dice", None, "dice")


def test_a_message_costs_no_query(django_assert_num_queries: Any) -> None:
    bot = make_bot()
    make_skill("Echo", "go")
    assert found(bot, "go") == "echo"
    with django_assert_num_queries(0):
        runner.match(bot.pk, "nothing of that kind", "en")
        runner.match(bot.pk, "go", "en")


def test_what_the_admin_changed_counts_without_a_restart(monkeypatch: Any) -> None:
    bot = make_bot()
    skill = make_skill("Echo", "go")
    assert found(bot, "go") == "echo"
    skill.triggers = ["walk"]
    skill.save()
    monkeypatch.setattr(catalogue.rows, "max_age_s", -1.0)
    assert runner.match(bot.pk, "walk", "en") is not None
    assert runner.match(bot.pk, "go", "en") is None


def test_help_shows_what_each_skill_does() -> None:
    make_skill("Dice")
    assert runner.descriptions(make_bot().pk, "en") == ["Rolls a die. (roll)"]
    assert runner.descriptions(make_bot().pk, "zh-hans") == ["Rolls a die.（掷骰子）"]


def test_people_read_of_built_in_skills_in_their_language() -> None:
    seed_built_in()
    english, chinese = (runner.descriptions(make_bot().pk, language) for language in ("en", "zh-hans"))
    assert len(english) == len(chinese) > 5
    assert not re.search(r"[\u4e00-\u9fff]", " ".join(english))
    assert not re.search(r"[A-Za-z]{2}", " ".join(chinese))


def test_skills_of_the_configuration_are_seeded_once_and_then_belong_to_the_admin() -> None:
    setting = SkillSettings(module="skills.weather.WeatherSkill", triggers=("天气", "温度"), config={"base_url": "x"})
    assert seed([setting]) == 1
    row = Skill.objects.get()
    assert (row.name, row.triggers, row.config) == ("weather", ["天气", "温度"], {"base_url": "x"})
    row.triggers = ["weather"]
    row.save()
    assert seed([setting]) == 0
    assert Skill.objects.get().triggers == ["weather"]


def test_a_skill_that_cannot_be_loaded_is_seeded_with_the_reason() -> None:
    seed([SkillSettings(module="no.such.Thing")])
    assert "ModuleNotFoundError" in Skill.objects.get().load_error


def test_an_installation_that_runs_gets_new_built_in_skills_once_and_switched_off() -> None:
    migration = importlib.import_module("skills.migrations.0003_flows")
    migration.add_built_in(apps, None)
    assert not Skill.objects.exists()  # a fresh one, which gets them at its first start
    make_bot()
    make_skill("skills.person.PersonSkill")
    migration.add_built_in(apps, None)
    rows = dict(Skill.objects.values_list("module", "enabled"))
    assert (
        set(rows) == {module for module, _name in migration.BUILT_IN} == set(BUILT_IN) - {"skills.weather.WeatherSkill"}
    )
    assert [module for module, enabled in rows.items() if enabled] == ["skills.person.PersonSkill"]
