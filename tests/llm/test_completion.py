"""A completion has an answer, tokens and a cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bots.llm import Cancelled, NoModelAvailable, complete
from bots.llm.circuit_breaker import breaker
from bots.models import Bot, ModelProvider
from tests.http_server import Answer, Server
from tests.llm.builders import QUESTION, chat, make_provider, refusal, stream
from tests.waiting import eventually

pytestmark = pytest.mark.django_db


def test_the_answer_comes_with_tokens_time_and_cost(endpoint: Server) -> None:
    make_provider(endpoint, name="main", input_price=Decimal(2), output_price=Decimal(8))
    endpoint.answer(chat(" A program that talks. "))
    found = complete(QUESTION)
    assert (found.text, found.provider, found.model) == ("A program that talks.", "main", "m-1")
    assert (found.prompt_tokens, found.completion_tokens, found.estimated) == (1000, 500, False)
    assert found.cost == Decimal("0.006")
    assert found.first_token_ms <= found.total_ms
    assert not found.is_demo


def test_without_a_listener_the_whole_answer_is_asked_for_at_once(endpoint: Server) -> None:
    make_provider(endpoint, api_key="sk-secret-1")
    endpoint.answer(chat("yes"))
    complete(QUESTION, max_tokens=77, temperature=0.5)
    request = endpoint.requests[0]
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-secret-1"
    assert request.json == {"model": "m", "messages": QUESTION, "max_tokens": 77, "temperature": 0.5}


def test_the_bot_gives_length_and_temperature(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(chat("yes"))
    complete(QUESTION, bot=Bot(max_reply_tokens=33, temperature=1.25))
    assert (endpoint.requests[0].json["max_tokens"], endpoint.requests[0].json["temperature"]) == (33, 1.25)


def test_with_a_listener_the_pieces_come_one_by_one(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(stream("A pro", "gram ", "that talks."))
    pieces: list[str] = []
    found = complete(QUESTION, on_token=pieces.append)
    assert pieces == ["A pro", "gram ", "that talks."]
    assert found.text == "A program that talks."
    assert (found.prompt_tokens, found.completion_tokens) == (1000, 500)
    assert endpoint.requests[0].json["stream"] is True


def test_an_emoji_that_is_cut_in_two_is_whole_in_the_answer_and_every_piece_can_be_stored(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(stream("fine \ud83d", "\ude00 and \0", "done \udfff"))
    pieces: list[str] = []
    assert complete(QUESTION, on_token=pieces.append).text == "fine 😀 and done \ufffd"
    assert "".join(pieces).encode().count(b"\0") == 0


def test_an_answer_holds_nothing_that_no_database_takes(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(chat("fine \ud83d\ude00\0 \ud800"))
    assert complete(QUESTION).text == "fine 😀 \ufffd"


def test_a_piece_is_handed_on_before_the_next_one_is_sent(endpoint: Server) -> None:
    make_provider(endpoint)
    pieces: list[str] = []
    seen: list[int] = []

    def wait_for_piece() -> None:
        eventually(lambda: len(pieces) >= min(len(seen), 3))
        seen.append(len(pieces))

    endpoint.answer(stream("one", "two", "three", before_chunk=wait_for_piece))
    complete(QUESTION, on_token=pieces.append)
    assert seen[:3] == [0, 1, 2]


def test_tokens_are_estimated_where_the_endpoint_reports_none(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(chat("A program that talks.", usage=False))
    found = complete(QUESTION)
    assert found.estimated
    assert found.prompt_tokens > 4
    assert 4 <= found.completion_tokens <= 12


def test_a_parameter_the_endpoint_refuses_is_left_out_and_not_sent_again(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(
        refusal(400, param="max_tokens", code="unsupported_parameter"),
        refusal(400, param="temperature", code="unsupported_value"),
        chat("yes"),
    )
    assert complete(QUESTION).text == "yes"
    complete(QUESTION)
    last = endpoint.requests[-1].json
    assert len(endpoint.requests) == 4
    assert "temperature" not in last
    assert last["max_completion_tokens"] == 512


@pytest.mark.parametrize(
    ("message", "left_out"),
    [
        ("[{'type': 'extra_forbidden', 'loc': ('body', 'max_tokens'), 'msg': 'Extra inputs are not permitted'}]", 0),
        ("invalid temperature: only 1 is allowed for this model", 1),
    ],
)
def test_a_refused_parameter_may_be_named_in_the_sentence_only(message: str, left_out: int, endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(refusal(400, message), chat("yes"))
    complete(QUESTION)
    assert ("max_tokens", "temperature")[left_out] not in endpoint.requests[1].json


def test_an_endpoint_without_a_system_role_gets_the_instructions_in_the_first_message(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(refusal(400, "The system role is not supported by this template."), chat("yes"))
    complete([{"role": "system", "content": "Be brief."}, *QUESTION])
    complete([{"role": "system", "content": "Be brief."}, *QUESTION])
    assert len(endpoint.requests) == 3
    for request in endpoint.requests[1:]:
        assert [message["role"] for message in request.json["messages"]] == ["user"]
        assert request.json["messages"][0]["content"] == "Be brief.\n\nWhat is a bot?"


@pytest.mark.parametrize(
    "error",
    [
        refusal(400, "max_tokens 512 plus your prompt is more than the context window of 4096 tokens", code="400"),
        refusal(400, "max_tokens must be at most 8192", param="max_tokens", code="invalid_value"),
        refusal(422, "temperature: 0.3 was read; messages.1.content holds a forbidden word"),
    ],
)
def test_an_error_that_only_names_a_parameter_changes_no_later_request(error: Answer, endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(error)
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    assert len(endpoint.requests) == 1
    breaker.clear_cache()
    endpoint.answer(chat("yes"))
    complete(QUESTION)
    assert endpoint.requests[-1].json == endpoint.requests[0].json


def test_a_form_that_fails_too_is_not_kept(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(
        refusal(400, "Unknown parameter: max_tokens", code="bad"),
        refusal(400, "Unrecognized request argument supplied: max_completion_tokens", code="bad"),
        chat("yes"),
    )
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    breaker.clear_cache()
    complete(QUESTION)
    assert ["max_tokens" in request.json for request in endpoint.requests] == [True, False, True]


def test_the_prompt_may_depend_on_the_model(endpoint: Server) -> None:
    make_provider(endpoint, context_tokens=4096)
    endpoint.answer(chat("yes"))
    complete(lambda target: [{"role": "user", "content": f"{target.context_tokens} {target.is_demo}"}])
    assert endpoint.requests[0].json["messages"][0]["content"] == "4096 False"


def test_stopping_ends_the_stream_and_keeps_what_came(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(stream("one ", "two ", "three"))
    pieces: list[str] = []
    with pytest.raises(Cancelled) as stopped:
        complete(QUESTION, on_token=pieces.append, cancelled=lambda: len(pieces) == 2)
    assert stopped.value.text == "one two "


def test_nothing_is_asked_once_the_person_stopped(endpoint: Server) -> None:
    make_provider(endpoint)
    with pytest.raises(Cancelled):
        complete(QUESTION, cancelled=lambda: True)
    assert endpoint.requests == []


def test_without_any_provider_there_is_no_model() -> None:
    with pytest.raises(NoModelAvailable) as error:
        complete(QUESTION)
    assert error.value.permanent


def test_a_disabled_provider_is_not_asked(endpoint: Server) -> None:
    make_provider(endpoint, enabled=False)
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    assert endpoint.requests == []


def test_a_changed_provider_works_without_a_restart(endpoint: Server, second: Server, monkeypatch: Any) -> None:
    row = make_provider(endpoint)
    endpoint.answer(chat("old"))
    second.answer(chat("new"))
    assert complete(QUESTION).text == "old"
    ModelProvider.objects.filter(pk=row.pk).update(endpoint=f"{second.url}/v1")
    monkeypatch.setattr("bots.llm.candidates.rows.max_age_s", -1.0)
    assert complete(QUESTION).text == "new"


def test_rows_are_not_read_for_every_call(endpoint: Server, django_assert_num_queries: Any) -> None:
    make_provider(endpoint)
    endpoint.answer(chat("yes"))
    complete(QUESTION)
    with django_assert_num_queries(0):
        complete(QUESTION)
