"""Tokens of a loop follow the context window and the budget of the bot; a silent model does not cost the answer."""

from __future__ import annotations

from typing import Any

import pytest

from bots.models import Bot, Channel, InboundEvent, Message, ModelProvider, OutboundMessage
from bots.pipeline.engine.answer.tool_loop.limits import Budget
from skills.models import ToolCall
from tests.conftest import Configured
from tests.http_server import json_answer
from tests.pipeline.engine.answer.test_tool_streaming import Screen
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking, give, noted
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def always(body: dict[str, Any]) -> Wants:
    """Calls as long as it has tools."""
    return call("forecast", city=str(len(body["messages"]))) if body.get("tools") else Wants("It rains everywhere.")


@pytest.mark.parametrize(
    ("window", "of_bot", "tokens", "rounds"),
    [
        (4096, None, (3000, 10), 4),  # four windows are 16,384 tokens, and the last answer has its share
        (32_000, 2000, (3000, 10), 1),  # the budget of the bot counts when it is smaller
        (128_000, None, (60_000, 10), 2),  # 200,000 tokens however large the window is
        (4096, None, (0, 0), 8),  # tokens that an endpoint does not count are estimated
    ],
)
def test_the_tokens_of_a_loop_are_bounded(
    channel: Channel, window: int, of_bot: int | None, tokens: tuple[int, int], rounds: int
) -> None:
    give("Forecast")
    Bot.objects.update(context_tokens=of_bot)
    with asking(always, tokens=tokens) as model:
        ModelProvider.objects.update(context_tokens=window)
        assert ask(channel) == "It rains everywhere."
    assert [bool(body.get("tools")) for body in model.requests] == [True] * rounds + [False]
    meta = Message.objects.get(role="assistant").meta
    assert meta["tools_stopped"] == ("tokens" if rounds < 8 else "rounds")
    assert meta["prompt_tokens"] > 100
    assert model.malformed == []


def test_at_the_limit_of_tokens_the_product_answers_when_the_model_does_not(channel: Channel) -> None:
    give("Forecast")
    with asking(lambda body: call("forecast", city=str(len(body["messages"]))), tokens=(30_000, 10)):
        assert ask(channel).startswith("This is what I found:\n\n**forecast**: ")
    assert Message.objects.get(role="assistant").meta["tools_stopped"] == "tokens"


def test_a_window_is_the_smallest_that_was_asked() -> None:
    budget = Budget()
    assert budget.most_tokens == 200_000
    for tokens in (32_000, 8000, 16_000):
        budget.note_window(tokens)
    assert budget.most_tokens == 32_000


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("last", ["It rains in Paris.", ""])
def test_a_model_that_says_nothing_behind_a_result_is_asked_once_more(
    channel: Channel, streamed: bool, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    give("Post")
    screen = Screen(monkeypatch) if streamed else None

    def silent(body: dict[str, Any]) -> Wants:
        if any(message["role"] == "tool" for message in body["messages"]):
            return Wants("")
        return call("post", text="sell") if body.get("tools") else Wants(last)

    with asking(silent) as model:
        text = ask(channel, "Post it")
    assert text == (last or "This is what I found:\n\n**post**: posted sell")
    assert noted() == ["sell"]
    assert not Message.objects.filter(meta__outage=True).exists()
    assert Message.objects.get(role="assistant").meta["tools_stopped"] == "silence"
    assert model.malformed == []
    if screen is not None:
        assert screen.text.split() == text.split()


def test_a_model_that_says_nothing_with_tools_answers_without_them(channel: Channel) -> None:
    give("Forecast")
    with asking(lambda body: Wants("" if body.get("tools") else "Hello.")) as model:
        assert ask(channel, "Good day") == "Hello."
    assert ["tools" in body for body in model.requests] == [True, True, False]


def test_when_no_model_answers_behind_an_effect_the_results_are_told(channel: Channel, configured: Configured) -> None:
    configured("worker", outage_wait_seconds=0)
    give("Post")
    with asking(call("post", text="sell"), json_answer({"error": {"message": "internal"}}, 500)):
        assert ask(channel, "Post it") == "This is what I found:\n\n**post**: posted sell"
    assert noted() == ["sell"]
    assert InboundEvent.objects.get().state == InboundEvent.State.DONE


def test_a_file_of_a_tool_reaches_the_person_with_the_answer(channel: Channel) -> None:
    give("Painting", "Forecast")
    two = Wants("Let me paint.", (("painting", {"of": "cat"}), ("forecast", {"city": "Paris"})))
    with asking(two, call("painting", of="dog"), Wants("Here they are.")) as model:
        assert ask(channel, "Paint a cat and a dog") == "Let me paint.\n\nHere they are."
    message = Message.objects.get(role="assistant")
    assert [file["name"] for file in message.attachments] == ["cat.png", "dog.png"]
    assert any("file" in row.payload for row in OutboundMessage.objects.all())
    assert "painted cat" in model.results[0]


def test_a_file_of_a_tool_comes_with_the_question_for_a_yes(channel: Channel) -> None:
    give("Painting", "Mail")
    calls = Wants("", (("painting", {"of": "cat"}), ("mail", {"to": "Ann", "body": "a cat"})))
    with asking(calls, Wants("Sent.")):
        assert "Send “a cat” to Ann." in ask(channel, "Paint a cat and mail it")
        assert [file["name"] for file in Message.objects.get(role="assistant").attachments] == ["cat.png"]
        assert ask(channel, "yes") == "Sent."
    assert [len(one.attachments) for one in Message.objects.filter(role="assistant").order_by("id")] == [1, 0]
    assert noted() == ["cat", "Ann: a cat"]
    assert not ToolCall.objects.exclude(state="done").exists()
