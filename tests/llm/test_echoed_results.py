"""What a model repeats of the results of tools, or of our marks around them, does not reach the person."""

from __future__ import annotations

from typing import Any

import pytest

from bots.llm import ChatMessage, ToolSpec, complete
from bots.llm.echo import EchoFilter, without_echo
from bots.pipeline.engine.answer.tool_loop import rounds
from tests.http_server import Server
from tests.llm.builders import chat, make_provider, stream

RESULT = "Paris: rain, 17 °C\nWind: 4 m/s from the north"
FENCED = f"<result>\n{RESULT}\n</result>"
SYSTEM = f"You are Ada.\n\nNow: Monday, 2026-11-30 14:05 (UTC).\n\n{rounds.NOTE}"
CALL = {"id": "a", "type": "function", "function": {"name": "forecast", "arguments": '{"city": "Paris"}'}}
PROMPT: list[ChatMessage] = [
    {"role": "system", "content": SYSTEM},
    {"role": "user", "content": "What is the weather?"},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "content": FENCED, "tool_call_id": "a"},
]
AT_THE_LIMIT: list[ChatMessage] = [
    PROMPT[0],
    {"role": "user", "content": f"What is the weather?\n\nResult of forecast:\n{FENCED}\n\n{rounds.ANSWER_NOW}"},
]
ANSWER = "It rains in Paris."

ECHOES = {
    "whole": f"{FENCED}\n\n{ANSWER}",
    "after the answer": f"{ANSWER}\n\n{FENCED}",
    "one line of it": f"<result>\nParis: rain, 17 °C\n</result>\n{ANSWER}",
    "in one line": f"<result>Paris: rain, 17 °C</result> {ANSWER}",
    "as code": f"```\n{FENCED}\n```\n{ANSWER}",
    "other case": f"<Result>\n{RESULT}\n</ RESULT >\n{ANSWER}",
    "escaped": f"&lt;result&gt;\n{RESULT}\n&lt;/result&gt;\n{ANSWER}",
    "without its end": f"<result>\n{RESULT}\n\n{ANSWER}",
    "its end alone": f"{ANSWER}\n</result>",
    "its beginning alone": f"<result>\n{ANSWER}",
    "around the answer": f"<result>\n{ANSWER}\n</result>",
    "around the answer in one line": f"<result>{ANSWER}</result>",
    "in a sentence": f"<result>{ANSWER.split()[0]}</result> rains in Paris.",
    "the sentence before it": f"{rounds.NOTE}\n{ANSWER}",
    "twice": f"{FENCED}\n{FENCED}\n{ANSWER}",
}
LIMIT = {
    "what the product says at the limit": f"{rounds.ANSWER_NOW}\n{ANSWER}",
    "the head of a result": f"Result of forecast:\n{FENCED}\n{ANSWER}",
}


def streamed(answer: str, size: int, prompt: list[ChatMessage]) -> str:
    found = EchoFilter(prompt)
    return "".join(found.take(answer[at : at + size]) for at in range(0, len(answer), size)) + found.rest()


@pytest.mark.parametrize("prompt", [PROMPT, AT_THE_LIMIT], ids=["with tools", "at the limit"])
@pytest.mark.parametrize("name", ECHOES)
@pytest.mark.parametrize("size", [1, 4, 10_000])
def test_results_and_their_marks_are_taken_out(name: str, size: int, prompt: list[ChatMessage]) -> None:
    assert streamed(ECHOES[name], size, prompt).strip() == ANSWER
    assert without_echo(ECHOES[name], prompt) == ANSWER


@pytest.mark.parametrize("name", LIMIT)
@pytest.mark.parametrize("size", [1, 4, 10_000])
def test_sentences_of_the_last_prompt_are_taken_out(name: str, size: int) -> None:
    assert streamed(LIMIT[name], size, AT_THE_LIMIT).strip() == ANSWER


@pytest.mark.parametrize(
    "answer",
    [
        "Paris: rain, 17 °C\nTake an umbrella.",
        "The result is 12 > 7.",
        "```xml\n<result>\n  <city>Paris</city>\n</result>\n```\nThat is the form.",
        "<b>Paris</b>: rain",
    ],
)
@pytest.mark.parametrize("size", [1, 10_000])
def test_what_the_model_says_of_a_result_stays(answer: str, size: int) -> None:
    assert streamed(answer, size, PROMPT) == answer


def test_without_results_the_tag_is_a_tag() -> None:
    answer = "In JUnit the element is <result>, closed by </result>."
    assert without_echo(answer, PROMPT[:2]) == answer


@pytest.mark.django_db
@pytest.mark.parametrize("is_streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("with_tools", [False, True])
def test_the_answer_of_a_model_is_without_them(is_streamed: bool, with_tools: bool, endpoint: Server) -> None:
    answer, shown = ECHOES["whole"], []
    endpoint.answer(stream(*(answer[at : at + 5] for at in range(0, len(answer), 5))) if is_streamed else chat(answer))
    make_provider(endpoint)
    options: dict[str, Any] = {"on_token": shown.append, "on_restart": shown.clear} if is_streamed else {}
    tools = (ToolSpec("forecast", "Tells the weather.", {"type": "object", "properties": {}}),) if with_tools else ()
    assert complete(PROMPT, tools=tools, **options).text == ANSWER
    assert not is_streamed or "".join(shown).strip() == ANSWER
