"""What a model is sent begins with the person and alternates, and says all that was said."""

from __future__ import annotations

import pytest

from bots.llm import ChatMessage, complete
from bots.llm.alternation import SILENT, alternating
from tests.http_server import Server
from tests.llm.builders import chat, make_provider


def user(content: object) -> ChatMessage:
    return {"role": "user", "content": content}


def assistant(content: object) -> ChatMessage:
    return {"role": "assistant", "content": content}


SYSTEM: ChatMessage = {"role": "system", "content": "You are Ada."}


def test_what_alternates_stays_as_it_is() -> None:
    messages = [SYSTEM, user("a"), assistant("b"), user("c")]
    assert alternating(messages) == messages
    assert alternating([]) == []


def test_what_one_side_says_in_a_row_is_one_message() -> None:
    said = [SYSTEM, user("Ann: a"), user("Bob: b"), assistant("c"), assistant("d"), user("e"), user("f")]
    assert alternating(said) == [SYSTEM, user("Ann: a\n\nBob: b"), assistant("c\n\nd"), user("e\n\nf")]


@pytest.mark.parametrize("before", [[], [SYSTEM]])
def test_when_the_bot_wrote_first_the_person_was_silent(before: list[ChatMessage]) -> None:
    said = [*before, assistant("Shall I book it?"), user("yes")]
    assert alternating(said) == [*before, user(SILENT), *said[len(before) :]]


def test_pictures_stay_beside_the_words() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:,x"}}
    text = {"type": "text", "text": "look"}
    assert alternating([user("look"), user([text, picture])]) == [user([text, text, picture])]
    assert alternating([user([picture]), user("look")]) == [user([picture, text])]


def test_the_messages_that_are_given_are_not_changed() -> None:
    said = [user("a"), user([{"type": "text", "text": "b"}])]
    alternating(said)
    assert said == [user("a"), user([{"type": "text", "text": "b"}])]


@pytest.mark.django_db
def test_an_endpoint_is_sent_what_alternates(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(chat("fine"))
    complete([SYSTEM, assistant("hello"), user("a"), user("b")])
    assert endpoint.requests[0].json["messages"] == [SYSTEM, user(SILENT), assistant("hello"), user("a\n\nb")]
