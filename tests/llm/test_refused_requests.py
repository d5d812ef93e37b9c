"""A request that an endpoint refuses for its own content harms no other request."""

from __future__ import annotations

from typing import Any

import pytest

from bots.llm import NoModelAvailable, PromptRefused, complete
from bots.llm.circuit_breaker import breaker
from bots.llm.consolidation import BudgetedWriter
from memory.consolidation.llm_port import TextRefused
from memory.types import Scope
from tests.http_server import Answer, Server
from tests.llm.builders import QUESTION, chat, make_provider, refusal

pytestmark = pytest.mark.django_db

OWN_CONTENT = [
    refusal(400, "Prompt held back by risk control", code="risk_control"),
    refusal(400, "the context length is 4096 tokens, your input has 5000", code="context_length_exceeded"),
    refusal(400, "user and assistant messages have to alternate"),
    refusal(403, "The input was flagged by moderation", code="403"),
    refusal(413, "Request Entity Too Large"),
    refusal(422, "messages.3.content: not readable"),
]
OF_THE_PROVIDER = [
    refusal(400, "API key not valid. Please pass another one.", code="INVALID_ARGUMENT"),
    refusal(400, "Model does not exist", code="invalid_request_error"),
    refusal(400, "The account is in arrears", code="Arrearage"),
    refusal(401),
    refusal(402, "Insufficient Balance"),
    refusal(403, "this key has no right to the model"),
    refusal(404, "The model `m` does not exist"),
]


@pytest.mark.parametrize("refused", OWN_CONTENT)
def test_the_next_person_is_answered_and_nothing_is_sent_twice(refused: Answer, endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(refused)
    for _ in range(4):
        with pytest.raises(PromptRefused):
            complete(QUESTION)
    assert len(endpoint.requests) == 4
    endpoint.answer(chat("yes"))
    assert complete(QUESTION).text == "yes"


@pytest.mark.parametrize("refused", OF_THE_PROVIDER)
def test_what_is_about_key_model_or_account_opens_the_circuit(refused: Answer, endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(refused)
    for _ in range(2):
        with pytest.raises(NoModelAvailable) as error:
            complete(QUESTION)
        assert not isinstance(error.value, PromptRefused)
    assert len(endpoint.requests) == 1


def test_another_provider_may_answer_what_the_first_refuses(endpoint: Server, second: Server) -> None:
    make_provider(endpoint)
    make_provider(second)
    endpoint.answer(OWN_CONTENT[0])
    second.answer(chat("yes"))
    assert complete(QUESTION).text == "yes"


def test_an_endpoint_that_refuses_one_prompt_works_again(endpoint: Server, monkeypatch: Any) -> None:
    make_provider(endpoint)
    endpoint.answer(refusal(401), OWN_CONTENT[0], chat("yes"))
    monkeypatch.setattr(breaker, "_pause_s", 0.0)
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    with pytest.raises(PromptRefused):
        complete(QUESTION)
    assert complete(QUESTION).text == "yes"


def test_a_consolidation_goes_on_after_a_refused_episode(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(OWN_CONTENT[0], chat("{}"))
    writer = BudgetedWriter(100_000)
    with pytest.raises(TextRefused):
        writer.json(Scope(1, 1), "Summarise.", "bad", {})
    assert len(endpoint.requests) == 1
