"""Of a message that is longer than the prompt takes the model reads both ends, and recall looks for the question."""

from __future__ import annotations

import pytest

from bots.llm.token_estimate import MARK
from bots.models import Channel, ModelProvider
from tests.builders import say
from tests.peers import StubModel

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "Which of these invoices is due on Friday?"
LINE = "an invoice of the garden centre for soil\n"


@pytest.mark.parametrize("text", [f"{LINE * 600}{QUESTION}", f"{QUESTION}\n{LINE * 600}"], ids=["end", "begin"])
def test_the_question_reaches_a_model_with_a_small_window(text: str, channel: Channel, model: StubModel) -> None:
    ModelProvider.objects.update(context_tokens=2048)
    say(channel, text)
    asked = model.prompts[-1][-1]["content"]
    assert QUESTION in asked
    assert MARK in asked
    assert asked.count("soil") > 50


def test_a_message_that_fits_is_whole_in_each_prompt(channel: Channel, model: StubModel) -> None:
    text = f"{LINE * 230}{QUESTION}"
    assert len(text) > 9000
    say(channel, text)
    assert model.prompts[-1][-1]["content"] == text


@pytest.mark.parametrize("place", ["begin", "end"])
def test_recall_finds_what_the_question_at_either_end_is_about(
    place: str, channel: Channel, model: StubModel, words_only: None
) -> None:
    say(channel, "The zylophone teacher of my daughter is called Mr Abernathy.")
    for number in range(14):
        say(channel, f"small talk number {number} about nothing in particular")
    question = "What is the name of the zylophone teacher of my daughter?"
    say(channel, f"{question}\n{LINE * 500}" if place == "begin" else f"{LINE * 500}{question}")
    assert "Abernathy" in model.prompts[-1][0]["content"]
