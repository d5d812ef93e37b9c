"""Whole talks of the kinds in which other bots are reported to take the wrong answer, or that of the wrong person.

The reports are named beside each kind; the flows and words are our own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from adapters.events import Attachment, EventKind
from bots.models import OutboundMessage
from clawdbot.flows import Choice, Collect, Confirm, Flow, Say
from clawdbot.skills import BaseSkill
from tests.peers import StubModel
from tests.pipeline.dispatch.test_timeouts import later
from tests.pipeline.engine.dialog.flows import Chat, make_chat, restart
from tests.pipeline.engine.dialog.test_buttons import latest, press, shown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

HERE = "tests.pipeline.engine.dialog.test_flow_reported_elsewhere"
PLACES = (
    Choice("cafe", {"en": "☕ Café"}),
    Choice("berlin-west", {"en": "Berlin"}),
    Choice("berlin-east", {"en": "Berlin"}),
    Choice("Room 5"),
    Choice("Smith, John and Sons"),
)


class Visit(BaseSkill):
    """One question of each kind."""

    name = "visit"
    flow: ClassVar[Flow] = Flow(
        "visit",
        (
            Collect("place", "choice", {"en": "Which place?", "zh": "哪里？"}, choices=PLACES),
            Collect("people", "integer", {"en": "How many people?", "zh": "几位？"}, minimum=1, maximum=300),
            Collect("phone", "phone", {"en": "Your number?", "zh": "电话？"}),
            Collect("day", "date", {"en": "Which day?", "zh": "哪天？"}),
            Collect("email", "email", {"en": "Your address?", "zh": "邮箱？"}),
            Confirm(),
            Say({"en": "See you: {place}, {people}."}),
        ),
        triggers=("visit", "拜访"),
    )

    def execute(self, context: Any) -> str:
        return ""


@pytest.fixture
def chat(model: StubModel) -> Chat:
    return make_chat(f"{HERE}.Visit", "Table")


def slots(chat: Chat) -> dict[str, Any]:
    found: dict[str, Any] = chat.frames[-1]["slots"]
    return found


def test_a_whole_talk_of_answers_in_the_forms_that_people_use(chat: Chat) -> None:
    chat.say("visit")
    for refused in ("5", "What is the first day of the week, and the 2nd?", "berlin", "none of these"):
        chat.say(refused)  # botframework-sdk#3115, botbuilder-dotnet#3039 and #2956
        assert slots(chat) == {}, refused
    assert chat.say("cafe") == "How many people?"  # botframework-sdk#2772, botpress/v12#1608
    assert chat.say("two or three").startswith("I see more than one number")
    assert chat.say("a hundred and twenty, please") == "Your number?"
    assert chat.say("No start at 01.01.2022") != "Which day?"  # botbuilder-dotnet#6010
    assert chat.say("+49 (0)30/123456") == "Which day?"  # svthalia/concrexit#3291
    chat.say("today or tomorrow")
    assert "day" not in slots(chat)
    chat.say("Sunday, 5 May 2027")  # it is a Wednesday
    assert "day" not in slots(chat)
    assert chat.say("2030-05-03") == "Your address?"
    assert chat.say("jürgen@example.org.").startswith("Please check")  # Expensify/App#17817
    assert slots(chat) == {
        "place": "cafe",
        "people": 120,
        "phone": "+4930123456",
        "day": "2030-05-03",
        "email": "jürgen@example.org",
    }
    assert chat.say("go for it") == "See you: ☕ Café, 120."  # botframework-solutions#169


def test_values_are_corrected_by_name_before_and_at_the_confirmation(chat: Chat) -> None:
    for text in ("visit", "cafe", "3"):
        chat.say(text)
    assert chat.say("oh, I meant 4 people").startswith("Changed – people: 4.")  # wolf-packs/wolf-core#47
    for text in ("030 123456", "2030-05-03", "ann@example.org"):
        chat.say(text)
    assert "place: Room 5" in chat.say("the place should be Room 5")  # RasaHQ/rasa#9006, #3231
    assert "people: 4" in chat.say("change people to 4")  # the same value again: RasaHQ/rasa#5011
    assert chat.say("好的") == "See you: Room 5, 4."  # microsoft/botframework-sdk#2778


def test_two_people_of_a_group_answer_each_their_own_questions(chat: Chat) -> None:
    """microsoft/botframework-solutions#2746, microsoft/botframework-sdk#1113, MicrosoftDocs/bot-docs#2047."""
    room = Chat(chat.channel, "room")
    ann = {"user": "ann", "chat_type": "group", "mentions_bot": True}
    bob = ann | {"user": "bob"}
    for person in (ann, bob):
        assert room.say("visit", **person).startswith("Which place?")
    assert room.say("cafe", **bob) == "How many people?"
    assert room.say("Room 5", **ann) == "How many people?"
    restart()
    assert room.say("2", **ann) == "Your number?"
    assert room.say("7", **bob) == "Your number?"
    assert sorted((frame["slots"]["place"], frame["slots"]["people"]) for frame in room.frames) == [
        ("Room 5", 2),
        ("cafe", 7),
    ]
    assert room.say("cancel", **ann).startswith("All right, I dropped")
    assert [frame["slots"]["place"] for frame in room.frames] == ["cafe"], "Bob's is still open"
    assert room.say("030 123456", **bob) == "Which day?"


