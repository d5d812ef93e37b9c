"""A person leaves the question of a skill in their own words, and what they say instead is answered by the model."""

from __future__ import annotations

import time

import pytest

from bots.models import Channel, Conversation, Message
from bots.pipeline.engine.dialog import leaving
from memory.models import MemoryEntry
from tests.builders import make_channel, say
from tests.peers import StubModel
from tests.skills.builders import make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

CANCELS = [
    *("cancel", "Cancel it, please.", "never mind", "Oh, never mind then", "Nevermind!", "forget it", "no thanks"),
    *("I don't want that anymore", "actually, stop", "ok, forget about it", "Stop it now"),
    *(
        "取消",
        "那取消吧",
        "算了",
        "算了算了，不用了，谢谢",
        "不用啦",
        "先不查了",
        "还是算了吧",
        "不用了，謝謝",
        "沒事了",
    ),
]
OTHERS = [
    *("What is the capital of Peru?", "how do I reset my router", "Do you like cats?", "I didn't ask for that"),
    *("Tell me a joke instead", "sorry, that's not what I meant", "By the way, my train leaves at nine"),
    *(
        "秘鲁的首都是什么？",
        "你会弹钢琴吗",
        "我没问这个呀",
        "我又不是问这个",
        "给我讲个笑话",
        "对了，我明天去上海",
        "我沒問這個",
    ),
]
ANSWERS = [
    *(
        "London",
        "London?",
        "London please",
        "in New York",
        "Stopford",
        "Canceltown",
        "Nome",
        "two pizzas with ham",
        "Is",
    ),
    *("北京", "北京吧", "北京呢？", "不丹", "停車場", "算術"),
]


@pytest.mark.parametrize("text", CANCELS)
def test_a_message_that_only_cancels_is_seen(text: str) -> None:
    assert leaving.cancels(text)


@pytest.mark.parametrize("text", [*OTHERS, *ANSWERS])
def test_other_messages_do_not_cancel(text: str) -> None:
    assert not leaving.cancels(text)


@pytest.mark.parametrize("piece", ["谢", "不了", "好的", "停下", "no way ", "it that "])
def test_a_text_of_repeated_words_is_read_at_once(piece: str) -> None:
    started = time.process_time()
    assert not leaving.cancels((piece * 100)[:90] + "#")
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("text", OTHERS)
def test_a_question_or_another_subject_is_seen(text: str) -> None:
    assert leaving.changes_subject(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_no_change_of_subject(text: str) -> None:
    assert not leaving.changes_subject(text)


def last_answer() -> str:
    return Message.objects.filter(role=Message.Role.ASSISTANT).latest("id").text


def state() -> str:
    return Conversation.objects.get().state


@pytest.fixture
def asked(model: StubModel) -> Channel:
    """A chat in which the skill has just asked for the sides of a die."""
    channel = make_channel()
    make_skill("Dice")
    say(channel, "roll")
    assert (last_answer(), state()) == ("How many sides?", Conversation.State.COLLECTING)
    return channel


def test_a_cancelled_form_is_dropped(asked: Channel, model: StubModel) -> None:
    say(asked, "oh, never mind, thanks")
    assert (last_answer(), state()) == ("All right, I dropped it.", Conversation.State.ACTIVE)
    assert not model.prompts


def test_a_question_leaves_the_form_and_is_answered_and_remembered(asked: Channel, model: StubModel) -> None:
    text = "By the way, where does my sister live?"
    say(asked, text)
    assert (last_answer(), state()) == (f"You said: {text}", Conversation.State.ACTIVE)
    assert MemoryEntry.objects.filter(text=text).exists()


def test_a_sentence_that_is_no_value_leaves_the_form_and_a_short_text_is_asked_again(
    asked: Channel, model: StubModel
) -> None:
    say(asked, "many")
    assert state() == Conversation.State.COLLECTING
    text = "My flight to Sanya leaves on the fifth of December"
    say(asked, text)
    assert (last_answer(), state()) == (f"You said: {text}", Conversation.State.ACTIVE)
    assert MemoryEntry.objects.filter(text=text).exists()


def test_a_choice_is_an_answer_whatever_its_words_mean(model: StubModel) -> None:
    channel = make_channel()
    make_skill("Alarm", "alarm")
    say(channel, "alarm")
    say(channel, "Stop")
    assert last_answer() == "alarm: stop"


def test_a_question_at_the_confirmation_of_forget_deletes_nothing_and_is_answered(
    channel: Channel, model: StubModel
) -> None:
    say(channel, "My sister lives in Chengdu")
    say(channel, "/forget")
    say(channel, "What do you know about my sister?")
    assert last_answer() == "You said: What do you know about my sister?"
    assert state() == Conversation.State.ACTIVE
    assert MemoryEntry.objects.filter(text="My sister lives in Chengdu").exists()
