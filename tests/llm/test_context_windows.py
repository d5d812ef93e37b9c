"""A prompt that is too long for a model's real context window is asked again in the length that the model names."""

from __future__ import annotations

import json
import logging

import pytest

from bots.llm import Messages, PromptRefused, Target, complete
from bots.llm.token_estimate import cut_middle, of_messages
from tests.http_server import Answer, Recorded, Server
from tests.llm.builders import QUESTION, chat, make_provider, refusal

pytestmark = pytest.mark.django_db

REFUSALS = [
    "This model's maximum context length is 2048 tokens. However, you requested 5120 tokens.",
    "'max_tokens' or 'max_completion_tokens' is too large: 512. This model's maximum context length is 2048 tokens.",
    "the request exceeds the available context size (2048 tokens), try increasing it",
    "Requested tokens (5120) exceed context window of 2048",
    "The prompt is longer than the 2048 token context window",
]


def long_prompt(target: Target) -> Messages:
    return [{"role": "user", "content": cut_middle("word " * 20_000, target.context_tokens // 2 - 70)}]


@pytest.mark.parametrize("told", REFUSALS)
def test_the_prompt_is_made_anew_and_the_window_is_kept(
    told: str, endpoint: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def respond(request: Recorded) -> Answer:
        body = json.loads(request.body)
        fits = of_messages(body["messages"]) + body["max_tokens"] <= 2048
        return chat("yes") if fits else refusal(400, told, code="context_length_exceeded")

    endpoint.respond = respond
    make_provider(endpoint, context_tokens=8192)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert complete(long_prompt).text == "yes"
    assert len(endpoint.requests) == 4, "only the first prompt is too long"
    assert "its context window has 2048 tokens" in caplog.text


def test_a_prompt_that_cannot_be_made_shorter_is_refused_once(endpoint: Server) -> None:
    make_provider(endpoint, context_tokens=8192)
    endpoint.answer(refusal(400, REFUSALS[0]))
    with pytest.raises(PromptRefused):
        complete(QUESTION)
    assert len(endpoint.requests) == 1


def test_the_reply_has_no_more_than_half_of_the_window(endpoint: Server) -> None:
    make_provider(endpoint, context_tokens=300)
    endpoint.answer(chat("yes"))
    complete(QUESTION, max_tokens=4000)
    assert endpoint.requests[0].json["max_tokens"] == 150
