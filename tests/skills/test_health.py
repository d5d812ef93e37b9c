"""A skill that keeps failing is switched off for the bot, until somebody switches it on."""

from __future__ import annotations

import pytest

from skills import catalogue, health, runner
from skills.models import SkillHealth
from tests.builders import make_bot
from tests.skills.builders import call, make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def test_five_failures_in_a_row_switch_it_off_for_this_bot_alone() -> None:
    bot, other = make_bot(), make_bot()
    skill = make_skill("Fails", "go")
    for _ in range(5):
        assert not call("go", bot).ok
    row = SkillHealth.objects.get()
    assert (row.failures, row.stopped_at is not None) == (5, True)
    assert row.error.startswith("RuntimeError: the token is")
    assert "abcdefghijklmnop" not in row.error
    assert runner.match(bot.pk, "go") is None, "without waiting two seconds"
    assert runner.match(other.pk, "go") is not None
    assert health.switch_on(bot.pk, skill.pk)
    catalogue.clear_cache()
    assert runner.match(bot.pk, "go") is not None


def test_a_success_between_ends_the_row() -> None:
    bot = make_bot()
    skill = make_skill("Echo", "go")
    for _ in range(4):
        health.failed(bot.pk, skill.pk, "an earlier class")
    assert call("go", bot).ok
    assert not SkillHealth.objects.exists()


def test_a_sentence_for_the_person_is_no_failure() -> None:
    make_skill("Refuses", "go")
    bot = make_bot()
    for _ in range(6):
        assert call("go", bot).text == "I only do that on Sundays."
    assert not SkillHealth.objects.exists()


def test_a_question_for_a_parameter_is_no_failure() -> None:
    make_skill("City", "go")
    assert call("go").needs is not None
    assert not SkillHealth.objects.exists()
