"""Skills, and calls as the engine makes them."""

from __future__ import annotations

from typing import Any

from django.utils import translation

from bots.models import Bot
from clawdbot.skills import BaseSkill, SkillError
from skills import catalogue, runner
from skills.models import BotSkill, Skill
from tests.builders import make_bot


def make_skill(of: str, /, *triggers: str, **values: Any) -> Skill:
    module = values.pop("module", of if "." in of else f"tests.skills.samples.{of}")
    return Skill.objects.create(
        **{"module": module, "name": module.rpartition(".")[2].lower(), "triggers": list(triggers)} | values
    )


def give(bot: Bot, skill: Skill, **values: Any) -> BotSkill:
    made = BotSkill.objects.create(bot=bot, skill=skill, **values)
    catalogue.clear_cache()
    return made


def call(text: str, bot: Bot | None = None, language: str = "en", **context: Any) -> runner.SkillResult:
    """Finds and runs the skill that the message calls."""
    catalogue.clear_cache()
    found = runner.match((bot or make_bot()).pk, text, language)
    assert found is not None
    return runner.run(found, {"language": language, "conversation_id": None, **context})


def matched(text: str, language: str = "en") -> runner.Match | None:
    """Returns the call of the skill that the message calls."""
    catalogue.clear_cache()
    return runner.match(make_bot().pk, text, language)


def reply(needs: runner.Needs | None, text: str, bot: Bot, language: str = "en") -> runner.SkillResult:
    """Answers the question of a form."""
    assert needs is not None
    found = runner.restore(bot.pk, needs.match, text)
    assert found is not None
    return runner.run(found, {"language": language, "conversation_id": None})


def answer_of(skill: type[BaseSkill], language: str = "en", **parameters: Any) -> str:
    """Returns what a skill says to a person with these parameters, also when it refuses."""
    with translation.override(language):
        try:
            return str(skill().execute({"parameters": parameters, "language": language}))  # type: ignore[abstract]
        except SkillError as error:
            return str(error)
