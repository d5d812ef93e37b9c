"""An edited skill works without a restart, and a broken edit changes nothing but the error on its page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from skills import catalogue, registry
from skills.models import Skill
from tests.builders import make_bot
from tests.skills.builders import call, make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

SOURCE = """
from clawdbot.skills import BaseSkill
{helper}

class Told(BaseSkill):
    triggers = ({trigger!r},)

    def execute(self, context):
        return {answer}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    made = tmp_path / "authors"
    made.mkdir()
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "authors"]:
        del sys.modules[name]


def write(folder: Path, answer: str = "'one'", trigger: str = "tell", helper: str = "") -> None:
    (folder / "told.py").write_text(SOURCE.format(answer=answer, trigger=trigger, helper=helper), encoding="utf8")


def test_an_edit_is_loaded_at_the_next_reading_of_the_rows(folder: Path) -> None:
    write(folder)
    make_skill("authors.told.Told")
    bot = make_bot()
    assert call("tell", bot).text == "one"
    write(folder, "'two'")  # the same second, the same size
    assert call("tell", bot).text == "two"
    write(folder, "'three'", trigger="say")
    assert call("say", bot).text == "three"


@pytest.mark.parametrize(
    ("answer", "helper"),
    [("'one' +", ""), ("'two'", "import missing_module"), ("'two'", "raise SystemExit(1)"), ("'two'", "del BaseSkill")],
)
def test_a_broken_edit_keeps_the_class_that_worked_and_shows_the_error(folder: Path, answer: str, helper: str) -> None:
    write(folder)
    skill = make_skill("authors.told.Told")
    bot = make_bot()
    assert call("tell", bot).text == "one"
    write(folder, answer, helper=helper)
    assert call("tell", bot).text == "one"
    skill.refresh_from_db()
    assert "authors.told.Told: " in skill.load_error
    write(folder, "'mended'")
    assert call("tell", bot).text == "mended"
    skill.refresh_from_db()
    assert skill.load_error == ""


def test_a_reload_that_is_asked_for_also_loads_what_the_skill_imports(folder: Path) -> None:
    (folder / "words.py").write_text("WORD = 'old'\n", encoding="utf8")
    write(folder, "WORD", helper="from authors.words import WORD")
    skill = make_skill("authors.told.Told")
    bot = make_bot()
    assert call("tell", bot).text == "old"
    (folder / "words.py").write_text("WORD = 'new word'\n", encoding="utf8")
    assert call("tell", bot).text == "old"
    skill.save()
    assert call("tell", bot).text == "new word"


def test_a_first_import_that_failed_is_tried_again_when_somebody_asks(folder: Path) -> None:
    (folder / "told.py").write_text("import missing_module\n", encoding="utf8")
    skill = make_skill("authors.told.Told", "tell")
    bot = make_bot()
    assert not call("tell", bot).ok
    write(folder)
    skill.save()
    assert call("tell", bot).text == "one"


def test_the_products_own_classes_are_not_reloaded() -> None:
    make_skill("skills.weather.WeatherSkill")
    before = registry.load("skills.weather.WeatherSkill")
    Skill.objects.get().save()
    catalogue.clear_cache()
    catalogue.entries(make_bot().pk)
    assert registry.load("skills.weather.WeatherSkill") is before
