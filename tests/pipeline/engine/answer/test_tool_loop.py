"""A model calls tools through the real pipeline: the loop, its limits, and what tools may do to it."""

from __future__ import annotations

from typing import Any

import pytest

from bots.models import Bot, Channel, Message, ModelProvider, TurnUsage
from skills.models import ToolCall
from tests.peers import BotApi
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking, give, noted
from tests.skills.tool_samples import Noting
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

FORECAST = call("forecast", city="Paris")


@pytest.mark.parametrize(
    ("question", "answer"), [("What is the weather?", "It rains in Paris."), ("巴黎天气怎么样？", "巴黎明天下雨。")]
)
def test_the_model_gets_the_result_and_answers(channel: Channel, api: BotApi, question: str, answer: str) -> None:
    give("Forecast")
    with asking(FORECAST, Wants(answer)) as model:
        assert ask(channel, question) == answer
    assert noted() == ["Paris"]
    assert "Paris: rain for 1 day(s), 17 °C" in model.results[0]
    assert [item.text for item in api.sent] == [answer]
    row = ToolCall.objects.get()
    assert (row.state, row.tool, row.arguments, row.round) == ("done", "forecast", {"city": "Paris"}, 1)
    assert list(ToolCall.objects.of_event(Message.objects.last().inbound_id)) == [row]  # type: ignore[union-attr]
    usage = TurnUsage.objects.get()
    assert (usage.prompt_tokens, usage.completion_tokens) == (200, 20)


def test_text_before_a_call_is_part_of_the_answer(channel: Channel) -> None:
    give("Forecast")
    with asking(call("forecast", "Let me look.", city="Paris"), Wants("It rains.")):
        assert ask(channel) == "Let me look.\n\nIt rains."


@pytest.mark.parametrize("steps", [(FORECAST,), (lambda body: call("forecast", city=str(len(body["messages"]))),)])
def test_a_model_that_always_calls_gets_an_end(channel: Channel, steps: Any) -> None:
    give("Forecast")
    with asking(*steps) as model:
        text = ask(channel)
    assert text.startswith("This is what I found:")
    assert "rain for 1 day(s)" in text
    assert "{" not in text
    assert len(model.requests) <= 10  # an empty answer is asked for once more
    assert ToolCall.objects.count() <= 8
    assert model.malformed == []
    assert "tools" not in model.requests[-1]


def test_a_model_that_only_calls_what_does_not_exist_gets_a_kind_answer(channel: Channel) -> None:
    give("Forecast")
    with asking(call("x")) as model:
        assert ask(channel) == "I could not find that out just now. Please try again later, or ask in other words."
    assert model.malformed == []
    assert set(ToolCall.objects.values_list("state", flat=True)) == {"cancelled"}


def test_at_the_limit_the_model_answers_without_tools(channel: Channel) -> None:
    give("Forecast")
    with asking(*[call("forecast", city=str(number)) for number in range(8)], Wants("Enough: it rains.")) as model:
        assert ask(channel) == "Enough: it rains."
    assert "tools" not in model.requests[-1]
    assert not any(message["role"] == "tool" for message in model.requests[-1]["messages"])
    assert "7: rain" in str(model.requests[-1]["messages"])
    assert Message.objects.get(role="assistant").meta["tools_stopped"] == "rounds"


def test_no_more_than_sixteen_calls_are_made(channel: Channel) -> None:
    give("Forecast")
    many = Wants("", tuple(("forecast", {"city": str(number)}) for number in range(40)))
    with asking(many, Wants("Done.")) as model:
        assert ask(channel) == "Done."
    assert len(noted()) == 16
    assert model.malformed == []


def test_the_same_call_with_the_same_result_ends_the_loop(channel: Channel) -> None:
    give("Forecast")
    with asking(FORECAST, FORECAST, FORECAST, Wants("It rains.")) as model:
        assert ask(channel) == "It rains."
    assert len(model.requests) == 4
    assert "tools" not in model.requests[3]


def test_four_errors_in_a_row_end_the_loop(channel: Channel) -> None:
    give("Forecast", "Broken")
    wrong = [call("broken"), call("nothing"), call("forecast"), call("broken", text="again")]
    with asking(*wrong, Wants("Sorry.")) as model:
        assert ask(channel) == "Sorry."
    assert "tools" not in model.requests[4]


def test_the_cost_of_an_answer_is_bounded(channel: Channel) -> None:
    give("Forecast")
    Bot.objects.update(tool_cost="0.0035")  # of which the last answer needs one
    with asking(lambda body: call("forecast", city=str(len(body["messages"]))), Wants("never")) as model:
        ModelProvider.objects.update(input_price=10)  # 0.001 for each answer
        model.steps = [model.steps[0]]
        ask(channel)
    assert ["tools" in body for body in model.requests[:3]] == [True, True, False]
    assert Message.objects.get(role="assistant").meta["tools_stopped"] == "cost"


def test_readers_overlap_and_writers_do_not(channel: Channel) -> None:
    give("Forecast", "Post")
    Noting.pause_s = 0.3
    calls = (
        *(("forecast", {"city": str(number)}) for number in range(3)),
        ("post", {"text": "a"}),
        ("post", {"text": "b"}),
    )
    with asking(Wants("", calls), Wants("Done.")) as model:
        ask(channel)
    spans = {text: (begun, end) for text, begun, end in Noting.calls}
    readers = [spans[str(number)] for number in range(3)]
    assert max(begun for begun, _end in readers) < min(end for _begun, end in readers)
    assert spans["a"][1] <= spans["b"][0]
    assert max(end for _begun, end in readers) <= spans["a"][0]
    assert [result.split("\n")[1][:4] for result in model.results] == ["0: r", "1: r", "2: r", "post", "post"]


def test_the_time_of_a_loop_is_bounded(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    give("Forecast")
    monkeypatch.setattr("bots.pipeline.engine.answer.tool_loop.limits.WALL_S", 1.0)
    Noting.pause_s = 0.6
    with asking(lambda body: call("forecast", city=str(len(body["messages"])))):
        assert ask(channel).startswith("This is what I found:")
    assert Message.objects.get(role="assistant").meta["tools_stopped"] == "time"
    assert len(noted()) <= 3
