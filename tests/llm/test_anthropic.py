"""Anthropic's Messages API: the same failure shapes as chat completions, and its own rules."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest

from bots.llm import PromptRefused, ToolSpec, complete
from bots.llm import test_provider as ask_for_a_word
from bots.llm.anthropic import headers, sent_name
from clawdbot.backoff import Backoff
from tests.http_server import Answer
from tests.llm.anthropic_server import KEY, Claude, Says, anthropic, asked, calls, refusal, says, streamed
from tests.llm.builders import QUESTION

pytestmark = pytest.mark.django_db

WEATHER = ToolSpec("weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: Any) -> None:
    monkeypatch.setattr("bots.llm.completion.BACKOFF", Backoff(tries=2, first_s=0.0))


def test_whole_and_streamed_answers_are_the_same(claude: Claude, address: str) -> None:
    anthropic(address)
    claude.steps = (says("It rains  in\nParis."),)
    whole = complete(QUESTION)
    found, shown = streamed()
    assert whole.text == found.text == shown == "It rains  in\nParis."
    assert (whole.prompt_tokens, whole.completion_tokens) == (found.prompt_tokens, found.completion_tokens) == (100, 10)
    assert found.model == "claude-1"
    assert not found.estimated
    assert claude.malformed == []


def test_roles_take_turns_and_no_text_is_empty(claude: Claude, address: str) -> None:
    anthropic(address)
    prompt = asked(
        ("system", "You are a bot."),
        ("assistant", "Hello, I write first."),
        ("user", "a"),
        ("user", " \n"),
        ("user", "b"),
        ("assistant", ""),
        ("assistant", "yes"),
        ("user", "c"),
    )
    assert complete(prompt).text == "All right."
    (body,) = claude.bodies
    assert body["system"] == [{"type": "text", "text": "You are a bot."}]
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user", "assistant", "user"]


def test_an_image_is_sent_as_a_block(claude: Claude, address: str) -> None:
    anthropic(address)
    parts = [
        {"type": "text", "text": ""},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
    ]
    complete([{"role": "user", "content": parts}])
    (block,) = claude.bodies[0]["messages"][0]["content"]
    assert block == {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}


@pytest.mark.parametrize("stream", [False, True])
def test_calls_and_results_make_a_whole_loop(claude: Claude, address: str, stream: bool) -> None:
    anthropic(address, extra_body={"thinking": {"type": "enabled", "budget_tokens": 2000}})
    name = "天气.查询/" + "x" * 80
    tool = ToolSpec(name, "Weather.", {**WEATHER.schema, "anyOf": [{"required": ["city"]}]})
    claude.steps = (calls(sent_name(name), thinking="I look it up.", city="Paris"), says("It rains."))
    ask = streamed if stream else lambda messages, **more: (complete(messages, **more), "")
    first, shown = ask(QUESTION, tools=[tool])
    assert (first.text, shown) == ("", "")
    assert [(call.name, call.arguments) for call in first.calls] == [(name, '{"city": "Paris"}')]
    call = {"id": "call 1/ä", "type": "function", "function": {"name": name, "arguments": first.calls[0].arguments}}
    other = {**call, "id": "b"}
    loop = [
        *QUESTION,
        {"role": "assistant", "content": "", "tool_calls": [call, other], "thoughts": first.thoughts},
        {"role": "tool", "tool_call_id": "b", "content": "no such city", "failed": True},
        {"role": "tool", "tool_call_id": "call 1/ä", "content": "rain"},
        {"role": "user", "content": "and?"},
    ]
    second, _ = ask(loop, tools=[tool])
    assert second.text == "It rains."
    assert claude.malformed == []
    answer, results = claude.bodies[1]["messages"][-2:]
    assert answer["content"][0] == {"type": "thinking", "thinking": "I look it up.", "signature": "sig(I look it up.)"}
    assert [block.get("is_error") for block in results["content"]] == [None, True, None]
    assert results["content"][-1]["text"] == "and?"


def test_a_loop_whose_thoughts_were_lost_goes_on_without_thinking(claude: Claude, address: str) -> None:
    anthropic(address, extra_body={"thinking": {"type": "enabled", "budget_tokens": 2000}})
    call = {"id": "a", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    loop = [
        *QUESTION,
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [call],
            "thoughts": {"of": ("elsewhere", "m"), "blocks": [{}]},
        },
        {"role": "tool", "tool_call_id": "a", "content": "rain"},
    ]
    assert complete(loop, tools=[WEATHER]).text == "All right."
    assert "thinking" not in claude.bodies[0]
    assert claude.malformed == []


def test_thoughts_are_never_shown(claude: Claude, address: str) -> None:
    anthropic(address)
    thought = {"type": "thinking", "thinking": "secret", "signature": "s"}
    hidden = {"type": "redacted_thinking", "data": "xxx"}
    claude.steps = (Says((thought, hidden, {"type": "text", "text": "Noon."})),)
    found, shown = streamed()
    assert found.text == shown == complete(QUESTION).text == "Noon."


def test_instructions_and_tools_are_cached_and_priced(claude: Claude, address: str) -> None:
    anthropic(address, input_price=Decimal(3), output_price=Decimal(15), cached_input_price=Decimal("0.3"))
    tokens = {
        "input_tokens": 1000,
        "output_tokens": 100,
        "cache_read_input_tokens": 20_000,
        "cache_creation_input_tokens": 4000,
    }
    claude.steps = (says("yes", usage=tokens),)
    prompt = asked(("system", "You are a bot.\n\nNow: Monday, 08:00 (UTC).\n\nnotes"), ("user", "hi"))
    for found in (complete(prompt, tools=[WEATHER]), streamed(prompt, tools=[WEATHER])[0]):
        assert (found.prompt_tokens, found.cached_tokens, found.completion_tokens) == (25_000, 20_000, 100)
        assert found.cost == Decimal("0.0255")  # 1000 x 3 + 4000 x 3 x 1.25 + 20000 x 0.3 + 100 x 15, by a million
    stable, rest = claude.bodies[0]["system"]
    assert (stable["text"], stable["cache_control"]) == ("You are a bot.", {"type": "ephemeral"})
    assert "cache_control" not in rest
    assert claude.bodies[0]["tools"][-1]["cache_control"] == {"type": "ephemeral"}
    assert claude.malformed == []


def test_an_object_is_asked_for_by_a_forced_call(claude: Claude, address: str) -> None:
    anthropic(address, extra_body={"thinking": {"type": "enabled", "budget_tokens": 2000}})
    claude.steps = (calls("answer", summary="moved"),)
    for found in (complete(QUESTION, schema={"properties": {}}), streamed(schema={"properties": {}})[0]):
        assert (found.text, found.calls, found.cut) == ('{"summary": "moved"}', (), "")
    assert claude.malformed == []


@pytest.mark.parametrize("base", ["", "/v1", "/v1/messages", "/anthropic"])
def test_every_form_of_the_address_is_understood(claude: Claude, address: str, base: str) -> None:
    claude.path = "/anthropic/v1/messages" if base == "/anthropic" else "/v1/messages"
    anthropic(address, endpoint=f"{address}{base}")
    assert complete(QUESTION).text == "All right."


def test_stop_reasons(claude: Claude, address: str) -> None:
    row = anthropic(address)
    for stop, cut in (("max_tokens", "length"), ("pause_turn", "length"), ("refusal", "content_filter")):
        claude.steps = (says("So far", stop),)
        assert [complete(QUESTION).cut, streamed()[0].cut] == [cut, cut]
    claude.steps = (says("", "refusal"),)
    for ask in (complete, streamed):
        with pytest.raises(PromptRefused):
            ask(QUESTION)
    row.refresh_from_db()
    claude.steps = (says("fine"),)
    assert complete(QUESTION).text == "fine", "a refusal for the content leaves the circuit closed"


def test_the_button_tests_it(claude: Claude, address: str) -> None:
    assert ask_for_a_word(anthropic(address)).ok
    assert not ask_for_a_word(anthropic(address, api_key="wrong")).ok


def test_the_key_goes_where_the_service_looks_for_it(claude: Claude, address: str) -> None:
    claude.header = "authorization"
    anthropic(address)
    assert complete(QUESTION).text == "All right.", "a gateway that reads the bearer only"
    own = headers("https://api.anthropic.com/v1", KEY)
    assert own == {"anthropic-version": "2023-06-01", "x-api-key": KEY}


PNG = base64.b64encode(b"\x89PNG" + bytes(20)).decode()


@pytest.mark.parametrize(
    ("url", "block"),
    [
        (f"data:image/jpeg;base64,{PNG}", {"type": "base64", "media_type": "image/png", "data": PNG}),
        ("https://x.example/a.png", {"type": "url", "url": "https://x.example/a.png"}),
    ],
)
def test_an_image_is_what_its_bytes_say(claude: Claude, address: str, url: str, block: dict[str, str]) -> None:
    anthropic(address)
    complete([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}])
    assert claude.bodies[0]["messages"][0]["content"] == [{"type": "image", "source": block}]


def test_an_image_that_is_too_large_is_named_in_place_of_it(claude: Claude, address: str) -> None:
    anthropic(address)
    url = f"data:image/png;base64,{'A' * (5 * 1024 * 1024 + 4)}"
    complete([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}])
    assert "left out" in claude.bodies[0]["messages"][0]["content"][0]["text"]


def test_alternatives_of_a_schema_become_its_properties(claude: Claude, address: str) -> None:
    anthropic(address)
    parts = [{"properties": {name: {"type": "string"}}, "required": [name]} for name in ("content", "url")]
    complete(QUESTION, tools=[ToolSpec("attach", "", {"type": "object", "anyOf": parts})])
    assert claude.bodies[0]["tools"][0]["input_schema"]["properties"].keys() == {"content", "url"}
    assert claude.malformed == []


def test_a_call_without_arguments_is_a_call(claude: Claude, address: str) -> None:
    anthropic(address)
    clock = ToolSpec("weather", "", {"type": "object", "properties": {}})
    events = (
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "tool_use", "id": "a", "name": "weather"},
        },
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": ""}},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    )
    raw = tuple(f"data: {json.dumps(event)}\n\n".encode() for event in events)
    claude.steps = (calls("weather"), Answer(200, b"", {"Content-Type": "text/event-stream"}, raw))
    found = [complete(QUESTION, tools=[clock]), streamed(tools=[clock])[0]]
    assert [[(call.name, call.arguments) for call in one.calls] for one in found] == [[("weather", "")]] * 2


def test_a_parameter_that_a_model_no_longer_takes_is_left_out(claude: Claude, address: str) -> None:
    anthropic(address)
    claude.steps = (refusal(400, "invalid_request_error", "`temperature` is deprecated for this model."), says("yes"))
    assert complete(QUESTION).text == complete(QUESTION).text == "yes"
    assert ["temperature" in body for body in claude.bodies] == [True, False, False]


def test_a_model_that_cannot_be_forced_answers_in_text(claude: Claude, address: str) -> None:
    anthropic(address)
    told = "Thinking may not be enabled when tool_choice forces tool use."
    claude.steps = (refusal(400, "invalid_request_error", told), says('{"summary": "x"}'))
    assert complete(QUESTION, schema={"properties": {}}).text == '{"summary": "x"}'
    assert ["tool_choice" in body for body in claude.bodies] == [True, False]


def test_counts_that_come_only_at_the_end_count(claude: Claude, address: str) -> None:
    anthropic(address)
    events: tuple[dict[str, Any], ...] = (
        {"type": "message_start", "message": {"usage": {"input_tokens": 0, "output_tokens": 0}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "Noon."}},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"input_tokens": 70, "output_tokens": 3},
        },
        {"type": "message_stop"},
    )
    raw = tuple(f"data: {json.dumps(event)}\n\n".encode() for event in events)
    claude.steps = (Answer(200, b"", {"Content-Type": "text/event-stream"}, raw),)
    found, shown = streamed()
    assert (shown, found.prompt_tokens, found.completion_tokens) == ("Noon.", 70, 3)


def test_a_prompt_that_ends_with_the_bot_ends_with_the_person(claude: Claude, address: str) -> None:
    anthropic(address)
    complete(asked(("user", "hi"), ("assistant", "Hello, as I said \n")))
    assert claude.bodies[0]["messages"][-1]["role"] == "user"
    assert claude.malformed == []
