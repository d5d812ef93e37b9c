"""A skill that asks first runs on a yes only, with the values that the person saw."""

from __future__ import annotations

import pytest

from skills import runner
from tests.builders import make_bot
from tests.skills.builders import call, make_skill, reply

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

HERE = "tests.skills.service_samples"


def test_the_preview_is_shown_and_a_yes_runs_it() -> None:
    bot = make_bot()
    make_skill(f"{HERE}.Booking", "book")
    asked = call("book for 3 people at noon", bot)
    assert asked.needs is not None
    assert asked.needs.question == "Book a table for 3 at noon.\nShall I do that? (yes/no)"
    assert asked.buttons == ("Yes", "No")
    assert asked.record is None
    done = reply(asked.needs, "Yes!", bot)
    assert done.text == "booked table for 3 at noon"
    assert done.record is not None


@pytest.mark.parametrize(
    ("language", "no", "told"), [("en", "no", "All right, I did nothing."), ("zh-hans", "不要", "好的，我什么也没做。")]
)
def test_anything_but_a_yes_does_nothing(language: str, no: str, told: str) -> None:
    bot = make_bot()
    make_skill(f"{HERE}.Booking", "book")
    asked = call("book 2", bot, language)
    left = reply(asked.needs, no, bot, language)
    assert (left.text, left.ok, left.record) == (told, True, None)


def test_a_missing_value_is_asked_for_before_the_yes() -> None:
    bot = make_bot()
    make_skill(f"{HERE}.Booking", "book")
    asked = call("book", bot, "zh-hans")
    assert asked.needs is not None
    assert (asked.needs.slot, asked.needs.question) == ("guests", "几位？")
    wrong = reply(asked.needs, "12 位", bot, "zh-hans")
    assert wrong.needs is not None
    assert wrong.needs.question == "不能大于 8。\n几位？"
    unsure = reply(wrong.needs, "6位", bot, "zh-hans")
    assert unsure.needs is not None
    assert unsure.needs.slot == runner.CONFIRMED
    assert reply(unsure.needs, "好的", bot, "zh-hans").text == "booked table for 6 at evening"


def test_a_plan_tells_what_would_happen_and_does_nothing() -> None:
    bot = make_bot()
    make_skill(f"{HERE}.Booking", "book")
    found = runner.match(bot.pk, "book for 2 at noon")
    assert found is not None
    planned = runner.plan(found, {"language": "en"})
    assert dict(planned.values) == {"guests": 2, "title": "table", "when": "noon"}
    assert planned.preview == "Book a table for 2 at noon."
    assert planned.question.endswith("(yes/no)")
    missing = runner.match(bot.pk, "book")
    assert missing is not None
    assert runner.plan(missing, {"language": "en"}).question == "For how many?"
