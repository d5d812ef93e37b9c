"""A token gives access to the conversation of one visitor with one bot, and to no other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from bots.webchat import visitor_tokens
from tests.webchat.builders import answer_now, in_thread, make_bot, open_socket


def test_a_token_names_its_visitor_again() -> None:
    visitor = visitor_tokens.new_visitor(7)
    assert visitor_tokens.read(visitor.token, 7) == visitor


def test_two_visitors_have_nothing_in_common_and_are_unguessable() -> None:
    ids = {visitor_tokens.new_visitor(1).id for _ in range(200)}
    assert len(ids) == 200
    assert min(len(found) for found in ids) * 6 >= 128  # base64: 6 bits per character


def test_a_token_of_another_bot_is_refused() -> None:
    assert visitor_tokens.read(visitor_tokens.new_visitor(1).token, 2) is None


def test_a_signature_made_for_something_else_is_refused() -> None:
    foreign = signing.dumps({"v": "guess", "b": 1}, salt="something else")
    assert visitor_tokens.read(foreign, 1) is None


@given(st.integers(0, 400), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_changed_token_is_refused(place: int, character: str) -> None:
    token = visitor_tokens.new_visitor(1).token
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    found = visitor_tokens.read(changed, 1)
    if found is not None:  # the last base64 digit has spare bits, so a signature has two spellings
        assert found.id == visitor_tokens.read(token, 1).id  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é" * 10, "." * 399, "A" * 100_000])
def test_nonsense_is_refused(text: str) -> None:
    assert visitor_tokens.read(text, 1) is None


def test_an_old_token_is_renewed_and_an_outlived_one_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = visitor_tokens.new_visitor(1)
    monkeypatch.setattr(visitor_tokens, "RENEW", timedelta(seconds=-1))
    renewed = visitor_tokens.read(visitor.token, 1)
    assert renewed is not None
    assert renewed.id == visitor.id
    monkeypatch.setattr(visitor_tokens, "LIFETIME", timedelta(seconds=-1))
    assert visitor_tokens.read(visitor.token, 1) is None


@pytest.mark.django_db(transaction=True)
async def test_only_the_token_opens_the_history() -> None:
    bot = await in_thread(make_bot)()
    other_bot = await in_thread(make_bot)("bob", name="Bob")
    socket, hello = await open_socket()
    await socket.say("my secret is blue")
    await socket.frame()
    await in_thread(answer_now)(bot)
    await socket.disconnect()

    again, found = await open_socket(query=f"?visitor={hello['visitor']}")
    assert [entry["text"] for entry in found["history"]] == ["my secret is blue", "Hello **there**"]
    assert found["visitor"] == hello["visitor"]
    assert found["conversation"] == hello["conversation"]
    await again.disconnect()

    for query in ("", "?visitor=", "?visitor=forged.token.x", f"?visitor={hello['visitor'][:-3]}abc"):
        stranger, seen = await open_socket(query=query)
        assert seen["history"] == []
        assert seen["visitor"] != hello["visitor"]
        assert seen["conversation"] != hello["conversation"]
        await stranger.disconnect()

    elsewhere, seen = await open_socket(other_bot.slug, query=f"?visitor={hello['visitor']}")
    assert seen["history"] == []
    await elsewhere.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_frames_of_one_visitor_do_not_reach_another() -> None:
    bot = await in_thread(make_bot)()
    mine, _ = await open_socket()
    theirs, _ = await open_socket()
    await mine.say("hello")
    assert (await mine.frame())["type"] == "accepted"
    await in_thread(answer_now)(bot)
    assert (await mine.frame())["type"] == "message"
    assert await theirs.receive_nothing(timeout=0.3)
    await mine.disconnect()
    await theirs.disconnect()
