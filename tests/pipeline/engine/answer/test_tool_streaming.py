"""A streamed answer with tool calls: all text is shown, nothing of a call; a turn without tools pays nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots.models import Bot, Channel, Message
from bots.pipeline import engine
from tests.builders import say
from tests.pipeline.engine.answer.tool_loop_builders import asking, give
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


class Screen:
    """What a person sees of a streamed answer, and everything that was ever shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.text, self.ever = "", ""
        respond = engine.respond

        def shown(turn: engine.Turn) -> engine.Reply:
            turn.on_token, turn.on_restart = self.token, self.restart
            return respond(turn)

        monkeypatch.setattr("bots.pipeline.dispatch.presenting.engine.respond", shown)

    def token(self, piece: str) -> None:
        self.text += piece
        self.ever += piece

    def restart(self) -> None:
        self.text = ""


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    return Screen(monkeypatch)


def answer() -> str:
    return Message.objects.filter(role="assistant").latest("id").text


def same(first: str, second: str) -> bool:
    return " ".join(first.split()) == " ".join(second.split())


FORMS: list[Any] = [
    call("forecast", "Let me look.", city="Paris"),
    Wants('Let me look.\n<tool_call>{"name": "forecast", "arguments": {"city": "Paris"}}</tool_call>'),
    Wants('Let me look.\n```json\n{"name": "forecast", "arguments": {"city": "Paris"}}\n```'),
]


@pytest.mark.parametrize("first", FORMS)
@pytest.mark.parametrize(("question", "last"), [("Weather?", "It rains in Paris."), ("天气？", "巴黎下雨。")])
def test_text_before_and_after_a_call_is_shown(
    channel: Channel, screen: Screen, first: Wants, question: str, last: str
) -> None:
    give("Forecast")
    with asking(first, Wants(last)) as model:
        say(channel, question)
    assert same(answer(), f"Let me look. {last}")
    assert same(screen.text, answer())
    assert "forecast" not in screen.ever
    assert "{" not in screen.ever
    assert all(body["stream"] for body in model.requests)


def test_the_answer_of_the_product_replaces_what_the_model_did_not_finish(channel: Channel, screen: Screen) -> None:
    give("Forecast")
    with asking(call("forecast", city="Paris")):
        say(channel, "Weather?")
    assert same(screen.text, answer())
    assert answer().startswith("This is what I found:")


def test_a_question_for_a_yes_is_shown(channel: Channel, screen: Screen) -> None:
    give("Mail")
    with asking(call("mail", "I will write.", to="Ann", body="hi")):
        say(channel, "Write to Ann")
    assert same(screen.text, answer())
    assert answer().startswith("I will write.\n\nSend “hi” to Ann.")


def test_a_model_that_breaks_between_two_calls_starts_that_answer_again(channel: Channel, screen: Screen) -> None:
    give("Forecast")
    broken = Wants("It ra", (), "stop")
    with asking(call("forecast", "Let me look.", city="Paris"), broken) as model:
        say(channel, "Weather?")
    assert same(answer(), "Let me look. It ra")
    assert model.malformed == []


def statements(channel: Channel, text: str) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        say(channel, text)
    return [query["sql"] for query in seen.captured_queries]


@pytest.mark.parametrize("why", ["off", "none", "unused"])
def test_a_turn_that_calls_no_tool_pays_no_statement(channel: Channel, why: str) -> None:
    if why != "none":
        give("Forecast")
    if why == "off":
        Bot.objects.update(tools_enabled=False)
    with asking(Wants("Hello.")):
        say(channel, "one")
        found = statements(channel, "two")
    assert not [sql for sql in found if "toolcall" in sql or "bottool" in sql]
