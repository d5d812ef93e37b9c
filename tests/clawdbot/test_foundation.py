from __future__ import annotations

import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import clawdbot
from clawdbot.clock import system_clock, within_window
from clawdbot.errors import ClawdbotError, ConfigurationError
from clawdbot.skills import BaseSkill, Parameter, SkillError

ROOT = Path(__file__).resolve().parents[2]


class NeedsKeyword(ClawdbotError):
    """As an extension might write it: a required keyword, and a message made from it."""

    def __init__(self, *, city: str) -> None:
        super().__init__(f"no weather for {city}", retry_after=2.5)
        self.city = city


def test_an_error_with_a_required_keyword_pickles_whole() -> None:
    again = pickle.loads(pickle.dumps(NeedsKeyword(city="Chengdu")))
    assert (type(again), str(again), again.city) == (NeedsKeyword, "no weather for Chengdu", "Chengdu")
    assert (again.permanent, again.retry_after) == (False, 2.5)


def test_an_error_says_whether_to_try_again() -> None:
    assert not ClawdbotError("x").permanent
    assert ClawdbotError("x", permanent=True).permanent
    assert ConfigurationError("x").permanent
    assert ClawdbotError("x").retry_after is None


def test_the_system_clock_tells_seconds_since_the_epoch() -> None:
    assert abs(system_clock() - time.time()) < 60


def test_a_window_has_two_sides_and_no_room_for_nan() -> None:
    assert within_window(100, 400, 300)
    assert within_window(400, 100, 300)
    assert not within_window(99, 400, 300)
    assert not within_window(float("nan"), 400, 300)


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
    with pytest.raises(ValueError, match=r"^$"):  # what `int` says is Python, not for people
        sides.check("six")
    with pytest.raises(ValueError, match="Red / Blue"):
        colour.check("green")


def test_a_skill_without_execute_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        BaseSkill()  # type: ignore[abstract]


def test_a_skill_error_pickles() -> None:
    assert str(pickle.loads(pickle.dumps(SkillError("no such city")))) == "no such city"


def test_the_version_is_set() -> None:
    assert clawdbot.__version__ == "0.1.0"


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("clawdbot.skills", ("django", "requests", "cryptography", "pydantic")),
        ("clawdbot.crypto", ("django", "requests", "cryptography")),
        ("clawdbot.redaction", ("django", "requests", "cryptography")),
        ("clawdbot.http", ("django", "cryptography")),
        ("adapters.events", ("django", "requests", "pydantic")),
        ("adapters.registry", ("django", "celery", "channels", "cryptography", "adapters.telegram.adapter")),
    ],
)
def test_importing_the_foundation_pulls_in_nothing_slow(module: str, unwanted: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {unwanted!r} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip() == "[]"
