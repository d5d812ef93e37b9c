"""A flow asks, is interrupted, corrected and confirmed, and each answer belongs to the question on top."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from bots.models import Conversation, StateTransition
from clawdbot.flows import Collect, Flow, Say
from clawdbot.skills import BaseSkill
from skills.models import Skill, ToolCall
from tests.peers import StubModel
from tests.pipeline.engine.dialog.flows import Chat, make_chat, restart
from tests.skills.builders import make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]


@pytest.fixture
def chat(model: StubModel) -> Chat:
    return make_chat("Table", "Fruit", "Survey", "Asks")


def at_confirmation(chat: Chat) -> str:
    for text in ("book a table", "2030-12-05", "3", "window", "no"):
        chat.say(text)
    return chat.say("skip")


def test_a_flow_asks_for_each_value_confirms_and_acts(chat: Chat) -> None:
    assert chat.say("I'd like to book a table") == "On which day?"
    assert chat.say("2030-12-05") == "For how many?"
    assert chat.say("three of us") == "Where?\n1. window\n2. garden"
    assert chat.say("2") == "Do you bring a dog?"
    assert chat.say("no") == "Anything else?"
    assert chat.say("a quiet corner") == (
        "I am going to book:\n- day: Thursday, Dec. 5, 2030\n- people: 3\n- seat: garden\n- dog: no\n"
        "- note: a quiet corner\n\nShall I go ahead? (yes / no)"
    )
    assert not ToolCall.objects.exists()
    assert chat.say("yes") == "Booked 3 on 2030-12-05 (garden, a quiet corner)."
    assert (chat.conversation.state, chat.frames) == (Conversation.State.ACTIVE, [])


def test_a_flow_speaks_chinese(chat: Chat) -> None:
    assert chat.say("我想订位") == "哪一天？"
    assert chat.say("2030年12月5日") == "几位？"
    assert chat.say("三位") == "坐哪里？\n1. 靠窗\n2. 花园"
    assert chat.say("靠窗吧") == "带狗吗？"
    assert chat.say("不带") == "请回答“是”或“否”。\n带狗吗？"
    assert chat.say("不") == "还有别的要求吗？"
    assert chat.say("没有") == (
        "我将为你预订：\n- 日期：2030年12月5日，星期四\n- 人数：3\n- 座位：靠窗\n- 带狗：否\n\n"
        "可以这样办吗？（是 / 否）"
    )
    assert chat.say("好的") == "Booked 3 on 2030-12-05 (window, -)."


def test_after_two_digressions_and_a_restart_the_open_question_comes_back_verbatim(
    chat: Chat, model: StubModel
) -> None:
    chat.say("book a table")
    asked = chat.say("2030-12-05")
    before = chat.frames[0]["slots"]
    assert chat.say("fruit please") == "Apple or pear?\n1. apple\n2. pear"
    assert chat.say("survey") == "How many stars?"
    assert chat.names == ["table", "fruit", "survey"]
    restart()
    assert chat.say("tell me a joke about llamas") == (
        "You said: tell me a joke about llamas\n\nBack to the survey:\nHow many stars?"
    )
    assert chat.say("4") == "Thank you for 4 stars!\n\nBack to the fruit:\nApple or pear?\n1. apple\n2. pear"
    restart()
    assert chat.say("pear") == "How many pieces?"
    assert chat.say("2") == f"2 × pear.\n\nBack to the table:\n{asked}"
    assert chat.frames[0]["slots"] == before
    assert chat.say("4") == "Where?\n1. window\n2. garden"


def test_a_command_in_the_middle_is_answered_and_the_question_comes_back(chat: Chat) -> None:
    chat.say("book a table")
    told = chat.say("/status")
    assert told.endswith("\n\nBack to the table:\nOn which day?")
    assert chat.say("2030-12-05") == "For how many?"


def test_a_yes_to_the_question_of_a_digression_fills_no_slot_below(chat: Chat, model: StubModel) -> None:
    for text in ("book a table", "2030-12-05", "2", "garden"):
        chat.say(text)
    assert chat.say("trivia") == "Bees can count. Shall I tell you more?"
    assert chat.names == ["table", "talk"]
    assert chat.say("yes") == "You said: yes\n\nBack to the table:\nDo you bring a dog?"
    assert "dog" not in chat.frames[0]["slots"]
    assert chat.say("yes") == "Anything else?"
    assert chat.frames[0]["slots"]["dog"] is True


def test_an_answer_to_the_flow_passes_by_the_question_of_a_digression(chat: Chat) -> None:
    chat.say("book a table")
    chat.say("trivia")
    assert chat.say("2030-12-05") == "For how many?"
    assert chat.names == ["table"]


def test_a_yes_to_a_skill_that_asks_fills_no_slot_below(chat: Chat) -> None:
    make_skill("Alarm", "alarm")
    restart()
    for text in ("book a table", "2030-12-05", "2", "garden"):
        chat.say(text)
    assert chat.say("alarm") == "action?"
    assert chat.names == ["table", "skill"]
    chat.say("yes")
    assert chat.names == ["table", "skill"]
    assert chat.say("stop") == "alarm: stop\n\nBack to the table:\nDo you bring a dog?"
    assert "dog" not in chat.frames[0]["slots"]


def test_a_fourth_flow_is_the_last_and_a_confirmation_still_fits(chat: Chat) -> None:
    chat.say("I live in Lyon")
    more = [f"tests.skills.flow_samples.{name}" for name in ("Table", "Fruit", "Survey")]
    assert Skill.objects.filter(module__in=more).count() == 3
    for text in ("book a table", "fruit", "survey", "/forget"):
        chat.say(text)
    assert chat.names == ["table", "fruit", "survey", "forget"]
    assert chat.say("no") == "Nothing was deleted.\n\nBack to the survey:\nHow many stars?"


def test_a_flow_that_is_open_below_comes_to_the_top_and_is_not_opened_twice(chat: Chat) -> None:
    chat.say("book a table")
    chat.say("fruit")
    assert chat.say("book a table") == "Back to the table:\nOn which day?"
    assert chat.names == ["fruit", "table"]


def test_a_correction_asks_again_only_what_has_to_be_asked(chat: Chat) -> None:
    at_confirmation(chat)
    told = chat.say("no, 4 people")
    assert told.startswith("Changed – people: 4.\n\nI am going to book:\n- day: Thursday, Dec. 5, 2030\n- people: 4\n")
    assert chat.say("the seat should be garden").startswith("Changed – seat: garden.")
    assert chat.say("make it 20").startswith("Changed") is False
    assert chat.say("yes") == "Booked 4 on 2030-12-05 (garden, -)."


def test_a_correction_while_another_question_is_open(chat: Chat) -> None:
    chat.say("book a table")
    chat.say("2030-12-05")
    assert chat.say("no, 2030-12-06") == "Changed – day: Friday, Dec. 6, 2030.\n\nFor how many?"
    assert chat.say("2") == "Where?\n1. window\n2. garden"


@pytest.mark.parametrize(("language", "no"), [("en", "no"), ("zh", "不对")])
def test_a_no_at_the_confirmation_does_nothing_and_asks_what_is_wrong(chat: Chat, language: str, no: str) -> None:
    at_confirmation(chat)
    told = chat.say(no)
    assert (
        told
        == {
            "en": "Then I have not done anything. What should be different? “cancel” drops it.",
            "zh": "好的，我什么都没做。要改哪里？说“取消”就不办了。",
        }[language]
    )
    assert chat.say(no) == {"en": "All right, I dropped the table.", "zh": "好的，订位不办了。"}[language]
    assert not ToolCall.objects.exists()


def test_each_try_gets_one_message_with_reason_and_question_and_the_third_shows_ways_out(chat: Chat) -> None:
    chat.say("book a table")
    chat.say("2030-12-05")
    assert chat.say("9") == "It can be at most 8.\nFor how many?"
    assert chat.say("some") == "I need a number for that.\nFor how many?"
    assert chat.say("some") == (
        "I need a number for that.\nFor how many?\n\n"
        "Some ways out:\n- “person” brings you to someone of our team\n- “cancel” drops it"
    )
    assert chat.say("person").startswith("I am handing you over to a person of our team.")
    assert chat.conversation.state == Conversation.State.HUMAN
    assert "- people" not in chat.conversation.state_data["handed_over"]
    assert "- day: Thursday, Dec. 5, 2030" in chat.conversation.state_data["handed_over"]


def test_after_five_tries_the_flow_is_set_aside_and_can_be_gone_on_with(chat: Chat) -> None:
    chat.say("book a table")
    chat.say("2030-12-05")
    for _try in range(4):
        chat.say("some")
    assert chat.say("some") == (
        "Let us leave the table for now. I keep it for 7 days: say “continue” whenever you like."
    )
    assert chat.conversation.state == Conversation.State.ACTIVE
    restart()
    assert chat.say("let's continue with the table") == "Let us go on with the table.\n\nFor how many?"
    assert chat.say("2") == "Where?\n1. window\n2. garden"


def test_an_optional_question_is_skipped_after_five_tries(model: StubModel) -> None:
    chat = make_chat("tests.pipeline.engine.dialog.test_flows.Optional")
    chat.say("letter")
    for _try in range(2):
        chat.say("none of your business")
    assert "- “skip” leaves it open" in chat.say("xx")
    chat.say("xx")
    assert chat.say("xx") == "Noted: none given."


@pytest.mark.parametrize("text", ["cancel", "oh, never mind then", "forget it", "取消吧", "算了，不用了"])
def test_a_person_cancels_in_their_own_words_and_the_flow_below_comes_back(chat: Chat, text: str) -> None:
    chat.say("fruit")
    chat.say("book a table")
    told = chat.say(text)
    assert chat.names == ["fruit"]
    assert told.startswith(
        ("All right, I dropped the table.\n\nBack to the fruit:", "好的，订位不办了。\n\n回到水果：")
    )
    chat.say(text)
    assert (chat.names, chat.conversation.state) == ([], Conversation.State.ACTIVE)


@pytest.mark.parametrize("command", ["/stop", "/reset", "/new", "/停止", "/重置"])
def test_a_command_leaves_everything(chat: Chat, command: str) -> None:
    for text in ("book a table", "fruit", "survey"):
        chat.say(text)
    chat.say(command)
    assert chat.names == []


@pytest.mark.parametrize(
    "text",
    [
        "I don't want to book a table",
        "how do I book a table?",
        "我不想订位",
        "怎么订位？",
        "Yesterday my brother told me that in Lisbon nobody would ever book a table before nine in the evening, funny",
    ],
)
def test_a_sentence_that_means_something_else_starts_no_flow(chat: Chat, text: str) -> None:
    chat.say(text)
    assert chat.names == []


def test_the_first_message_gives_values(chat: Chat) -> None:
    assert chat.say("book a table by the window on 2030-12-05") == "For how many?"
    assert chat.frames[0]["slots"] == {"day": "2030-12-05", "seat": "window"}
    assert chat.say("2") == "Do you bring a dog?"


def test_a_branch_hands_over_with_what_is_known(chat: Chat) -> None:
    chat.say("调查")
    told = chat.say("1")
    assert told == "我这就帮你转给我们的工作人员，你告诉我的内容他们都能看到，会在这里回复你。"
    assert chat.conversation.state_data["handed_over"] == "unhappy\n- stars：1"


def test_a_question_of_another_person_in_a_group_stays_theirs(chat: Chat) -> None:
    group: dict[str, Any] = {"chat_type": "group", "mentions_bot": True}
    room = Chat(chat.channel, "room")
    assert room.say("book a table", user="ann", **group) == "On which day?"
    room.say("2030-12-07", user="bob", **group)
    assert room.frames[0]["slots"] == {}
    assert room.say("2030-12-05", user="ann", **group) == "For how many?"


def test_a_form_that_the_version_before_left_open_goes_on(chat: Chat) -> None:
    make_skill("Dice", "dice")
    restart()
    chat.say("dice")
    match = chat.frames[0]["data"]["match"]
    Conversation.objects.update(state_data={"form": "skill", "match": match, "asked": 1})
    assert chat.say("6") == "Which colour?"
    chat.say("I live in Rome")
    chat.say("/forget")
    Conversation.objects.update(state_data={"form": "forget"})
    assert chat.say("yes").startswith("Done:")


@pytest.mark.parametrize(
    "data",
    [{}, {"frames": []}, {"frames": [7, {"flow": 3}, {"flow": "unknown:1"}]}, {"frames": "x"}, {"form": "skill"}],
)
def test_a_state_that_nobody_understands_ends(chat: Chat, data: Any) -> None:
    chat.say("fruit")
    Conversation.objects.update(state_data=data)
    assert chat.say("hello there") == "You said: hello there"
    assert (chat.conversation.state, chat.frames) == (Conversation.State.ACTIVE, [])


def test_a_flow_that_is_taken_out_of_service_says_so(chat: Chat) -> None:
    chat.say("fruit")
    Skill.objects.filter(name="fruit").update(enabled=False)
    restart()
    assert chat.say("apple").startswith("I am sorry, I can no longer go on with that")
    assert chat.names == []


def test_the_transitions_are_in_the_log(chat: Chat) -> None:
    chat.say("fruit")
    chat.say("cancel")
    moves = list(StateTransition.objects.order_by("id").values_list("name", "target"))
    assert moves[-1] == ("resume", "active")
    assert {name for name, _target in moves} == {"ask_details", "resume"}


class Optional(BaseSkill):
    """An optional value with a pattern."""

    name = "optional"
    flow: ClassVar[Flow] = Flow(
        "letter",
        triggers=("letter",),
        steps=(
            Collect("code", "text", {"en": "Your code?"}, pattern="[A-Z]{3}", required=False),
            Say({"en": "Noted: {code}."}),
        ),
    )

    def execute(self, context: dict[str, Any]) -> str:
        return ""


@pytest.mark.parametrize("text", ["no, twelve", "sorry, I meant 12", "不对，是12", "改成 12"])
def test_a_parameter_of_a_skill_can_be_corrected_too(chat: Chat, text: str) -> None:
    make_skill("Dice", "dice")
    restart()
    chat.say("dice 6")
    told = chat.say(text)
    if "twelve" in text:  # the validator of this skill takes digits
        assert told.endswith("Which colour?")
        return
    assert told.endswith(("12.\n\nWhich colour?", "12。\n\nWhich colour?"))
    assert chat.say("red") == "12 red x1"
