"""The configuration of a skill: a form for users who may change it, text without secrets for users who may read it."""

from __future__ import annotations

import html
from typing import Any

import pytest

from bots.admin.ui.form_fields import MaskedJSONField
from bots.models import Bot, BotAccess
from skills.models import BotSkill, Skill
from tests.admin.builders import SKILL_KEY, address, login, make_bot, make_user

pytestmark = pytest.mark.django_db


def assigned(**values: Any) -> BotSkill:
    skill = Skill.objects.create(name="Weather", module="skills.weather.WeatherSkill")
    return BotSkill.objects.create(bot=make_bot(), skill=skill, **values)


def as_viewer(model: Any, row: Any, bot: Bot) -> str:
    user = make_user("viewer", superuser=False)
    BotAccess.objects.create(user=user, bot=bot, role=BotAccess.Role.VIEWER)
    response = login(user).get(address(model, "change", row.pk))
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_a_new_skill_starts_with_an_empty_object() -> None:
    client = login(make_user())
    for page in (address(Skill, "add"), address(BotSkill, "add"), address(Skill, "change", assigned().skill_id)):
        assert ">null<" not in client.get(page).content.decode()


@pytest.mark.parametrize("sent", ["", "{}"])
def test_a_row_that_was_left_blank_is_not_a_change(sent: str) -> None:
    assert not MaskedJSONField().has_changed(None, sent)
    assert not MaskedJSONField().has_changed({}, sent)
    assert MaskedJSONField().has_changed(None, '{"unit": "km"}')
    assert MaskedJSONField().has_changed({"unit": "km"}, sent)


def test_a_reader_sees_a_dash_for_nothing() -> None:
    row = assigned()
    page = as_viewer(BotSkill, row, row.bot)
    assert page.count(">–</div>") == 4
    assert 'class="highlight"' not in page  # the element in which unfold shows JSON


def test_a_reader_sees_words_and_settings_without_secrets() -> None:
    row = assigned(config={"api_key": SKILL_KEY, "unit": "km"}, triggers=["天气", "weather"])
    page = as_viewer(BotSkill, row, row.bot)
    assert "天气, weather" in page
    assert '"unit": "km"' in page
    assert SKILL_KEY not in page


def test_the_bots_page_shows_no_secret_of_its_skills_to_a_reader() -> None:
    row = assigned(config={"api_key": SKILL_KEY, "unit": "km"})
    page = as_viewer(Bot, row.bot, row.bot)
    assert '"unit": "km"' in page
    assert SKILL_KEY not in page