def test_each_of_a_group_presses_their_own_buttons(chat: Chat) -> None:
    room = Chat(chat.channel, "room")
    ann = {"user": "ann", "chat_type": "group", "mentions_bot": True}
    bob = ann | {"user": "bob"}
    room.say("visit", **ann)
    of_ann = latest()
    room.say("visit", **bob)
    of_bob = latest()
    assert press(room, "Room 5", of_ann, **ann) == "How many people?"
    assert press(room, "☕ Café", of_ann, **bob).startswith(("I am not waiting", "This question is for somebody else"))
    assert press(room, "☕ Café", of_bob, **bob) == "How many people?"


def test_files_are_no_answer_and_their_captions_are(chat: Chat) -> None:
    for text in ("visit", "cafe"):
        chat.say(text)
    for kind in ("image", "file", "sticker", "voice"):
        answer = chat.say("", attachments=(Attachment(kind, id=kind),))
        assert answer.endswith("How many people?"), kind
    assert chat.frames[0]["tries"] == 0
    assert chat.say("3", attachments=(Attachment("image", id="photo"),)) == "Your number?"
    assert chat.say("x" * 20_000).endswith("Your number?")


def test_another_language_in_the_middle_changes_the_questions_only(chat: Chat) -> None:
    for text in ("visit", "cafe"):
        chat.say(text)
    assert chat.say("三位") == "电话？"
    assert chat.say("电话是010-62345678") == "哪天？"
    assert slots(chat) == {"place": "cafe", "people": 3, "phone": "01062345678"}


def test_equal_labels_are_told_apart_by_the_button(chat: Chat) -> None:
    """microsoft/botbuilder-dotnet#4619: the second of two like buttons gave the value of the first."""
    chat.say("visit")
    assert shown().count("Berlin") == 2
    rows = OutboundMessage.objects.filter(message=latest()).latest("id").payload["data"]["buttons"]
    second = [button["data"] for row in rows for button in row if button["text"] == "Berlin"][1]
    assert chat.say("", kind=EventKind.ACTION, data=second) == "How many people?"
    assert slots(chat) == {"place": "berlin-east"}


@pytest.mark.parametrize("typed", ["Smith, John and Sons", "smith john and sons", "the last one"])
def test_marks_in_a_label_may_be_left_out(chat: Chat, typed: str) -> None:
    """microsoft/botbuilder-dotnet#837."""
    chat.say("visit")
    assert chat.say(typed) == "How many people?"
    assert slots(chat) == {"place": "Smith, John and Sons"}


def test_a_press_counts_after_the_reminder_of_the_question(chat: Chat) -> None:
    """baptisteArno/typebot.io#2340: after a silence the flow began anew, again and again."""
    chat.say("visit")
    asked = latest()
    later(31)
    assert "still open" in latest().text
    assert press(chat, "Room 5", asked) == "How many people?"


def test_a_press_on_a_former_label_changes_nothing(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """baptisteArno/typebot.io#1508, microsoft/ConversationLearner-SDK#193: the flow is edited meanwhile."""
    chat.say("visit")
    asked = latest()
    steps = (replace(Visit.flow.steps[0], choices=(Choice("park"), Choice("Room 5"))), *Visit.flow.steps[1:])
    monkeypatch.setattr(Visit, "flow", replace(Visit.flow, steps=steps, version=2))
    restart()
    assert press(chat, "☕ Café", asked).endswith("Which place?\n1. park\n2. Room 5")
    assert slots(chat) == {}
    assert press(chat, "Room 5") == "How many people?"


def test_a_bridge_that_sends_the_label_as_text_is_understood(chat: Chat) -> None:
    """douglara/chatwoot-botpress-bridge#17, botpress/messaging#412, nyaruka/courier#348."""
    chat.say("visit")
    assert chat.say(" ☕ Café ") == "How many people?"
    for text in ("3", "030 123456", "2030-05-03", "ann@example.org"):
        chat.say(text)
    assert shown() == ["Yes", "No"]
    assert chat.say("1") == "See you: ☕ Café, 3."  # microsoft/botbuilder-dotnet#1022
