"""A person goes back in the questions of a skill that has no flow."""

from __future__ import annotations

from typing import Any

import pytest

from clawdbot.skills import AskPerson, BaseSkill, Context, Parameter
from tests.peers import StubModel
from tests.pipeline.engine.dialog.flows import Chat, make_chat, restart

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

HERE = "tests.pipeline.engine.dialog.test_back_in_forms"


class Parcel(BaseSkill):
    """Three declared parameters, then a question in its own words."""

    name = "parcel"
    triggers = ("parcel", "寄件")
    parameters = (
        Parameter("town", {"en": "To which town?", "zh": "寄到哪里？"}),
        Parameter("size", {"en": "Small or large?", "zh": "大件还是小件？"}, choices=("small", "large")),
        Parameter("weight", {"en": "How many kilograms?", "zh": "几公斤？"}, validator=int),
    )

    def execute(self, context: Context) -> str:
        given = context["parameters"]
        if not given.get("when"):
            raise AskPerson("when", "Today or tomorrow?", buttons=("today", "tomorrow"), kept="yes")
        return f"{given['town']}, {given['size']}, {given['weight']}, {given['when']}"


@pytest.fixture
def chat(model: StubModel) -> Chat:
    return make_chat(f"{HERE}.Parcel")


def told(chat: Chat, *texts: str) -> str:
    return [chat.say(text) for text in texts][-1]


def values(chat: Chat) -> dict[str, Any]:
    found: dict[str, Any] = chat.frames[-1]["slots"]
    return found


@pytest.mark.parametrize("word", ["back", "go back please", "previous question"])
def test_back_asks_the_question_before_and_drops_its_answer(chat: Chat, word: str) -> None:
    told(chat, "parcel", "Oslo", "small")
    assert chat.say(word) == "All right, one question back.\n\nSmall or large?"
    assert values(chat) == {"town": "Oslo"}
    assert told(chat, "large") == "How many kilograms?"
    assert values(chat) == {"town": "Oslo", "size": "large"}


def test_back_in_chinese(chat: Chat) -> None:
    told(chat, "寄件", "奥斯陆")
    assert chat.say("上一步") == "好的，回到上一个问题。\n\n寄到哪里？"


def test_back_again_and_again_ends_at_the_first_question(chat: Chat) -> None:
    told(chat, "parcel", "Oslo", "small", "back")
    assert chat.say("back").endswith("To which town?")
    assert chat.say("back") == "This is the first question.\n\nTo which town?"
    assert told(chat, "Rome", "large", "3", "today") == "Rome, large, 3, today"
    assert chat.frames == []


def test_back_from_a_question_of_its_own_words(chat: Chat) -> None:
    told(chat, "parcel", "Oslo", "small", "3")
    assert chat.say("back").endswith("How many kilograms?")
    assert told(chat, "4").startswith("Today or tomorrow?")
    assert told(chat, "tomorrow") == "Oslo, small, 4, tomorrow"


def test_answers_that_do_not_fit_are_no_steps(chat: Chat) -> None:
    told(chat, "parcel", "Oslo", "small", "heavy", "very heavy")
    assert chat.say("back").endswith("Small or large?")


def test_start_over_begins_with_the_first_question(chat: Chat) -> None:
    told(chat, "parcel", "Oslo", "small")
    assert chat.say("start over") == "All right, from the beginning.\n\nTo which town?"
    assert values(chat) == {}


def test_it_works_in_another_process(chat: Chat) -> None:
    told(chat, "parcel", "Oslo", "small")
    restart()
    assert chat.say("back").endswith("Small or large?")
