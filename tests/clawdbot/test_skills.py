"""The base class of skills and its parameters."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from clawdbot.skills import BaseSkill, Parameter, SkillError


class Dice(BaseSkill):
    name = "dice"
    parameters = (
        Parameter("sides", {"en": "How many sides?", "zh": "几面的骰子?"}, validator=int),
        Parameter("colour", choices=("Red", "Blue"), required=False, default="Red"),
    )

    def execute(self, context: dict[str, Any]) -> str:
        return f"1 of {context['parameters']['sides']}"


def test_a_skill_reads_its_parameters() -> None:
    assert Dice().execute({"parameters": {"sides": 6}}) == "1 of 6"
    assert Dice.timeout_s == 10.0


def test_a_parameter_asks_in_the_persons_language() -> None:
    sides, colour = Dice.parameters
    assert sides.question("zh-hans") == "几面的骰子?"
    assert sides.question("fr") == "How many sides?"
    assert colour.question() == "colour?"


def test_a_parameter_checks_what_was_written() -> None:
    sides, colour = Dice.parameters
    assert sides.check(" 6 ") == 6
    assert colour.check("blue") == "Blue"
    with pytest.raises(ValueError, match=r"^$"):  # the message of `int` is for programmers
        sides.check("six")
    with pytest.raises(ValueError, match="Red / Blue"):
        colour.check("green")


def test_a_skill_without_execute_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        BaseSkill()  # type: ignore[abstract]


def test_a_skill_error_pickles() -> None:
    assert str(pickle.loads(pickle.dumps(SkillError("no such city")))) == "no such city"
