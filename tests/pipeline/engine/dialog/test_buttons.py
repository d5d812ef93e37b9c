"""Buttons of questions: each counts for the question under which it stands, while that is open, and for nobody else."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from adapters.events import EventKind
from adapters.telegram.keyboard import inline_keyboard
from bots.models import Message, OutboundMessage
from bots.pipeline.engine.dialog import buttons
from bots.pipeline.outbox.payloads import payloads
from clawdbot.flows import Act, Choice, Collect, Confirm, Flow, Say
from clawdbot.skills import BaseSkill
from skills.models import ToolCall
from tests.builders import make_channel
from tests.peers import StubModel
from tests.pipeline.engine.answer.tool_loop_builders import asking, give
from tests.pipeline.engine.dialog.flows import Chat, make_chat, restart
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

HERE = "tests.pipeline.engine.dialog.test_buttons"
LATE = "I am not waiting for an answer to that question now, so I left everything as it is."


class Help(BaseSkill):
    """Its choices are words that mean something else when they are typed."""

    name = "help desk"
    flow: ClassVar[Flow] = Flow(
        "helpdesk",
        (
            Collect("topic", "choice", {"en": "What is it about?"}, choices=(
                Choice("order", {"en": "Where is the order that I placed?"}),
                Choice("stop", {"en": "Stop the delivery"}), Choice("again", {"en": "Again"}),
                Choice("help", {"en": "/help"}))),
            Say({"en": "So: {topic}"}),
        ),
        triggers=("help desk",),
    )  # fmt: skip

    def execute(self, context: Any) -> str:
        return ""


class Many(BaseSkill):
    """Has more choices than buttons fit, and then one whose words are too long."""

    name = "many"
    flow: ClassVar[Flow] = Flow(
        "many",
        (
            Collect("n", "choice", {"en": "Which?"}, choices=tuple(Choice(f"row {n}") for n in range(1, 13))),
            Collect("long", "choice", {"en": "Which way?"}, choices=(Choice("x" * 60), Choice("y"))),
            Confirm(),
            Act("say", text={"en": "ok"}, effect=False),
        ),
        triggers=("many",),
    )

    def execute(self, context: Any) -> str:
        return ""


@pytest.fixture
def chat(model: StubModel) -> Chat:
    return make_chat("Table", "Fruit", "Asks", f"{HERE}.Help", f"{HERE}.Many")


def shown(message: Message | None = None) -> list[str]:
    """The labels of the buttons below the latest answer."""
    message = message or latest()
    return list(message.meta.get(Message.BUTTONS, ()))


def latest() -> Message:
    return Message.objects.filter(role=Message.Role.ASSISTANT).latest("id")


def press(chat: Chat, label: str, under: Message | None = None, **values: Any) -> str:
    """Presses a button as a platform reports it: by the payload that was sent with it."""
    message = under or latest()
    sent = OutboundMessage.objects.filter(message=message).latest("id").payload["data"]["buttons"]
    (data,) = (item["data"] for row in sent for item in row if item["text"] == label)
    return chat.say("", kind=EventKind.ACTION, data=data, **values)


def to_seat(chat: Chat) -> Message:
    for text in ("book a table", "2030-12-05", "3"):
        chat.say(text)
    return latest()


def test_each_question_with_choices_has_buttons(chat: Chat) -> None:
    chat.say("book a table")
    assert shown() == [], "a date is typed"
    chat.say("2030-12-05")
    chat.say("3")
    assert shown() == ["window", "garden"]
    assert press(chat, "garden") == "Do you bring a dog?"
    assert shown() == ["Yes", "No"]
    assert press(chat, "No") == "Anything else?"
    assert shown() == ["Skip"], "an optional question"
    assert press(chat, "Skip").endswith("Shall I go ahead? (yes / no)")
    assert shown() == ["Yes", "No"]
    assert press(chat, "Yes") == "Booked 3 on 2030-12-05 (garden, -)."
    assert shown() == []
    said = Message.objects.filter(role=Message.Role.USER).order_by("id").values_list("text", flat=True)
    assert list(said)[-4:] == ["garden", "No", "Skip", "Yes"], "the transcript has the words, not the payload"


def test_buttons_are_in_the_language_of_the_talk_and_a_press_keeps_it(chat: Chat) -> None:
    for text in ("我想订位", "2030年12月5日", "三位"):
        chat.say(text)
    assert shown() == ["靠窗", "花园"]
    assert press(chat, "靠窗") == "带狗吗？"
    assert shown() == ["是", "否"]
    assert press(chat, "否") == "还有别的要求吗？"
    assert press(chat, "跳过").endswith("可以这样办吗？（是 / 否）")
    assert press(chat, "是") == "Booked 3 on 2030-12-05 (window, -)."


@pytest.mark.parametrize("typed", ["2", "２", "garden", "second", "the second one", "第二个", "2."])
def test_typed_answers_still_work(chat: Chat, typed: str) -> None:
    to_seat(chat)
    chat.say(typed)
    assert chat.frames[0]["slots"]["seat"] == "garden"


@pytest.mark.parametrize("label", ["Where is the order that I placed?", "Stop the delivery", "Again", "/help"])
def test_a_pressed_choice_is_that_choice_whatever_else_its_words_mean(chat: Chat, label: str) -> None:
    chat.say("help desk")
    assert press(chat, label) == f"So: {label}"


def test_a_press_on_an_older_question_changes_nothing_and_says_so(chat: Chat) -> None:
    seat = to_seat(chat)
    chat.say("window")
    assert press(chat, "garden", seat) == f"{LATE}\n\nBack to the table:\nDo you bring a dog?"
    assert chat.frames[0]["slots"]["seat"] == "window"
    assert shown() == ["Yes", "No"], "the open question has its buttons again"
    assert press(chat, "Yes") == "Anything else?"


def test_a_press_after_the_flow_is_over_changes_nothing(chat: Chat) -> None:
    seat = to_seat(chat)
    chat.say("cancel")
    assert press(chat, "garden", seat) == LATE
    assert chat.frames == []


def test_a_press_belongs_to_its_own_run_of_the_flow(chat: Chat) -> None:
    first = to_seat(chat)
    chat.say("cancel")
    to_seat(chat)
    assert press(chat, "garden", first).startswith(LATE)
    assert "seat" not in chat.frames[0]["slots"]


def test_a_press_of_an_earlier_conversation_changes_nothing(chat: Chat) -> None:
    seat = to_seat(chat)
    chat.say("/new")
    assert press(chat, "garden", seat) == LATE


def test_a_yes_to_former_values_is_no_yes_to_others(chat: Chat) -> None:
    to_seat(chat)
    for text in ("window", "no", "skip"):
        chat.say(text)
    former = latest()
    assert "people: 4" in chat.say("no, 4 people")
    assert press(chat, "Yes", former).startswith(LATE)
    assert not ToolCall.objects.exists()
    assert press(chat, "Yes").startswith("Booked 4")


def test_a_double_press_is_taken_once_and_answered_once(chat: Chat) -> None:
    seat = to_seat(chat)
    assert press(chat, "garden", seat) == "Do you bring a dog?"
    assert press(chat, "garden", seat) == ""
    assert press(chat, "window", seat).startswith(LATE), "another button is no double press"
    assert chat.frames[0]["slots"]["seat"] == "garden"
    assert "dog" not in chat.frames[0]["slots"]


def test_the_same_question_asked_again_takes_a_press_on_either_copy(chat: Chat) -> None:
    first = to_seat(chat)
    chat.say("tell me a story about bears")
    assert shown() == ["window", "garden"]
    assert press(chat, "garden", first) == "Do you bring a dog?"


def test_a_press_passes_the_question_of_a_digression(chat: Chat) -> None:
    seat = to_seat(chat)
    assert chat.say("trivia") == "Bees can count. Shall I tell you more?"
    assert chat.names == ["table", "talk"]
    assert shown() == []
    assert press(chat, "garden", seat) == "Do you bring a dog?"
    assert chat.names == ["table"]


def test_a_press_on_a_flow_below_another_is_no_answer_to_the_upper_one(chat: Chat) -> None:
    seat = to_seat(chat)
    chat.say("fruit")
    assert press(chat, "garden", seat).startswith(LATE)
    assert chat.names == ["table", "fruit"]
    assert [frame["slots"].get("seat") for frame in chat.frames] == [None, None]


def test_in_a_group_only_the_person_who_was_asked_may_press(chat: Chat) -> None:
    group = Chat(chat.channel, "group-1")
    ann = {"user": "ann", "chat_type": "group", "mentions_bot": True}
    bob = ann | {"user": "bob"}
    group.say("fruit", **ann)
    assert shown() == ["apple", "pear"]
    assert press(group, "pear", **bob) == "This question is for somebody else in this group, so I left it open."
    assert group.frames[0]["slots"] == {}
    asked = Message.objects.filter(meta__has_key=Message.BUTTONS).latest("id")
    assert press(group, "pear", asked, **ann) == "How many pieces?"


def test_what_does_not_fit_on_buttons_is_a_numbered_list(chat: Chat) -> None:
    text = chat.say("many")
    assert shown() == []
    assert text.endswith("\n12. row 12")
    chat.say("12")
    assert shown() == [], "one label is too long"
    chat.say("2")
    assert chat.frames[0]["slots"] == {"n": "row 12", "long": "y"}
    assert shown() == ["Yes", "No"]


def test_after_a_no_to_the_values_no_button_answers_what_is_wrong(chat: Chat) -> None:
    to_seat(chat)
    for text in ("window", "no", "skip"):
        chat.say(text)
    assert press(chat, "No").startswith("Then I have not done anything. What should be different?")
    assert shown() == []


def test_a_yes_to_a_tool_call_can_be_pressed_once() -> None:
    chat = make_chat()

    def mails(body: dict[str, Any]) -> Wants:
        done = [one for one in body["messages"] if one["role"] == "tool"]
        return Wants("It is on its way.") if done else call("mail", to="Ann", body="hello")

    give("Mail")
    with asking(mails):
        chat.say("Write to Ann")
        asked = latest()
        assert shown() == ["Yes", "No"]
        assert press(chat, "Yes") == "It is on its way."
        assert press(chat, "No", asked) == LATE
    assert ToolCall.objects.get().state == ToolCall.State.DONE


def test_a_pressed_no_to_forget_deletes_nothing_and_a_late_yes_neither(chat: Chat) -> None:
    chat.say("I live in Lyon")
    chat.say("/forget")
    asked = latest()
    assert shown() == ["Yes", "No"]
    assert press(chat, "No") == "Nothing was deleted."
    assert press(chat, "Yes", asked) == LATE


def test_made_up_payloads_are_no_words(chat: Chat) -> None:
    to_seat(chat)
    number = latest().pk
    for data in (f"~{number}.9", f"~{number + 999}.1", "~1.0", f"~{number}.0"):
        assert chat.say("", kind=EventKind.ACTION, data=data).startswith(LATE)
    other = Chat(chat.channel, "chat-2")
    assert other.say("", kind=EventKind.ACTION, data=f"~{number}.1") == LATE, "a button of another chat"
    assert "seat" not in chat.frames[0]["slots"]


def test_the_payload_is_short_and_the_label_is_what_a_platform_shows(chat: Chat) -> None:
    channel = make_channel(platform="telegram", credentials={"token": "1:a", "secret_token": "x"})
    to_seat(chat)
    message = latest()
    message.meta = message.meta | buttons.meta(["苹" * 40, "梨" * 40])
    (payload,) = payloads(channel, message, {"chat_id": "1"})
    keyboard = inline_keyboard(payload["data"]["buttons"])
    assert keyboard is not None
    assert all(len(one["callback_data"].encode()) <= 64 for row in keyboard["inline_keyboard"] for one in row)
    restart()
