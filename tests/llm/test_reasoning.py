"""Models that think before they answer: nobody reads it, it counts, and it has room."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from bots.llm import ToolSpec, complete
from bots.llm.request_body import ROOM_TO_THINK
from clawdbot.backoff import Backoff
from tests.http_server import Answer, Server, json_answer
from tests.llm.builders import QUESTION, chat, make_provider, refusal

pytestmark = pytest.mark.django_db

CLOCK = ToolSpec("clock", "Tells the time.", {"type": "object", "properties": {}})


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: Any) -> None:
    monkeypatch.setattr("bots.llm.completion.BACKOFF", Backoff(tries=2, first_s=0.0))


def answer(finish: str = "stop", usage: dict[str, Any] | None = None, **message: Any) -> Answer:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
    return json_answer({"model": "m-1", "choices": [choice], "usage": usage or {}})


def stream(*deltas: dict[str, Any], usage: dict[str, Any] | None = None) -> Answer:
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage})
    events = tuple(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
    return Answer(200, b"", {"Content-Type": "text/event-stream"}, (*events, b"data: [DONE]\n\n"))


@pytest.mark.parametrize(
    "thought",
    [
        {"reasoning_content": "secret"},
        {"reasoning": "secret"},
        {"reasoning": "secret", "reasoning_details": [{"type": "reasoning.text", "text": "secret"}]},
    ],
)
def test_thoughts_in_a_field_of_their_own_are_not_shown(endpoint: Server, thought: dict[str, Any]) -> None:
    make_provider(endpoint)
    endpoint.answer(answer(content="Noon.", **thought), stream({"content": None, **thought}, {"content": "Noon."}))
    shown: list[str] = []
    assert complete(QUESTION).text == complete(QUESTION, on_token=shown.append).text == "".join(shown) == "Noon."


@pytest.mark.parametrize(
    ("usage", "completion"),
    [
        # OpenAI: thoughts are part of the completion
        ({"completion_tokens": 90, "total_tokens": 100, "completion_tokens_details": {"reasoning_tokens": 80}}, 90),
        # Grok: they are not
        ({"completion_tokens": 10, "total_tokens": 100, "completion_tokens_details": {"reasoning_tokens": 80}}, 90),
        # Gemini: only the total has them
        ({"completion_tokens": 10, "total_tokens": 100}, 90),
        # no total, or a wrong one
        ({"completion_tokens": 10}, 10),
        ({"completion_tokens": 10, "total_tokens": 0}, 10),
        ({"completion_tokens": 10, "total_tokens": 5000, "completion_tokens_details": {"reasoning_tokens": 8}}, 10),
    ],
)
def test_every_token_of_thoughts_counts_once(endpoint: Server, usage: dict[str, Any], completion: int) -> None:
    make_provider(endpoint, output_price=Decimal(1000))
    reported = {"prompt_tokens": 10, **usage}
    endpoint.answer(answer(content="Noon.", usage=reported), stream({"content": "Noon."}, usage=reported))
    for found in (complete(QUESTION), complete(QUESTION, on_token=lambda _piece: None)):
        assert found.completion_tokens == completion
        assert found.cost == Decimal(completion) / 1000


@pytest.mark.parametrize(
    "usage",
    [{"prompt_tokens_details": {"cached_tokens": 600}}, {"prompt_cache_hit_tokens": 600}],
)
def test_cached_tokens_have_their_price(endpoint: Server, usage: dict[str, Any]) -> None:
    make_provider(endpoint, input_price=Decimal(10), cached_input_price=Decimal(1))
    endpoint.answer(answer(content="Noon.", usage={"prompt_tokens": 1000, "completion_tokens": 5, **usage}))
    found = complete(QUESTION)
    assert (found.prompt_tokens, found.cached_tokens, found.cost) == (1000, 600, Decimal("0.0046"))


def test_a_model_that_only_thought_gets_room_and_keeps_it(endpoint: Server) -> None:
    make_provider(endpoint, context_tokens=100_000)
    endpoint.answer(answer("length", content="", reasoning_content="long thoughts"), answer(content="Noon."))
    assert complete(QUESTION, max_tokens=50).text == "Noon."
    complete(QUESTION, max_tokens=50)
    sent = [request.json["max_tokens"] for request in endpoint.requests]
    assert sent == [50, 50 + ROOM_TO_THINK, 50 + ROOM_TO_THINK]


def test_a_model_of_the_o_series_gets_its_own_parameter(endpoint: Server) -> None:
    make_provider(endpoint, context_tokens=100_000)
    told = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    only = "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) is."
    thought = {"completion_tokens": 50, "completion_tokens_details": {"reasoning_tokens": 50}}
    endpoint.answer(
        refusal(400, told, "max_tokens", "unsupported_parameter"),
        refusal(400, only, "temperature", "unsupported_value"),
        answer("length", content="", usage=thought),
        answer(content="Noon."),
    )
    assert complete(QUESTION, max_tokens=50).text == "Noon."
    last = endpoint.requests[-1].json
    assert last["max_completion_tokens"] == 50 + ROOM_TO_THINK
    assert "max_tokens" not in last
    assert "temperature" not in last


@pytest.mark.parametrize(
    ("told", "longest"),
    [
        ("max_tokens is too large: 9000. This model supports at most 4096 completion tokens.", 4096),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
        ("Range of max_tokens should be [1, 2000]", 2000),
        ("`max_tokens` must be less than or equal to `1024`, the maximum value for `max_tokens`", 1024),
    ],
)
def test_the_longest_answer_is_learnt_from_a_refusal(endpoint: Server, told: str, longest: int) -> None:
    make_provider(endpoint, context_tokens=100_000)
    endpoint.answer(refusal(400, told), chat("yes"))
    assert complete(QUESTION, max_tokens=9000).text == "yes"
    complete(QUESTION, max_tokens=100)
    assert [request.json["max_tokens"] for request in endpoint.requests] == [9000, longest, 100]


def call_of(**more: Any) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": "{}"}, **more}


def loop(thoughts: Any) -> list[Any]:
    assistant = {"role": "assistant", "content": "", "tool_calls": [call_of()], "thoughts": thoughts}
    return [*QUESTION, assistant, {"role": "tool", "content": "noon", "tool_call_id": "call_1", "failed": True}]


SIGNATURE = {"extra_content": {"google": {"thought_signature": "abc"}}}


@pytest.mark.parametrize("streamed", [False, True])
def test_the_signature_of_a_call_goes_back_with_its_result(endpoint: Server, streamed: bool) -> None:
    make_provider(endpoint)
    calls = [{"index": 0, **call_of(**SIGNATURE)}]
    first = stream({"tool_calls": calls}) if streamed else answer("tool_calls", content=None, tool_calls=calls)
    endpoint.answer(first, chat("Noon."))
    found = complete(QUESTION, tools=[CLOCK], on_token=(lambda _piece: None) if streamed else None)
    assert complete(loop(found.thoughts), tools=[CLOCK]).text == "Noon."
    said, result = endpoint.requests[-1].json["messages"][-2:]
    assert said["tool_calls"] == [call_of(**SIGNATURE)]
    assert "thoughts" not in said
    assert "failed" not in result


def test_another_model_gets_no_thoughts(endpoint: Server, second: Server) -> None:
    make_provider(endpoint, name="a", priority=1)
    make_provider(second, name="b", priority=2)
    endpoint.answer(answer("tool_calls", content=None, tool_calls=[call_of(**SIGNATURE)]), refusal(401))
    second.answer(chat("Noon."))
    found = complete(QUESTION, tools=[CLOCK])
    assert complete(loop(found.thoughts), tools=[CLOCK]).provider == "b"
    assert second.requests[-1].json["messages"][-2]["tool_calls"] == [call_of()]


def test_reasoning_is_sent_back_only_where_it_is_asked_for(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(
        answer("tool_calls", content=None, reasoning_content="The clock tells.", tool_calls=[call_of()]),
        refusal(400, "Missing `reasoning_content` field in the assistant message at message index 2."),
        chat("Noon."),
    )
    found = complete(QUESTION, tools=[CLOCK])
    assert complete(loop(found.thoughts), tools=[CLOCK]).text == "Noon."
    sent = [request.json["messages"][-2].get("reasoning_content") for request in endpoint.requests[1:]]
    assert sent == [None, "The clock tells."]


def test_further_parameters_are_sent(endpoint: Server) -> None:
    make_provider(endpoint, extra_body={"reasoning_effort": "low", "chat_template_kwargs": {"enable_thinking": False}})
    endpoint.answer(chat("yes"))
    complete(QUESTION)
    body = endpoint.requests[-1].json
    assert (body["reasoning_effort"], body["chat_template_kwargs"]) == ("low", {"enable_thinking": False})


SCHEMA = {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]}


@pytest.mark.parametrize(
    ("refusals", "forms"),
    [
        ([], ["json_schema"]),
        (["This response_format type is unavailable now"], ["json_schema", "json_object"]),
        (
            ["response_format.type json_schema is not supported", "Unknown parameter: response_format"],
            ["json_schema", "json_object", None],
        ),
        (["Failed to parse grammar"], ["json_schema", "json_object"]),
    ],
)
def test_a_structured_answer_is_asked_for_in_the_best_form(
    endpoint: Server, refusals: list[str], forms: list[str | None]
) -> None:
    make_provider(endpoint)
    endpoint.answer(*(refusal(400, told, code="") for told in refusals), chat('{"summary": "x"}'))
    complete(QUESTION, schema=SCHEMA)
    complete(QUESTION, schema=SCHEMA)
    sent = [(request.json.get("response_format") or {}).get("type") for request in endpoint.requests]
    assert sent == [*forms, forms[-1]], "what was refused is remembered"


@pytest.mark.parametrize("streamed", [False, True])
def test_thoughts_that_a_server_sends_as_the_answer_are_not_shown(endpoint: Server, streamed: bool) -> None:
    make_provider(endpoint)
    thought = "1. Look at the question"
    cut = answer("length", content=thought, reasoning_content=thought)
    if streamed:
        cut = stream({"reasoning_content": thought}, {"content": thought})
    endpoint.answer(cut, stream({"content": "Noon."}) if streamed else answer(content="Noon."))
    shown: list[str] = []
    ways: dict[str, Any] = {"on_token": shown.append, "on_restart": shown.clear} if streamed else {}
    assert complete(QUESTION, **ways).text == "Noon."
    assert "".join(shown) == ("Noon." if streamed else "")
