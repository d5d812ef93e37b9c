"""The person asks to go on, and the model goes on where its answer was cut off."""

from __future__ import annotations

import pytest

from bots.models import Channel, Message
from bots.pipeline.engine.answer import continuing
from tests.builders import answers, say
from tests.peers import StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.mark.parametrize(
    "text",
    [
        "continue", "Continue!", "go on", "Go on, please.", "please continue", "keep going", "carry on", "more",
        "continue where you left off", "Continue from where you stopped", "can you finish your answer?", "and then?",
        "继续", "继续。", "请继续", "继续说", "继续写下去", "接着说", "接着写吧", "繼續", "然后呢？", "往下说", "说完",
        "继续 请", "好的，继续", "能继续吗？",
    ],
)  # fmt: skip
def test_what_asks_to_go_on_is_known(text: str) -> None:
    assert continuing.asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "…", "I continue to live in Munich", "How do I continue my studies?", "Continue with the second recipe",
        "stop", "go on holiday", "more tea", "继续教育是什么？", "我继续住在成都", "接着我去了北京", "不要继续",
        "don't go on",
    ],
)  # fmt: skip
def test_what_says_something_else_is_an_ordinary_message(text: str) -> None:
    assert not continuing.asks(text)


@pytest.mark.parametrize("text", ["go on", "继续"])
def test_the_model_goes_on_where_its_answer_was_cut(text: str, channel: Channel, model: StubModel) -> None:
    model.finish_reason = "length"
    say(channel, "Tell me a story of a fox")
    model.finish_reason = "stop"
    say(channel, text)
    *_, asked, cut, request = model.prompts[-1]
    assert asked == {"role": "user", "content": "Tell me a story of a fox"}
    assert cut == {"role": "assistant", "content": "You said: Tell me a story of a fox"}, "as the model wrote it"
    assert request["content"].startswith(f"{text}\n\n(Your previous answer was cut off")
    assert Message.objects.filter(role="user").latest("id").text == text, "the transcript has the person's words"
    assert answers()[0].endswith(" …")
    say(channel, text)
    assert model.prompts[-1][-1]["content"] == text, "the second answer was complete"


def test_it_goes_on_again_after_a_second_cut_and_recall_looks_for_the_question(
    channel: Channel, model: StubModel, words_only: None
) -> None:
    say(channel, "My fox is called Ferdinand.")
    for number in range(14):
        say(channel, f"small talk number {number} about nothing")
    model.finish_reason = "length"
    say(channel, "Tell me a story of my fox, with his name")
    for _ in range(2):
        say(channel, "continue")
        assert "cut off" in model.prompts[-1][-1]["content"]
        assert "Ferdinand" in model.prompts[-1][0]["content"]


def test_an_answer_that_a_filter_cut_is_not_continued(channel: Channel, model: StubModel) -> None:
    model.finish_reason = "content_filter"
    say(channel, "Tell me a story")
    say(channel, "continue")
    assert model.prompts[-1][-1]["content"] == "continue"
