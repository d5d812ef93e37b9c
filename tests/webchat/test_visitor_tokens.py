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


def test_a_seed_makes_one_visitor_of_each_bot() -> None:
    seed = "0123456789abcdef0123456789abcdef"
    first, again = visitor_tokens.of_seed(seed, 1), visitor_tokens.of_seed(seed, 1)
    assert first is not None
    assert again is not None
    assert first.id == again.id
    assert first.token.split(":")[0] == again.token.split(":")[0]  # what the tabs of a browser compare
    assert visitor_tokens.read(first.token, 1) == first
    elsewhere = visitor_tokens.of_seed(seed, 2)
    assert elsewhere is not None
    assert elsewhere.id != first.id
    assert seed not in first.token


@pytest.mark.parametrize(
    "seed", ["", "short", "x" * 21, "x" * 65, "white space and more text", "é" * 30, "a" * 29 + "\n"]
)
def test_a_seed_that_could_be_guessed_or_is_malformed_is_refused(seed: str) -> None:
    assert visitor_tokens.of_seed(seed, 1) is None


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
async def test_sockets_with_the_same_seed_are_one_visitor() -> None:
    bot = await in_thread(make_bot)()
    seed = "?seed=0123456789abcdef0123456789abcdef"
    (first, _), (second, _) = await open_socket(query=seed), await open_socket(query=f"{seed}&visitor=outlived:1:x")
    await first.say("hello")
    assert (await first.frame())["type"] == "accepted"
    assert (await second.frame())["text"] == "hello"
    await in_thread(answer_now)(bot)
    assert (await second.frame())["type"] == "message"
    stranger, seen = await open_socket(query="?seed=fedcba9876543210fedcba9876543210")
    assert seen["history"] == []
    known = visitor_tokens.new_visitor(bot.pk)
    other, found = await open_socket(query=f"{seed}&visitor={known.token}")
    assert (found["visitor"], found["history"]) == (known.token, [])  # a valid token comes before a seed
    for socket in (first, second, stranger, other):
        await socket.disconnect()


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
