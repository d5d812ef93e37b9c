"""Conversations that other bots are reported to lose their way in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from bots.models import Message
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from clawdbot.flows import Act, Choice, Collect, Confirm, Flow, Say
from clawdbot.skills import BaseSkill
from tests.builders import make_event
from tests.http_server import Server, json_answer
from tests.peers import StubModel
from tests.pipeline.engine.dialog.flows import Chat, make_chat, restart

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

NAME = Collect("name", "text", {"en": "Your name?", "zh": "你的姓名？"})
SIZE = Collect("size", "choice", {"en": "Which size?"}, choices=(Choice("small"), Choice("large")))
COUNT = Collect("count", "integer", {"en": "How many?"})
TOLD = Say({"en": "{name}: {count} {size}."})


class Shop(BaseSkill):
    """Its flow changes while people are in it."""

    name = "shop"
    flow: ClassVar[Flow] = Flow("shop", (NAME, SIZE, COUNT, TOLD), triggers=("shop",))

    def execute(self, context: Any) -> str:
        return ""


@pytest.fixture
def shop(model: StubModel) -> Chat:
    return make_chat("tests.pipeline.engine.dialog.test_flow_foreign.Shop")


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "Hi there!",
        "how are you?",
        "thanks",
        "lol",
        "what can you do for me?",
        "你好",
        "在吗？",
        "谢谢你",
        "哈哈哈",
    ],
)
def test_chatting_fills_no_text(shop: Chat, text: str) -> None:
    shop.say("shop")
    shop.say(text)
    assert shop.frames[0]["slots"] == {}
    assert shop.frames[0]["tries"] == 0
    shop.say("Ann")
    assert shop.frames[0]["slots"] == {"name": "Ann"}


def new_version(monkeypatch: pytest.MonkeyPatch, *steps: Any) -> None:
    monkeypatch.setattr(Shop, "flow", Flow("shop", steps, triggers=("shop",), version=2))
    restart()


def test_a_step_that_a_new_version_removed_is_not_asked_any_more(shop: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("shop", "Ann"):
        shop.say(text)
    new_version(monkeypatch, NAME, COUNT, TOLD)
    assert shop.say("small") == "How many?"
    assert shop.say("3") == "Ann: 3 {size}."


def test_a_value_that_a_new_version_refuses_is_asked_again(shop: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("shop", "Ann", "small"):
        shop.say(text)
    new_version(monkeypatch, NAME, replace(SIZE, choices=(Choice("medium"),)), COUNT, TOLD)
    assert shop.say("3") == "Which size?\n1. medium"
    assert shop.say("medium") == "Ann: 3 medium."


def test_a_slot_with_a_new_name_is_asked_and_everything_else_kept(shop: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("shop", "Ann", "small"):
        shop.say(text)
    new_version(monkeypatch, NAME, replace(SIZE, slot="measure"), replace(COUNT, type="number"), TOLD)
    assert shop.say("3") == "Which size?\n1. small\n2. large"
    assert shop.frames[0]["slots"] == {"name": "Ann", "count": 3}


@pytest.mark.parametrize("text", ["cancel", "Cancel.", "取消"])
def test_cancel_at_a_question_for_words_cancels(shop: Chat, text: str) -> None:
    shop.say("shop")
    shop.say(text)
    assert shop.frames == []


def test_to_switch_to_another_flow_asks_one_question_in_one_message(model: StubModel) -> None:
    chat = make_chat("tests.pipeline.engine.dialog.test_flow_foreign.Shop", "Fruit")
    for text in ("shop", "Ann", "small"):
        chat.say(text)
    before = Message.objects.filter(role="assistant").count()
    assert chat.say("fruit") == "Apple or pear?\n1. apple\n2. pear"
    assert Message.objects.filter(role="assistant").count() == before + 1


def test_five_questions_in_between_do_not_lose_the_flow(shop: Chat) -> None:
    for text in ("shop", "Ann", "small"):
        shop.say(text)
    for number in range(5):
        assert shop.say(f"tell me a story about {number} bears").endswith("\n\nBack to shop:\nHow many?")
    assert shop.frames[0]["tries"] == 0
    assert shop.say("3") == "Ann: 3 small."


def test_a_yes_that_is_sent_twice_makes_one_effect(
    server: Server, monkeypatch: pytest.MonkeyPatch, model: StubModel
) -> None:
    server.answer(json_answer({"text": "Ordered."}))
    monkeypatch.setattr(
        Shop, "flow", Flow("shop", (NAME, Confirm(), Act("webhook", url=f"{server.url}/orders")), triggers=("shop",))
    )
    chat = make_chat("tests.pipeline.engine.dialog.test_flow_foreign.Shop")
    chat.say("shop")
    chat.say("Ann")
    rows = inbox.accept(chat.channel, [make_event("yes"), make_event("yes")]).accepted
    for row_id in rows:
        MessageDispatcher().process(row_id)
    assert len(server.requests) == 1
    assert Message.objects.filter(text="Ordered.").count() == 1


@pytest.mark.parametrize(
    "text", ["{name}", "%(what)s", "%s %d", "<b>Ann</b>", "Ann" + "🙂" * 50, "‮evil", "name: Ann\nsize: small"]
)
def test_strange_words_are_kept_as_words(shop: Chat, text: str) -> None:
    shop.say("shop")
    shop.say(text)
    shop.say("small")
    told = shop.say("2")
    assert told.endswith(": 2 small.")
    assert "{count}" not in told
