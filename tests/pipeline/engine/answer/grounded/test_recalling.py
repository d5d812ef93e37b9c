"""What no rule reads is found by what it has in common with what was said, and quoted word for word."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bots.models import Message
from bots.pipeline.engine.answer.grounded import conversions, forgetting
from bots.pipeline.engine.answer.grounded.homophones import sounds
from bots.pipeline.engine.answer.grounded.plain_text import asks
from tests.builders import make_bot, make_channel, say

Talk = Callable[..., str]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


@pytest.fixture
def talk() -> Talk:
    channel = make_channel(make_bot())

    def after(*texts: str) -> str:
        for text in texts:
            say(channel, text)
        said = Message.objects.filter(conversation__channel=channel, role="assistant")
        return said.values_list("text", flat=True).last() or ""

    return after


@pytest.mark.parametrize(
    ("texts", "has", "lacks"),
    [
        (("the harbour gate opens at 6:40", "harbour gate time"), "6:40", "Noted"),
        (("猫砂盆在阳台 猫粮在厨房", "猫砂盆"), "阳台", "记下"),
        (
            ("i keep a niece, Ottoline, who breeds newts, and a nephew Rufus, who forges knives", "what does Rufus do"),
            "knives",
            "",
        ),
        (("雨伞是墨绿的", "鱼伞什么颜色"), "墨绿", "不知道"),
        (("the choir is in room 12", "moved the choir to room 31 now", "which room is the choir in"), "31", "room 12"),
        (("please remember. plumber mr. okoro, phone 555 0177", "phone of the plumber?"), "0177", "cannot"),
    ],
)  # fmt: skip
def test_the_persons_own_words_answer(talk: Talk, texts: tuple[str, ...], has: str, lacks: str) -> None:
    answer = talk(*texts)
    assert has in answer
    assert not lacks or lacks not in answer


def test_an_attribute_that_was_not_told_is_said_to_be_unknown(talk: Talk) -> None:
    assert "not told me" in talk("my cousin Bram lives in Ghent", "how old is my cousin?")


def test_what_is_to_be_forgotten_is_left_out_and_the_command_offered(talk: Talk) -> None:
    assert "/forget vet" in talk("my vet is dr. Quill", "forget my vet please")
    assert "Quill" not in talk("who is my vet")


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("forget my dentist", "dentist"),
        ("I'd rather you forgot my shoe size, please", "shoe size"),
        ("i forgot my umbrella", ""),
        ("别记我的体重了", "体重"),
        ("我忘了带伞", ""),
    ],
)
def test_requests_to_forget_name_their_topic(text: str, topic: str) -> None:
    assert forgetting.topic(text) == topic


@pytest.mark.parametrize("text", ["ok so now you know, how old am i", "等了多九", "周末干麻", "店里谁管账来着"])
def test_the_last_clause_makes_a_question_also_by_its_sound(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize("text", ["my shift ends at six, what a relief", "i have a niece, who breeds newts"])
def test_exclamations_and_relative_clauses_ask_nothing(text: str) -> None:
    assert not asks(text)


def test_characters_are_compared_by_their_sound() -> None:
    assert sounds("教连") == sounds("教练")
    assert sounds("牙医") != sounds("牙刷")


def test_units_beside_other_words_are_converted() -> None:
    assert "190 cm" in conversions.answer("how many cm is that, 1.9 m")
    assert conversions.answer("i ran 5 km to work") == ""
