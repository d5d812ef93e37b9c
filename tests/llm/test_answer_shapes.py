"""Answers in the forms that real servers send: lists of parts, reasoning, no end, no stream, nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.llm import PromptRefused, complete, connection_test, consolidation
from tests.http_server import Answer, Server, json_answer
from tests.llm.builders import QUESTION, chat, make_provider, stream

pytestmark = pytest.mark.django_db
REASONED = [
    ("<think>\nsecret plan\n</think>\n\nHello there", "Hello there"),
    ("secret plan\n</think>\nHello there", "Hello there"),
    ("<thinking>secret plan</thinking>Hello there", "Hello there"),
    ("The tag <think> opens and </think> closes", "The tag <think> opens and </think> closes"),
    ("<b>bold</b>", "<b>bold</b>"),
    ("<", "<"),
]


def shown_of(endpoint: Server, text: str, size: int = 3) -> tuple[str, str]:
    endpoint.answer(stream(*(text[i : i + size] for i in range(0, len(text), size))))
    shown: list[str] = []
    found = complete(QUESTION, on_token=shown.append, on_restart=shown.clear)
    return found.text, "".join(shown)


@pytest.mark.parametrize(("text", "answer"), REASONED)
def test_reasoning_is_neither_in_the_answer_nor_shown(text: str, answer: str, endpoint: Server) -> None:
    make_provider(endpoint)
    assert shown_of(endpoint, text) == (answer, answer)
    endpoint.answer(chat(text))
    assert complete(QUESTION).text == answer


def test_a_model_without_opening_tag_is_known_the_second_time(endpoint: Server) -> None:
    make_provider(endpoint)
    shown_of(endpoint, REASONED[1][0])
    endpoint.answer(stream("more ", "secrets", "</thi", "nk>", "Hello"))
    pieces: list[str] = []
    complete(QUESTION, on_token=pieces.append)
    assert pieces == ["Hello"]
    assert shown_of(endpoint, "No reasoning") == ("No reasoning", "No reasoning")


@pytest.mark.parametrize("streamed", [False, True])
def test_reasoning_that_is_cut_off_is_no_answer(streamed: bool, endpoint: Server, second: Server) -> None:
    make_provider(endpoint)
    make_provider(second)
    text = "<think>secret plan"
    endpoint.answer(stream(text) if streamed else chat(text))
    second.answer(stream("yes") if streamed else chat("yes"))
    shown: list[str] = []
    assert complete(QUESTION, on_token=shown.append if streamed else None).text == "yes"
    assert "secret" not in "".join(shown)


def test_content_may_be_a_list_of_parts(endpoint: Server) -> None:
    make_provider(endpoint)
    parts: Any = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "secret"}]},
        {"type": "text", "text": "yes"},
    ]
    endpoint.answer(chat(parts))
    assert complete(QUESTION).text == "yes"
    endpoint.answer(stream(parts))
    assert complete(QUESTION, on_token=lambda _: None).text == "yes"


def test_done_is_an_end_and_a_cut_is_none(endpoint: Server, second: Server) -> None:
    make_provider(endpoint)
    make_provider(second)
    event = b'data: {"choices": [{"delta": {"content": "first"}, "finish_reason": null}]}\n\n'
    second.answer(stream("second"))
    for ending, answer in ((b"data: [DONE]\n\n", "first"), (b"", "second")):
        endpoint.answer(Answer(200, b"", {"Content-Type": "text/event-stream"}, (event, ending)))
        assert complete(QUESTION, on_token=lambda _: None).text == answer


def test_an_endpoint_that_does_not_stream_is_shown_at_once(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(chat("the whole"))
    shown: list[str] = []
    assert complete(QUESTION, on_token=shown.append).text == "the whole"
    assert shown == ["the whole"]


@pytest.mark.parametrize("content", [None, "", "<think>hm"])
def test_the_test_of_a_provider_fails_with_an_empty_answer(content: Any, endpoint: Server) -> None:
    endpoint.answer(json_answer({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}))
    found = connection_test.test_provider(make_provider(endpoint))
    assert (found.ok, str(found.text)) == (False, "the answer is empty")


@pytest.mark.parametrize("form", ["{}", "```json\n{}\n```", "Here it is:\n```json\n{}\n```\nBye!", "So: {}"])
def test_an_object_is_found_between_prose_and_fences(form: str) -> None:
    value = {"summary": "The person {moved}.", "facts": []}
    assert consolidation._object(form.replace("{}", json.dumps(value))) == value


@pytest.mark.parametrize(
    ("message", "finish"),
    [({"content": None, "refusal": "I will not say that."}, "stop"), ({"content": ""}, "content_filter")],
)
def test_a_refusal_instead_of_an_answer_is_told_and_asked_once(message: Any, finish: str, endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(json_answer({"choices": [{"message": message, "finish_reason": finish}]}))
    for on_token in (None, lambda _: None):
        with pytest.raises(PromptRefused):
            complete(QUESTION, on_token=on_token)
    assert len(endpoint.requests) == 2
