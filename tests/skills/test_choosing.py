"""Which skill a message calls, and why the other candidates were not chosen."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import pytest

from skills import catalogue, choosing, patterns
from skills.catalogue import Entry
from skills.choosing import BELOW, COMMAND, LATER, MEANING, NOT_MEANT, PATTERN, TOOLS_ONLY, WORDS
from tests.builders import make_bot
from tests.skills.builders import make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

HERE = "tests.skills.service_samples"


def outcome(bot_id: int, text: str, similar: choosing.Similarity | None = None) -> list[tuple[str, str, str]]:
    catalogue.clear_cache()
    return [(one.entry.name, one.how, one.refused) for one in choosing.candidates(bot_id, text, "en", similar)]


def test_the_longest_word_wins_and_a_sentence_about_something_else_does_not_hijack() -> None:
    bot = make_bot().pk
    make_skill("Echo", "roll")
    make_skill("Dice", "roll a die", name="dice game")
    assert outcome(bot, "roll a die") == [("dice game", WORDS, ""), ("echo", WORDS, LATER)]
    sentence = "I would like to know why people roll a die in so many old games"
    assert outcome(bot, sentence)[0] == ("dice game", WORDS, NOT_MEANT)


def test_a_command_calls_its_skill_whatever_else_the_message_says() -> None:
    bot = make_bot().pk
    make_skill(f"{HERE}.Forecast", "weather", name="天气")
    make_skill("Echo", "say")
    assert outcome(bot, "/天气 say Paris") == [("天气", COMMAND, "")]
    assert outcome(bot, "/Forecast@some_bot Paris") == [("天气", COMMAND, "")]
    assert outcome(bot, "/etc/hosts keeps being overwritten") == []
    assert outcome(bot, "/unknown thing") == []
    found = choosing.match(bot, "/forecast Paris", "en")
    assert found is not None
    assert (found.rest, dict(found.values)) == ("Paris", {"city": "Paris"})


def test_a_pattern_calls_a_skill_and_its_groups_are_parameters() -> None:
    bot = make_bot().pk
    make_skill(f"{HERE}.Forecast", "nothing", patterns=[r"umbrella in (?P<city>\w+)"])
    found = choosing.match(bot, "Do I need an umbrella in Paris tomorrow?", "en")
    assert found is not None
    assert dict(found.values) == {"city": "Paris"}
    assert outcome(bot, "umbrella in Rome") == [("forecast", PATTERN, "")]


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("(", "malformed"),
        ("x" * 201, "too_long"),
        (".*", "matches_everything"),
        ("^", "matches_everything"),
        (r"(a+)+$", "too_slow"),
        (r"(\w+\s?)+$", "too_slow"),
    ],
)
def test_a_bad_pattern_is_refused_where_it_is_saved(pattern: str, code: str) -> None:
    with pytest.raises(patterns.PatternRefused) as refused:
        patterns.check(pattern)
    assert refused.value.code == code


@pytest.mark.parametrize("pattern", [r"weather (in|at) (?P<city>\w+)", r"(?P<city>\S{2,10})的?天气", r"^!roll\b"])
def test_a_good_pattern_is_taken(pattern: str) -> None:
    patterns.check(pattern)


def test_a_pattern_that_is_slow_at_a_message_costs_the_turn_little() -> None:
    bot = make_bot().pk
    make_skill("Echo", "nothing", patterns=[r"(x+x+)+y", "("])
    started = time.monotonic()
    assert outcome(bot, "x" * 5000) == []
    assert time.monotonic() - started < 1.0


def test_a_meaning_above_the_threshold_calls_a_skill_when_nothing_else_does() -> None:
    bot = make_bot().pk
    asked: list[str] = []
    sound = make_skill("Echo", "play", examples=["play rain sounds"])
    make_skill(f"{HERE}.Counter", "count", examples=["count me"], threshold=0.9, name="counter")

    def similar(text: str, entries: Sequence[Entry]) -> Mapping[int, tuple[float, str]]:
        asked.append(text)
        return {one.skill_id: (0.5, one.examples[0]) for one in entries}

    assert outcome(bot, "I cannot sleep", similar) == [("counter", MEANING, BELOW), ("echo", MEANING, "")]
    catalogue.clear_cache()
    found = choosing.match(bot, "play it", "en", similar)
    assert found is not None
    assert found.entry.skill_id == sound.pk
    assert asked == ["I cannot sleep"], "a word decided, so no meaning was compared"
    assert choosing.match(bot, "y" * 201, "en", similar) is None


def test_no_meaning_is_compared_for_a_bot_without_examples() -> None:
    bot = make_bot().pk
    make_skill("Echo", "say")

    def similar(text: str, entries: Sequence[Entry]) -> Mapping[int, tuple[float, str]]:
        raise AssertionError("embedding a message costs every turn")

    assert choosing.match(bot, "hello there", "en", similar) is None


def test_by_tools_only_leaves_words_to_the_model_and_keeps_the_command() -> None:
    bot = make_bot().pk
    make_skill("Echo", "say", by_tools_only=True)
    assert outcome(bot, "say hello") == [("echo", WORDS, TOOLS_ONLY)]
    assert outcome(bot, "/echo hello") == [("echo", COMMAND, "")]
    make_skill(f"{HERE}.Counter", "count")
    catalogue.clear_cache()
    assert choosing.match(bot, "count", "en", by_tools_only=True) is None
    assert choosing.match(bot, "count", "en") is not None
