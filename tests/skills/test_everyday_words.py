"""Newcomers ask the built-in skills in everyday words that name neither weather nor a calculation."""

from __future__ import annotations

import pytest
import regex

from clawdbot.skills import NotMeant
from skills.calculator import reading
from skills.date_time.skill import is_question
from skills.weather import WeatherSkill


def place(text: str) -> str | None:
    """Returns the place of a weather question, "" when the bot asks for it; None for another message."""
    if not any(regex.search(pattern, text, regex.IGNORECASE) for pattern in WeatherSkill.patterns):
        return None
    try:
        found = WeatherSkill.parse(text=text, rest=text, trigger="", language="en")
    except NotMeant:
        return None
    return str((found or {}).get("city", ""))


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("Is it going to rain tomorrow in Berlin?", "Berlin"),
        ("do i need an umbrella today in Paris", "Paris"),
        ("how hot is it in Madrid right now?", "Madrid"),
        ("will it be sunny this weekend", ""),
        ("should we take a jacket tomorrow", ""),
        ("明天上海会下雨吗", "上海"),
        ("北京今天冷不冷", "北京"),
        ("出门要带伞吗，我在广州", "广州"),
        ("外面冷吗", ""),
        ("is it hot?", None),
        ("我忘了带伞", None),
        ("我喜欢下雨", None),
        ("昨天下雨了", None),
        ("I took my umbrella", None),
    ],
)
def test_rain_heat_and_umbrellas_ask_for_the_weather(text: str, city: str | None) -> None:
    assert place(text) == city


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("split 84 dollars between 3 people", "84/3"),
        ("3个人平分270块，一人多少", "270/3"),
        ("打八折，原价350多少钱", "(350*0.8)"),
        ("帮我算下 128 除以 4", "128 / 4"),
        ("25乘4再加10", "25*4+10"),
        ("what's 3200 - 900", "3200 - 900"),
    ],
)
def test_bills_and_discounts_are_worked_out(text: str, expression: str) -> None:
    assert any(regex.search(pattern, text, regex.IGNORECASE) for pattern in reading.PATTERNS)
    found = reading.read(text)
    assert found is not None
    assert found.expression == expression


def test_a_number_alone_is_no_sum() -> None:
    assert reading.read("555 - 1234") is None


@pytest.mark.parametrize("text", ["whats the date tomorrow", "现在啥时候了", "what year is it?"])
def test_date_and_time_in_loose_words(text: str) -> None:
    assert is_question(text)
