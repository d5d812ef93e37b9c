"""For every behaviour of a skill the person gets an answer and the operator a record."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from skills import limits, runner
from skills.models import Skill, SkillRun
from tests.builders import make_bot
from tests.skills import samples
from tests.skills.builders import call, give, make_skill, reply
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def test_a_minimal_class_gets_the_rest_of_the_message() -> None:
    make_skill("Echo", "say", "复述")
    assert call("please say hello there!").text == "[hello there]"
    assert call("请复述我爱你", language="zh-hans").text == "[我爱你]"
    assert call("say").text == "[]"


def test_a_class_without_a_base_works() -> None:
    make_skill("Plain", "go")
    assert call("go").text == "plain"


def test_an_undeclared_parameter_is_taken_from_the_message_or_asked_for() -> None:
    bot = make_bot()
    make_skill("City", "天气")
    assert call("北京天气怎么样", bot, "zh-hans").text == "city=北京"
    asked = call("天气怎么样", bot, "zh-hans")
    assert asked.needs is not None
    assert (asked.needs.slot, asked.needs.question) == ("city", "请告诉我：city")
    assert reply(asked.needs, "上海", bot, "zh-hans").text == "city=上海"


def test_an_optional_undeclared_parameter_keeps_its_default() -> None:
    make_skill("Optional", "go")
    assert call("go Paris").text == "Paris today"
    assert call("go").text == "nowhere today"


def test_declared_parameters_are_asked_one_by_one_checked_and_filled() -> None:
    bot = make_bot()
    make_skill("Dice")
    asked = call("roll", bot)
    assert asked.needs is not None
    assert (asked.text, asked.needs.question) == ("", "How many sides?")
    unfit = reply(asked.needs, "many", bot)
    assert unfit.needs is not None
    assert unfit.needs.question.endswith("\nHow many sides?")
    colour = reply(unfit.needs, " 6 ", bot)
    assert colour.needs is not None
    assert colour.needs.question == "Which colour?"
    wrong = reply(colour.needs, "green", bot)
    assert wrong.needs is not None
    assert wrong.needs.question == "red / blue\nWhich colour?"
    assert reply(wrong.needs, "BLUE", bot).text == "6 blue x1"


def test_what_the_first_message_says_is_not_asked_again() -> None:
    make_skill("Dice")
    asked = call("roll a red one")
    assert asked.needs is not None
    assert asked.needs.slot == "sides"
    assert asked.needs.match["values"] == {"colour": "red"}


def test_the_question_comes_in_the_persons_language() -> None:
    make_skill("Dice")
    asked = call("掷骰子", language="zh-hans")
    assert asked.needs is not None
    assert asked.needs.question == "几面的骰子？"


def test_a_form_whose_skill_was_switched_off_is_dropped() -> None:
    bot = make_bot()
    skill = make_skill("Dice")
    asked = call("roll", bot)
    assert asked.needs is not None
    give(bot, skill, enabled=False)
    assert runner.restore(bot.pk, asked.needs.match, "6") is None


def test_the_skill_sees_context_and_configuration_laid_over_by_the_bots() -> None:
    bot = make_bot()
    skill = make_skill("Configured", "go", config={"a": 1, "b": 1})
    give(bot, skill, config={"b": 2})
    assert call("go", bot, extra="more").text == "{'a': 1, 'b': 2} en go more"


@pytest.mark.parametrize("name", ["Fails", "Exits", "Silent"])
def test_a_skill_that_raises_is_recorded_and_the_person_hears_a_kind_word(name: str) -> None:
    make_skill(name, "go")
    result = call("go")
    assert not result.ok
    assert result.text.startswith("Sorry, “")
    assert "RuntimeError" not in result.text
    run = result.record
    assert run is not None
    assert (run.ok, bool(run.error)) == (False, True)
    assert "abcdefghijklmnop" not in run.detail
    assert call("go", language="zh-hans").text.startswith("抱歉")


def test_a_sentence_meant_for_the_person_reaches_them() -> None:
    make_skill("Refuses", "go")
    result = call("go")
    assert (result.ok, result.text) == (False, "I only do that on Sundays.")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[samples.Slow]]:
    monkeypatch.setattr(samples.Slow, "started", [])
    monkeypatch.setattr(samples.Slow, "released", threading.Event())
    yield samples.Slow
    samples.Slow.released.set()


@pytest.mark.usefixtures("slow")
def test_a_skill_over_its_time_limit_is_abandoned() -> None:
    make_skill("Slow", "go")
    result = call("go")
    assert (result.ok, "took too long" in result.text) == (False, True)
    assert result.record is not None
    assert result.record.error == "TooSlow"


def test_a_skill_that_keeps_hanging_is_not_started_again_until_it_comes_back(slow: type[samples.Slow]) -> None:
    skill = make_skill("Slow", "go")
    for _ in range(4):
        assert not call("go").ok
    assert not call("go").ok
    assert len(slow.started) == 4, "the fifth was not even started"
    slow.released.set()
    eventually(lambda: not limits._abandoned_calls[skill.pk])
    skill.timeout_s = 30
    skill.save()
    assert call("go").text == "late"


def test_the_rows_time_limit_wins_over_the_class(slow: type[samples.Slow]) -> None:
    make_skill("Slow", "go", timeout_s=60)
    later = threading.Timer(samples.Slow.timeout_s * 3, slow.released.set)
    later.start()
    assert call("go").text == "late"
    later.join()


@pytest.mark.parametrize("module", ["no.such.Thing", "tests.skills.samples.Missing", "tests.skills.samples.NoExecute"])
def test_a_skill_that_cannot_be_loaded_is_recorded_and_told(module: str) -> None:
    make_skill(module, "go")
    result = call("go")
    assert not result.ok
    assert "not available" in result.text
    assert result.record is not None
    assert result.record.error == "SkillUnavailable"
    assert module in Skill.objects.get().load_error


def test_a_run_is_noted_and_the_caller_stores_the_note() -> None:
    bot = make_bot()
    skill = make_skill("Plain", "go")
    run = call("go", bot).record
    assert run is not None
    assert (run.skill_id, run.bot_id, run.ok, run.error, run.detail) == (skill.pk, bot.pk, True, "", "")
    assert not SkillRun.objects.exists()


def test_a_question_is_no_run() -> None:
    make_skill("Dice")
    assert call("roll").record is None


def test_files_of_an_answer_come_in_its_order_with_all_words_as_text() -> None:
    make_skill("Chart", "chart")
    result = call("chart")
    assert [part if isinstance(part, str) else part.name for part in result.parts] == [
        *("Here it is:", "../图 表.png", "Anything else?"),
    ]
    assert result.text == "Here it is:\n\n**Sales**\n\nAnything else?"


def test_a_list_with_nothing_in_it_is_no_answer() -> None:
    make_skill("Nothing", "nothing")
    assert not call("nothing").ok
