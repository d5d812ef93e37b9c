"""Kinds of input that broke tools and plugins of similar products."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from clawdbot.skills import declared
from skills import catalogue, choosing, patterns
from tests.builders import make_bot
from tests.skills.builders import call, make_skill
from tests.skills.service_samples import Forecast, Route

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

HERE = "tests.skills.service_samples"


def test_optional_union_literal_and_enum_keep_their_types_in_the_schema() -> None:
    properties = declared.read(Route).schema["properties"]
    assert all("type" in one or "anyOf" in one for one in properties.values())
    assert "$ref" not in str(properties)
    assert "null" not in str(properties)
    assert properties["level"] == {"enum": [1, 2], "type": "integer"}
    assert properties["size"]["enum"] == [1, 2, 3]
    assert properties["country"] == {"type": "string"}
    assert properties["both"]["anyOf"] == [{"type": "integer"}, {"type": "string"}]
    assert properties["stops"]["items"]["properties"]["place"] == {"type": "string"}
    assert properties["day"] == {"type": "string", "format": "date"}
    assert declared.read(Route).schema["required"] == ["level"]


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"level": 2}, "(<Level.HIGH: 2>, 2, None, None, 1, [], [], None, False)"),
        ({"level": 1, "country": None, "limit": "5"}, "(<Level.LOW: 1>, 2, None, 5, 1, [], [], None, False)"),
        ({"level": 1, "stops": [{"place": "A"}], "sure": "yes"}, "Stop(place='A', minutes=5)"),
    ],
)
def test_arguments_of_these_types_reach_the_skill(arguments: dict[str, Any], shown: str) -> None:
    values = declared.read(Route).from_json(arguments)
    assert shown in repr(tuple(values.values()))


def test_a_person_answers_questions_of_these_types_in_words() -> None:
    by_name = {one.name: one for one in declared.read(Route).parameters}
    assert by_name["level"].check("2") == 2
    assert by_name["size"].check("3") == 3
    assert by_name["tags"].check("red, blue、green") == ["red", "blue", "green"]
    assert by_name["sure"].check("是的") is True
    assert by_name["limit"].check("about 5 please") == 5
    with pytest.raises(ValueError, match="1 / 2 / 3"):
        by_name["size"].check("9")


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a|aa)+$",
        r"\w*\w*\w*\w*\w*\w*\w*!x",
        r"(a?){40}a{40}b",
        r"(.*|.*)*(.*|.*)*z",
        r"^(([a-z])+.)+[A-Z]([a-z])+$",
    ],
)
def test_patterns_that_froze_other_bots_cost_a_turn_little(pattern: str) -> None:
    bot = make_bot().pk
    make_skill("Echo", "nothing", patterns=[pattern] * 20)
    catalogue.clear_cache()
    started = time.monotonic()
    for text in ("a" * 600, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "word " * 200):
        choosing.candidates(bot, text)
    assert time.monotonic() - started < 1.5


def test_a_pattern_is_given_up_for_a_message_and_tried_for_the_next() -> None:
    assert patterns.search(r"(a|aa)+$", "a" * 60 + "b") is None
    assert patterns.search(r"(a|aa)+$", "aaa") is not None


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("git", "please digitise my letters"),
        ("form", "this information is old"),
        (
            "linear",
            "the separability matrix of nested compound models is wrong when a linear model is combined with others",
        ),
        (
            "alarm",
            "people were running around in the street because every alarm in the whole building had gone off at night",
        ),
    ],
)
def test_a_word_of_a_longer_text_is_no_call(word: str, text: str) -> None:
    make_skill("Echo", word)
    catalogue.clear_cache()
    assert choosing.match(make_bot().pk, text) is None


def test_a_sentence_does_not_become_the_value_of_a_text_parameter() -> None:
    make_skill(f"{HERE}.Forecast", "weather", "天气")
    bot = make_bot().pk
    catalogue.clear_cache()
    assert choosing.match(bot, "I hate it when the weather keeps me from going out with my old friends") is None
    assert choosing.match(bot, "昨天跟朋友在外面走路的时候天气突然变得很差让人不舒服") is None
    found = choosing.match(bot, "what's the weather in Paris for 3 days?")
    assert found is not None
    assert dict(found.values) == {"city": "Paris", "days": 3}
    assert Forecast.seen is not None


def test_a_skill_that_failed_to_load_works_as_soon_as_its_file_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when another skill of the same package stays broken."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "pluginsx"
    folder.mkdir()
    body = "class One:\n    def execute(self, context):\n        return '{}'\n"
    (folder / "good.py").write_text(body.format("good"), encoding="utf8")
    (folder / "bad.py").write_text("raise RuntimeError('made by hand')\n", encoding="utf8")
    good, bad = make_skill("pluginsx.good.One", "good"), make_skill("pluginsx.bad.One", "bad")
    bot = make_bot()
    assert call("good", bot).text == "good"
    assert not call("bad", bot).ok
    (folder / "good.py").write_text(body.format("better"), encoding="utf8")
    good.save()
    assert call("good", bot).text == "better"
    (folder / "bad.py").write_text(body.format("mended"), encoding="utf8")
    bad.save()
    assert call("bad", bot).text == "mended"
    for name in [name for name in sys.modules if name.partition(".")[0] == "pluginsx"]:
        del sys.modules[name]


def test_a_list_as_default_is_not_shared_by_two_calls() -> None:
    make_skill(f"{HERE}.Route", "route")
    bot = make_bot()
    assert "['seen']" in call("route 1", bot).text
    assert "['seen', 'seen']" not in call("route 1", bot).text
