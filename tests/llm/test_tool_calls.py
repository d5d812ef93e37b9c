"""Tool calls in the forms in which servers and models send them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from bots.llm import ToolRequest, ToolSpec, complete, takes_tools
from bots.llm.candidates import of_row
from tests.http_server import Answer, Server, json_answer
from tests.llm.builders import QUESTION, chat, make_provider, refusal, stream
from tests.tool_model import ToolModel, Wants, chunk

pytestmark = pytest.mark.django_db

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = (ToolSpec("weather", "Tells the weather.", SCHEMA), ToolSpec("clock", "Tells the time.", {"type": "object"}))
PARIS = ToolRequest("weather", '{"city": "Paris"}')


def whole(message: dict[str, Any], finish: str | None = "tool_calls") -> Answer:
    return json_answer({"choices": [{"finish_reason": finish, "message": {"role": "assistant", **message}}]})


def function(name: str, arguments: Any, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **more}


def streamed(*deltas: Any, finish: str | None = "tool_calls") -> Answer:
    chunks = [chunk({"tool_calls": [delta]}) for delta in deltas]
    ends = (chunk({}, finish), b"data: [DONE]\n\n")
    return Answer(200, b"", {"Content-Type": "text/event-stream"}, (*chunks, *ends))


WHOLE = {
    "as the format says": {"tool_calls": [function("weather", '{"city": "Paris"}', id="1")]},
    "without an id": {"tool_calls": [function("weather", '{"city": "Paris"}')]},
    "arguments as an object": {"tool_calls": [function("weather", {"city": "Paris"}, id="1")]},
    "name and arguments without a function": {"tool_calls": [{"name": "weather", "arguments": {"city": "Paris"}}]},
    "a namespace": {"tool_calls": [function("functions.weather", '{"city": "Paris"}', id="1")]},
    "another namespace": {"tool_calls": [function("default_api:Weather", '{"city": "Paris"}', id="1")]},
    "the old field": {"function_call": {"name": "weather", "arguments": '{"city": "Paris"}'}},
    "a block of JSON": {"content": '```json\n{"name": "weather", "arguments": {"city": "Paris"}}\n```'},
    "a tag": {"content": '<tool_call>\n{"name": "weather", "arguments": {"city": "Paris"}}\n</tool_call>'},
    "a tag that is not closed": {"content": '<tool_call>{"name": "weather", "parameters": {"city": "Paris"}}'},
    "JSON alone": {"content": '{"name": "weather", "parameters": {"city": "Paris"}}'},
    "a list": {"content": '[TOOL_CALLS][{"name": "weather", "arguments": {"city": "Paris"}}]'},
    "tags of parameters": {"content": "<function=weather><parameter=city>\nParis\n</parameter></function>"},
    "the closing tag alone": {"content": '{"name": "weather", "arguments": {"city": "Paris"}}\n</tool_call>'},
    "the tag of Python": {"content": '<|python_tag|>{"name": "weather", "parameters": {"city": "Paris"}}'},
    "the tags of Anthropic": {
        "content": '<function_calls>\n<invoke name="weather">\n<parameter name="city">Paris</parameter>\n</invoke>\n'
        "</function_calls>"
    },
    "the tags of DeepSeek": {
        "content": '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="weather">\n'
        '<｜DSML｜parameter name="city" string="true">Paris</｜DSML｜parameter>\n'
        "</｜DSML｜invoke>\n</｜DSML｜tool_calls>"
    },
    "the tags of GLM": {
        "content": "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n</tool_call>"
    },
    "a channel": {
        "content": '<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{"city": "Paris"}<|call|>'
    },
    "a token of the template behind the name": {
        "tool_calls": [function("weather<|channel|>commentary", '{"city": "Paris"}', id="1")]
    },
    "brackets behind the name": {"tool_calls": [function("weather()", '{"city": "Paris"}', id="1")]},
    "behind its reasoning": {
        "content": '<think>a tool?</think>\n<tool_call>{"name": "weather", "arguments": {"city": "Paris"}}</tool_call>'
    },
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("finish", ["tool_calls", "stop", None])
def test_a_call_of_a_whole_answer(name: str, finish: str | None, endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(whole(WHOLE[name], finish))
    found = complete(QUESTION, tools=TOOLS)
    assert (found.text, found.calls) == ("", (PARIS,))


@pytest.mark.parametrize("name", [name for name in WHOLE if "content" in WHOLE[name]])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_call_in_a_streamed_text_is_never_shown(name: str, size: int, endpoint: Server) -> None:
    make_provider(endpoint)
    text = (
        "One moment. " * (name not in ("JSON alone", "behind its reasoning", "the closing tag alone"))
        + WHOLE[name]["content"]
    )
    endpoint.answer(stream(*(text[at : at + size] for at in range(0, len(text), size))))
    shown: list[str] = []
    found = complete(QUESTION, tools=TOOLS, on_token=shown.append, on_restart=shown.clear)
    assert found.calls == (PARIS,)
    assert "".join(shown).strip() == found.text == text.split("{")[0].split("<")[0].split("[")[0].strip("` \njson")


PIECES = {
    "as the format says": [
        {"index": 0, **function("weather", "", id="a")},
        {"index": 0, "function": {"arguments": '{"city": '}},
        {"index": 0, "function": {"arguments": '"Paris"}'}},
    ],
    "without an index": [
        function("weather", '{"city": ', id="a"),
        {"function": {"arguments": '"Paris"}'}},
    ],
    "the name in every piece": [
        {"index": 0, **function("weather", '{"city"', id="a")},
        {"index": 0, **function("weather", ': "Paris"}', id="a")},
    ],
    "the arguments twice": [
        {"index": 0, **function("weather", '{"city": "Paris"}', id="a")},
        {"index": 0, **function("weather", '{"city": "Paris"}', id="a")},
    ],
    "an object": [{"index": 0, **function("weather", {"city": "Paris"})}],
    "another index with the same id": [
        {"index": 0, **function("weather", '{"city": ', id="a")},
        {"index": 1, "id": "a", "function": {"arguments": '"Paris"}'}},
    ],
    "the name behind the arguments": [
        {"index": 0, "id": "a", "type": "function", "function": {"arguments": '{"city": "Par'}},
        {"index": 0, "function": {"name": "weather", "arguments": 'is"}'}},
    ],
    "an empty name in later pieces": [
        {"index": 0, **function("weather", '{"city": ', id="a")},
        {"index": 0, **function("", '"Paris"}', id="")},
    ],
    "nulls": [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "weather", "arguments": None}},
        {"index": 0, "id": None, "type": None, "function": {"name": None, "arguments": '{"city": "Paris"}'}},
    ],
}


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("finish", ["tool_calls", "stop", None])
def test_a_call_in_pieces(name: str, finish: str | None, endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(streamed(*PIECES[name], finish=finish))
    shown: list[str] = []
    assert complete(QUESTION, tools=TOOLS, on_token=shown.append).calls == (PARIS,)
    assert shown == []


SEVERAL = {
    "as the format says": [
        {"index": 0, **function("weather", '{"city": "Paris"}', id="a")},
        {"index": 1, **function("clock", "{}", id="b")},
    ],
    "the same id": [
        {"index": 0, **function("weather", '{"city": "Paris"}', id="a")},
        {"index": 1, **function("clock", "{}", id="a")},
    ],
    "the same index": [
        {"index": 0, **function("weather", '{"city": "Paris"}', id="a")},
        {"index": 0, **function("clock", "{}", id="b")},
    ],
    "neither ids nor indexes": [function("weather", '{"city": "Paris"}'), function("clock", "{}")],
    "the index of another call in the first piece": [
        {"index": 0, **function("weather", '{"city": "Paris"}', id="a")},
        {"index": 0, **function("clock", "{", id="b")},
        {"index": 1, "function": {"arguments": "}"}},
    ],
    "indexes from 1": [
        {"index": 1, **function("weather", '{"city": "Paris"}', id="a")},
        {"index": 2, **function("clock", "{}", id="b")},
    ],
    "indexes as text": [
        {"index": "0", **function("weather", '{"city": "Paris"}', id="a")},
        {"index": "1", **function("clock", "{}", id="b")},
    ],
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_calls(name: str, endpoint: Server) -> None:
    make_provider(endpoint)
    wanted = (PARIS, ToolRequest("clock", "{}"))
    endpoint.answer(streamed(*SEVERAL[name]))
    assert complete(QUESTION, tools=TOOLS, on_token=lambda _piece: None).calls == wanted
    if len(SEVERAL[name]) == len(wanted):
        endpoint.answer(whole({"tool_calls": SEVERAL[name]}))
        assert complete(QUESTION, tools=TOOLS).calls == wanted


@pytest.mark.parametrize("index", [{}, {"index": 0}])
def test_the_same_tool_twice_without_ids(endpoint: Server, index: dict[str, int]) -> None:
    make_provider(endpoint)
    cities = [index | function("weather", json.dumps({"city": city})) for city in ("Paris", "Rome")]
    endpoint.answer(streamed(*cities))
    found = complete(QUESTION, tools=TOOLS, on_token=lambda _piece: None).calls
    assert [json.loads(one.arguments)["city"] for one in found] == ["Paris", "Rome"]


def test_empty_arguments(endpoint: Server) -> None:
    make_provider(endpoint)
    for answer in (
        streamed({"index": 0, **function("clock", "", id="a")}),
        whole({"tool_calls": [function("clock", None)]}),
    ):
        endpoint.answer(answer)
        calls = complete(QUESTION, tools=TOOLS, on_token=lambda _piece: None).calls
        assert calls == (ToolRequest("clock", ""),)


def test_arguments_that_are_cut_off_are_marked(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(whole({"tool_calls": [function("weather", '{"city": "Par')]}, "length"))
    assert complete(QUESTION, tools=TOOLS).calls == (ToolRequest("weather", '{"city": "Par', cut=True),)


ORDINARY = [
    '```json\n{"name": "Ann", "arguments": {}}\n```',
    'Write this:\n```python\nprint({"name": "weather"})\n```\nand run it.',
    '{"name": "Ann"}',
    "Use <tool_caller> and ``` as you like",
    "[1] is a footnote",
    'Write <invoke name="Ann"> and <function=ann> and </invoke> in XML.',
    "The channel <|channel|>final is a token.",
    'Here is JSON:\n```json\n{"a": 1}\n```\nand more text',
    "a < b, `c`, ``d``",
]


@pytest.mark.parametrize("text", ORDINARY)
@pytest.mark.parametrize("size", [1, 4])
def test_other_text_stays_and_is_shown_whole(text: str, size: int, endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(stream(*(text[at : at + size] for at in range(0, len(text), size))))
    shown: list[str] = []
    found = complete(QUESTION, tools=TOOLS, on_token=shown.append, on_restart=shown.clear)
    assert (found.text, "".join(shown), found.calls) == (text, text, ())
    endpoint.answer(chat(text))
    assert complete(QUESTION, tools=TOOLS).text == text


def test_text_behind_an_ordinary_tag_is_shown_while_it_comes(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(stream("Use <b>bold</b> words.\n", "They stand out.\n", "done"))
    shown: list[str] = []
    complete(QUESTION, tools=TOOLS, on_token=shown.append)
    assert len(shown) == 3


def test_many_unfinished_calls_take_linear_time(endpoint: Server) -> None:
    make_provider(endpoint)
    one = "<tool_call>weather<arg_key>city</arg_key><arg_value>Paris</arg_value>"
    endpoint.answer(chat(one * 400 + "x" * 1000))
    started = time.monotonic()
    complete(QUESTION, tools=TOOLS)
    assert time.monotonic() - started < 3.0


def test_a_code_block_is_shown_while_it_comes(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(stream("```python\nx = 1\n", "y = 2\n", "```\n", "done"))
    shown: list[str] = []
    complete(QUESTION, tools=TOOLS, on_token=shown.append)
    assert len(shown) >= 3


def test_a_call_behind_text_without_an_opening_tag(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(stream("One moment. ", '{"name": "weather", "arguments": {"city": "Paris"}}', "\n</tool_call>"))
    shown: list[str] = []
    found = complete(QUESTION, tools=TOOLS, on_token=shown.append, on_restart=shown.clear)
    assert (found.text, found.calls, "".join(shown)) == ("One moment.", (PARIS,), "One moment.")


def test_without_tools_a_call_is_no_answer(endpoint: Server, second: Server) -> None:
    make_provider(endpoint)
    make_provider(second)
    endpoint.answer(whole(WHOLE["as the format says"]))
    second.answer(chat("yes"))
    assert complete(QUESTION).text == "yes"


REFUSALS = [
    (400, "registry.ollama.ai/library/m does not support tools", None),
    (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', None),
    (404, 'No endpoints found that support tool use. Try disabling "weather".', None),
    (500, "tools param requires --jinja flag", None),
    (400, "Unrecognized request argument supplied: tools", None),
    (400, "This model does not support Function Calling", None),
    (422, "tools is not supported in this model", "tools"),
    (400, "Function calling is not enabled for models/m", None),
]


@pytest.mark.parametrize(("status", "message", "param"), REFUSALS)
def test_an_endpoint_without_tools_answers_without_them(
    status: int, message: str, param: str | None, endpoint: Server
) -> None:
    row = make_provider(endpoint)
    endpoint.answer(refusal(status, message, param), chat("hello"))
    for _ in range(2):
        assert complete(QUESTION, tools=TOOLS).text == "hello"
    assert ["tools" in request.json for request in endpoint.requests] == [True, False, False]
    assert not takes_tools(of_row(row))


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("Invalid schema for function 'weather': array schema missing items", "tools[0].function.parameters"),
        ("GenerateContentRequest.tools[0].function_declarations[0].parameters: bad", None),
    ],
)
def test_a_tool_that_the_endpoint_finds_wrong_costs_one_answer_its_tools(
    message: str, param: str | None, endpoint: Server
) -> None:
    make_provider(endpoint)
    endpoint.answer(refusal(400, message, param), chat("hello"))
    assert complete(QUESTION, tools=TOOLS).text == "hello"
    complete(QUESTION, tools=TOOLS)
    assert ["tools" in request.json for request in endpoint.requests] == [True, False, True]


def test_an_operator_switches_tools_off(endpoint: Server) -> None:
    make_provider(endpoint, tools="off")
    endpoint.answer(chat("hello"))
    complete(QUESTION, tools=TOOLS)
    assert "tools" not in endpoint.requests[-1].json


def test_a_history_of_calls_reaches_an_endpoint_without_tools_as_text(endpoint: Server) -> None:
    make_provider(endpoint, tools="off")
    endpoint.answer(chat("hello"))
    history: Any = [
        *QUESTION,
        {"role": "assistant", "content": "", "tool_calls": [function("clock", "{}", id="a")]},
        {"role": "tool", "content": "noon", "tool_call_id": "a"},
    ]
    complete(history, tools=TOOLS)
    sent = endpoint.requests[-1].json["messages"]
    assert [message["role"] for message in sent] == ["user"]
    assert sent[0]["content"].endswith("Result of clock:\nnoon")


def test_the_scripted_model_of_the_tests_speaks_the_format() -> None:
    model = ToolModel([Wants("One moment.", (("weather", {"city": "Paris"}), ("clock", {})))])
    with model.server() as server:
        make_provider(server)
        shown: list[str] = []
        for on_token in (None, shown.append):
            found = complete(QUESTION, tools=TOOLS, on_token=on_token)
            assert (found.text, found.calls) == ("One moment.", (PARIS, ToolRequest("clock", "{}")))
        assert "".join(shown) == "One moment. "
