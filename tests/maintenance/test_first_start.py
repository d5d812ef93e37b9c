"""The first start makes an administrator, a bot and the objects of the YAML file; later starts change nothing."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pydantic import SecretStr

from bots.maintenance import first_start
from bots.models import Bot, ModelProvider
from bots.operations.bots import add_bot
from bots.operations.errors import OperationError
from clawdbot_site.config import AdminSettings, ModelProviderSettings, SkillSettings
from skills import catalogue, runner, seed
from skills.models import Skill

pytestmark = pytest.mark.django_db


@pytest.fixture
def configure(settings: Any, tmp_path: Path) -> Any:
    def change(**sections: Any) -> None:
        settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"home": tmp_path, **sections})

    change()
    return change


@pytest.mark.usefixtures("configure")
def test_a_newcomer_can_log_in_with_what_is_printed(tmp_path: Path) -> None:
    first = first_start.bootstrap()
    user = User.objects.get(username=first.user)
    assert user.is_superuser
    assert user.check_password(first.password)
    assert any(first.password in line for line in first_start.announcement(first))
    assert stat.S_IMODE((tmp_path / "keys" / "admin-password").stat().st_mode) == 0o600
    assert Bot.objects.get().is_default


@pytest.mark.usefixtures("configure")
def test_later_starts_change_nothing_and_still_tell_the_first_password() -> None:
    first = first_start.bootstrap()
    assert first_start.bootstrap() == first
    assert (User.objects.count(), Bot.objects.count()) == (1, 1)


@pytest.mark.usefixtures("configure")
def test_a_changed_password_is_not_told_and_its_file_goes(tmp_path: Path) -> None:
    user = User.objects.get(username=first_start.bootstrap().user)
    user.set_password("another-one-9")
    user.save()
    again = first_start.bootstrap()
    assert again.password == ""
    assert not (tmp_path / "keys" / "admin-password").exists()
    assert User.objects.get().check_password("another-one-9")


def test_a_configured_password_is_used_and_neither_kept_nor_printed(configure: Any, tmp_path: Path) -> None:
    configure(admin=AdminSettings(user="root", password=SecretStr("configured-pw-1")))
    first = first_start.bootstrap()
    assert User.objects.get(username="root").check_password("configured-pw-1")
    assert "configured-pw-1" not in "".join(first_start.announcement(first))
    assert not (tmp_path / "keys" / "admin-password").exists()


@pytest.mark.parametrize("password", ["a9b8c7", "73910264851", "qwertyuiop", "rootrootroot1"])
def test_a_weak_configured_password_is_refused_and_nothing_is_made(configure: Any, password: str) -> None:
    configure(admin=AdminSettings(user="rootrootroot", password=SecretStr(password)))
    with pytest.raises(OperationError, match=r"^admin\.password: ") as refused:
        first_start.bootstrap()
    assert password not in str(refused.value)
    assert not User.objects.exists()


def test_the_provider_of_the_file_becomes_a_row_once(configure: Any) -> None:
    section = ModelProviderSettings(endpoint="http://127.0.0.1:9/v1", api_key=SecretStr("sk-yaml"), model="m")
    configure(model_provider=section)
    first_start.bootstrap()
    row = ModelProvider.objects.get()
    assert (row.endpoint, row.model, row.api_key) == ("http://127.0.0.1:9/v1", "m", "sk-yaml")
    ModelProvider.objects.update(model="edited")
    first_start.bootstrap()
    assert ModelProvider.objects.get().model == "edited"


@pytest.mark.usefixtures("configure")
def test_a_fresh_installation_has_the_built_in_skills_for_every_bot() -> None:
    add_bot("early")  # a bot that was made before the first start
    first_start.bootstrap()
    later = add_bot("later")
    for bot in Bot.objects.all():
        assert {entry.module for entry in catalogue.entries(bot.pk)} == set(seed.BUILT_IN)
    assert runner.match(later.pk, "北京天气怎么样")


@pytest.mark.usefixtures("configure")
def test_a_built_in_skill_that_was_removed_stays_away() -> None:
    first_start.bootstrap()
    Skill.objects.all().delete()
    first_start.bootstrap()
    assert not Skill.objects.exists()


def test_the_triggers_of_the_configuration_come_before_those_of_the_class(configure: Any) -> None:
    configure(skills=(SkillSettings(module="skills.weather.WeatherSkill", triggers=("météo",)),))
    first_start.bootstrap()
    assert Skill.objects.get(module="skills.weather.WeatherSkill").triggers == ["météo"]
