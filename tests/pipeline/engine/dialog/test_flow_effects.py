"""An effect happens only after a yes, and once, whatever is killed between the yes and the answer."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import Any, ClassVar

import pytest

from bots.models import InboundEvent, Message
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from clawdbot import signatures
from clawdbot.flows import Act, Collect, Confirm, Flow, Say
from clawdbot.skills import BaseSkill
from skills import webhook_signing
from skills.models import SkillRun, ToolCall
from tests.builders import make_event
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.killing import kill_before_statement, recover
from tests.pipeline.engine.dialog.flows import Chat, make_chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]

HERE = "tests.pipeline.engine.dialog.test_flow_effects"


class Order(BaseSkill):
    """Posts to a webhook; the test sets the address."""

    name = "order"
    flow: ClassVar[Flow]

    def execute(self, context: dict[str, Any]) -> str:
        return ""


class Pay(BaseSkill):
    """Has an effect that it cannot make twice without harm."""

    name = "pay"
    effects = frozenset({"outside"})
    runs: ClassVar[list[str]] = []
    flow: ClassVar[Flow] = Flow(
        "pay",
        triggers=("pay",),
        steps=(Collect("sum", "integer", {"en": "How much?"}), Confirm(), Act("skill", skill="self")),
    )

    def execute(self, context: Any) -> str:
        self.runs.append(context.idempotency_key)
        return f"Paid {context['parameters']['sum']}."


def ordering(url: str, **values: Any) -> Flow:
    return Flow(
        "order",
        triggers=("order",),
        steps=(Collect("what", "text", {"en": "What?"}), Confirm(), Act("webhook", url=url, **values)),
    )


@pytest.fixture
def orders(server: Server, monkeypatch: pytest.MonkeyPatch) -> Chat:
    monkeypatch.setattr(Order, "flow", ordering(f"{server.url}/orders"), raising=False)
    return make_chat(f"{HERE}.Order")


def test_the_values_are_posted_signed_and_the_answer_is_said(orders: Chat, server: Server) -> None:
    server.answer(json_answer({"text": "Order 17 is on its way."}))
    orders.say("order")
    orders.say("two lamps")
    assert server.requests == []
    assert orders.say("yes") == "Order 17 is on its way."
    (request,) = server.requests
    assert request.json["values"] == {"what": "two lamps"}
    assert request.json["flow"] == "order"
    signed = request.headers["x-timestamp"].encode() + b"." + request.body
    secret = webhook_signing.secret_of(orders.channel.bot.slug)
    assert request.headers["x-signature"] == signatures.hmac_hex(secret, signed)
    assert request.headers["idempotency-key"] == request.json["idempotency_key"]


@pytest.mark.parametrize("text", ["no", "maybe", "yes but not today", "what does it cost?", "cancel", "/stop", "order"])
def test_nothing_happens_without_a_clear_yes(orders: Chat, server: Server, text: str) -> None:
    orders.say("order")
    orders.say("two lamps")
    orders.say(text)
    assert server.requests == []


@pytest.mark.parametrize(
    "answer",
    [Answer(500), Answer(404), Answer(200, b"<html>", {"Content-Type": "text/html"}), json_answer({"text": 7})],
)
def test_a_receiver_that_fails_is_tried_again_after_a_yes_with_the_same_key(
    orders: Chat, server: Server, answer: Answer
) -> None:
    server.answer(answer, json_answer({"text": "Got it."}))
    orders.say("order")
    orders.say("two lamps")
    told = orders.say("yes")
    if answer.status < 400:
        assert told == "Done, I have passed that on."
        return
    assert told == (
        "I am sorry, that could not be passed on just now. Nothing is lost: your answers are still here.\n\n"
        "Shall I try again? (yes / no)"
    )
    assert orders.say("yes please") == "Got it."
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
    assert len(server.requests) == 2


def test_a_no_after_a_failure_drops_it(orders: Chat, server: Server) -> None:
    server.answer(Answer(500))
    for text in ("order", "two lamps", "yes"):
        orders.say(text)
    assert orders.say("no") == "All right, I dropped order."
    assert orders.frames == []


def test_a_later_order_has_another_key(orders: Chat, server: Server) -> None:
    for _time in range(2):
        for text in ("order", "two lamps", "yes"):
            orders.say(text)
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 2


def test_a_secret_in_the_answer_of_a_receiver_is_not_shown(orders: Chat, server: Server) -> None:
    server.answer(json_answer({"text": "ok, token Bearer abcdefghijklmnop1234"}))
    orders.say("order")
    orders.say("two lamps")
    assert "abcdefghijklmnop1234" not in orders.say("yes")


def kill_at_every_statement(chat: Chat, before: tuple[str, ...]) -> int:
    """Says yes in one chat after the other, killed before each statement in turn. Returns the number of kills."""
    for number in itertools.count(1):
        one = Chat(chat.channel, f"chat-{number}")
        for text in before:
            one.say(text)
        (row_id,) = inbox.accept(chat.channel, [make_event("yes", chat=one.chat)]).accepted
        killed = kill_before_statement(number, lambda row_id=row_id: MessageDispatcher().process(row_id))
        if killed:
            recover()
        assert not InboundEvent.objects.exclude(state=InboundEvent.State.DONE).exists(), f"killed before {number}"
        assert one.frames == [], f"killed before {number}"
        if not killed:
            return number - 1
    raise AssertionError


def test_killed_anywhere_after_the_yes_the_receiver_makes_the_order_once(orders: Chat, server: Server) -> None:
    made: Counter[str] = Counter()

    def receive(request: Recorded) -> Answer:
        made[request.headers["idempotency-key"]] += 1
        return json_answer({"text": "Ordered."})

    server.respond = receive
    kills = kill_at_every_statement(orders, ("order", "a lamp"))
    assert kills >= 15
    # One key a chat: a receiver that knows the key makes the order once, however often it is posted.
    assert len(made) == kills + 1
    last = [chat_last(f"chat-{number}") for number in range(1, kills + 2)]
    assert set(last) == {"Ordered."}


def test_killed_anywhere_after_the_yes_a_skill_never_runs_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pay, "runs", [])
    chat = make_chat(f"{HERE}.Pay")
    kills = kill_at_every_statement(chat, ("pay", "5"))
    assert kills >= 15
    assert max(Counter(Pay.runs).values()) == 1
    last = Counter(chat_last(f"chat-{number}") for number in range(1, kills + 2))
    unknown = [text for text in last if text.startswith("I was interrupted in the middle of it")]
    # Only a kill between the row before the effect and the one after it leaves the outcome unknown, and says so.
    assert set(last) == {"Paid 5.", *unknown}
    assert last["Paid 5."] >= kills - 6
    assert SkillRun.objects.filter(ok=True).count() <= len(Pay.runs)


def chat_last(chat: str) -> str:
    rows = Message.objects.filter(conversation__chat_id=chat, role=Message.Role.ASSISTANT)
    return rows.latest("id").text


def test_the_call_is_in_the_journal_with_its_arguments(orders: Chat, server: Server) -> None:
    for text in ("order", "two lamps", "yes"):
        orders.say(text)
    call = ToolCall.objects.get()
    assert (call.source, call.state) == ("webhook", ToolCall.State.DONE)
    assert json.loads(json.dumps(call.arguments))["values"] == {"what": "two lamps"}


def test_what_an_effect_was_made_with_cannot_be_corrected_any_more(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = Act("webhook", url=f"{server.url}/orders", text={"en": "Ordered {count}."})
    steps = (
        Collect("count", "integer", {"en": "How many?"}),
        Confirm(),
        act,
        Collect("stars", "integer", {"en": "How was it, 1 to 5?"}, maximum=5),
        Say({"en": "Thanks."}),
    )
    monkeypatch.setattr(Order, "flow", Flow("order", steps, triggers=("order",)), raising=False)
    chat = make_chat(f"{HERE}.Order")
    for text in ("order", "3"):
        chat.say(text)
    assert chat.say("yes") == "Ordered 3.\n\nHow was it, 1 to 5?"
    assert chat.say("sorry, I meant 4 count").startswith("That is already done with the former value")
    assert chat.say("5") == "Thanks."
    assert len(server.requests) == 1
