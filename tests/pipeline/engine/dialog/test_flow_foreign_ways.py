"""Ways in which people leave the straight path of a form, as users of other bots report them."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from adapters.events import Attachment
from clawdbot.flows import Act, Choice, Collect, Confirm, Flow, Say
from clawdbot.skills import BaseSkill
from skills.models import ToolCall
from tests.peers import StubModel
from tests.pipeline.engine.dialog.flows import Chat, make_chat, restart

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

HERE = "tests.pipeline.engine.dialog.test_flow_foreign_ways"


class Stay(BaseSkill):
    """Two dates, one after the other."""

    name = "stay"
    flow: ClassVar[Flow] = Flow(
        "stay",
        (
            Collect("arrival", "date", {"en": "When do you arrive?", "zh": "哪天到？"}, future=True),
            Collect("departure", "date", {"en": "When do you leave?", "zh": "哪天走？"}, minimum="arrival"),
            Collect("name", "text", {"en": "Your name?", "zh": "你的姓名？"}),
            Collect("level", "choice", {"en": "Which way?"}, choices=(Choice("back"), Choice("front"))),
            Confirm(),
            Act("say", text={"en": "Booked for {name}."}, effect=False),
            Collect("stars", "integer", {"en": "How many stars do you give?"}, minimum=1, maximum=5),
            Say({"en": "Thank you."}),
        ),
        triggers=("stay", "住店"),
    )

    def execute(self, context: Any) -> str:
        return ""


@pytest.fixture
def chat(model: StubModel) -> Chat:
    return make_chat(f"{HERE}.Stay", "Table", "Fruit", "Survey", "Asks")


def told(chat: Chat, *texts: str) -> str:
    last = ""
    for text in texts:
        last = chat.say(text)
    return last


def slots(chat: Chat) -> dict[str, Any]:
    found: dict[str, Any] = chat.frames[-1]["slots"]
    return found


@pytest.mark.parametrize("word", ["back", "Go back please", "the previous question", "one step back", "undo"])
def test_back_asks_the_question_before_once_more(chat: Chat, word: str) -> None:
    told(chat, "stay", "2030-05-03", "2030-05-07")
    assert chat.say(word) == "All right, one question back.\n\nWhen do you leave?"
    assert slots(chat) == {"arrival": "2030-05-03"}
    assert told(chat, "2030-05-09").endswith("Your name?")
    assert slots(chat)["departure"] == "2030-05-09"


@pytest.mark.parametrize("word", ["上一步", "返回上一题吧", "回到上一个问题"])
def test_back_in_chinese(chat: Chat, word: str) -> None:
    told(chat, "住店", "2030年5月3日", "2030年5月7日")
    assert chat.say(word) == "好的，回到上一个问题。\n\n哪天走？"


def test_back_twice_and_at_the_first_question(chat: Chat) -> None:
    told(chat, "stay", "2030-05-03", "2030-05-07", "back", "back")
    assert slots(chat) == {}
    assert chat.say("back").startswith("This is the first question.\nWhen do you arrive?")


def test_back_from_a_confirmation_does_nothing_else(chat: Chat) -> None:
    told(chat, "stay", "2030-05-03", "2030-05-07", "Ann", "front")
    assert chat.say("back").endswith("Which way?\n1. back\n2. front")
    assert not ToolCall.objects.exists()


def test_a_choice_of_that_name_is_the_choice(chat: Chat) -> None:
    told(chat, "stay", "2030-05-03", "2030-05-07", "Ann", "back")
    assert slots(chat)["level"] == "back"


@pytest.mark.parametrize("word", ["start over", "Restart.", "let's begin again", "重新开始", "从头来吧"])
def test_start_over_keeps_nothing_of_the_form(chat: Chat, word: str) -> None:
    told(chat, "stay", "2030-05-03", "2030-05-07")
    assert chat.say(word).endswith(("When do you arrive?", "哪天到？"))
    assert slots(chat) == {}
    assert len(chat.frames) == 1


def test_a_name_that_holds_the_words_is_a_name(chat: Chat) -> None:
    told(chat, "stay", "2030-05-03", "2030-05-07", "Backhaus")
    assert slots(chat)["name"] == "Backhaus"


@pytest.mark.parametrize("text", ["🙂", "👍👍", "…", "?!", "———", "🎉 🎉"])
def test_emoji_and_marks_are_no_name(chat: Chat, text: str) -> None:
    told(chat, "stay", "2030-05-03", "2030-05-07")
    assert chat.say(text).endswith("Your name?")
    assert "name" not in slots(chat)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("👍", True), ("👍🏽", True), ("✅", True), ("👌", True), ("👎", False), ("👎🏿", False), ("❌", False)],
)
def test_a_thumb_is_a_yes_or_a_no(chat: Chat, text: str, meant: bool) -> None:
    told(chat, "book a table", "2030-12-05", "3", "window", text)
    assert slots(chat)["dog"] is meant


def test_a_thumb_confirms(chat: Chat) -> None:
    told(chat, "book a table", "2030-12-05", "3", "window", "no", "skip")
    assert chat.say("👍🏻").startswith("Booked 3")


def test_a_sticker_is_no_answer_and_the_question_stays(chat: Chat) -> None:
    told(chat, "stay", "2030-05-03", "2030-05-07")
    answer = chat.say("", attachments=(Attachment("sticker", id="s1"),))
    assert answer.endswith("Your name?")
    assert chat.frames[0]["tries"] == 0


def test_the_words_of_a_voice_message_are_an_answer(chat: Chat) -> None:
    told(chat, "stay")
    chat.say("", attachments=(Attachment("voice", id="v1", transcript="May 3rd, 2030"),))
    assert slots(chat) == {"arrival": "2030-05-03"}


@pytest.mark.parametrize(
    "text", ["from 2030-05-03 to 2030-05-07", "2030-05-03 until 2030-05-07", "2030年5月3日到2030年5月7日"]
)
def test_two_dates_in_one_answer_are_never_mixed_up(chat: Chat, text: str) -> None:
    told(chat, "stay", text)
    found = slots(chat)
    assert found in ({}, {"arrival": "2030-05-03"}, {"arrival": "2030-05-03", "departure": "2030-05-07"}), found


def test_one_date_does_not_fill_both(chat: Chat) -> None:
    told(chat, "stay", "2030-05-03")
    assert slots(chat) == {"arrival": "2030-05-03"}


def test_a_departure_before_the_arrival_is_refused_with_the_day(chat: Chat) -> None:
    text = told(chat, "stay", "2030-05-03", "2030-05-01")
    assert "2030" in text
    assert text.endswith("When do you leave?")


def test_a_value_in_the_first_sentence_is_checked_too(chat: Chat) -> None:
    chat.say("book a table on 2001-01-01")
    assert slots(chat) == {}


@pytest.mark.parametrize("text", ["-1", "0", "minus two", "负二", "1000000000000"])
def test_a_number_out_of_bounds_is_refused(chat: Chat, text: str) -> None:
    told(chat, "book a table", "2030-12-05")
    chat.say(text)
    assert "people" not in slots(chat)


@pytest.mark.parametrize(
    ("text", "count"), [("three", 3), ("a table for four, please", 4), ("两个人", 2), ("五位", 5), ("３", 3)]
)
def test_numbers_in_words_count(chat: Chat, text: str, count: int) -> None:
    told(chat, "book a table", "2030-12-05", text)
    assert slots(chat)["people"] == count


def test_a_second_trigger_of_the_same_form_loses_nothing(chat: Chat) -> None:
    told(chat, "book a table", "2030-12-05")
    assert chat.say("book a table").endswith("For how many?")
    assert (len(chat.frames), slots(chat)) == (1, {"day": "2030-12-05"})


def test_three_interruptions_and_each_comes_back_in_order(chat: Chat) -> None:
    told(chat, "book a table", "fruit", "survey")
    assert told(chat, "4").endswith("Back to the fruit:\nApple or pear?\n1. apple\n2. pear")
    assert told(chat, "cancel").endswith("Back to the table:\nOn which day?")


def test_a_restart_while_a_question_is_open_changes_nothing(chat: Chat) -> None:
    told(chat, "stay", "2030-05-03")
    restart()
    assert told(chat, "2030-05-07").endswith("Your name?")


def test_back_after_something_was_done_does_not_do_it_again(chat: Chat) -> None:
    told(chat, "survey")
    assert chat.say("back").startswith("This is the first question.")
    assert chat.say("4") == "Thank you for 4 stars!"


def test_the_same_wrong_answer_again_and_again_ends(chat: Chat) -> None:
    told(chat, "book a table", "2030-12-05")
    for _time in range(6):
        last = chat.say("zzz")
    assert chat.frames == [] or "people" not in slots(chat)
    assert last
