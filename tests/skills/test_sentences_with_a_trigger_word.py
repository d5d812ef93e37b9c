"""A sentence that only holds a trigger word goes on to the model, and what a person says is remembered in any case."""

from __future__ import annotations

import pytest

from bots.models import Channel, Message
from memory.models import MemoryEntry
from skills.weather_words import is_asked
from tests.builders import say
from tests.peers import StubModel
from tests.skills.builders import make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

STATEMENTS = [
    "My son's temperature was 38.2 last night, is that bad?",
    "I can't stand this weather, we fly to Lisbon on 3 May.",
    "I love the weather in Lisbon",
    "The weather in Lisbon was awful all week",
    "Please don't tell me about the weather, recommend a book",
    "What is the boiling temperature of water?",
    "天气热了，提醒我给妈妈买防晒霜，她用SPF50",
    "她的声音很有温度，大家都喜欢听",
    "别跟我说天气了，推荐一本书",
    "今天天气真好，我们去爬山了",
]


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_goes_to_the_model_and_is_remembered(channel: Channel, model: StubModel, text: str) -> None:
    make_skill("skills.weather.WeatherSkill")
    say(channel, text)
    assert Message.objects.filter(role="assistant").get().text == f"You said: {text}"
    assert MemoryEntry.objects.filter(text=text).exists()


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        *(("weather please", "please"), ("Could you tell me the weather in Nice?", "Could you tell me in Nice?")),
        *(("what will the weather be like tomorrow", "what will be like tomorrow"), ("太原天气", "太原")),
        *(("天气怎么样", "怎么样"), ("I need the weather for Oslo", "I need for Oslo"), ("的黎波里天气", "的黎波里")),
    ],
)
def test_a_request_still_calls_the_skill(text: str, rest: str) -> None:
    assert is_asked(text, rest)


def test_a_skill_with_declared_parameters_leaves_a_long_sentence_without_any_to_the_model(
    channel: Channel, model: StubModel
) -> None:
    make_skill("Dice")
    text = "We watched the barrel roll down the whole hill"
    say(channel, text)
    assert Message.objects.filter(role="assistant").get().text == f"You said: {text}"


def test_what_the_person_says_to_a_skill_is_remembered_and_what_the_skill_says_is_not(
    channel: Channel, model: StubModel
) -> None:
    make_skill("City", "go")
    make_skill("Fails", "break")
    for text in ("go", "Lisbon", "break my phone"):
        say(channel, text)
    assert set(MemoryEntry.objects.values_list("role", "text")) <= {
        *(("user", "go"), ("user", "Lisbon"), ("user", "break my phone")),
    }
    assert MemoryEntry.objects.filter(text="break my phone").exists()
