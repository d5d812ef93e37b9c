"""Authors of quoted and forwarded messages get the names that are known, or that the platform gives."""

from __future__ import annotations

import pytest

from adapters.events import Passage
from bots.models import Channel, Identity, Person
from bots.people import author_names
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.pipeline.dispatch.builders import connect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def names(channel: Channel, *passages: Passage) -> list[str]:
    found = author_names.named(channel, "C1", passages)
    return [passage.author for passage in found]


def by(*ids: str) -> list[Passage]:
    return [Passage("hello", author_id=one) for one in ids]


@pytest.fixture
def channel(server: Server) -> Channel:
    def respond(request: Recorded) -> Answer:
        user = request.path.partition("user=")[2]
        if user.startswith("U"):
            return json_answer({"ok": True, "user": {"profile": {"display_name": f"Name of {user}"}}})
        return json_answer({"ok": False, "error": "user_not_found"})

    server.respond = respond
    return connect("slack", server.url)


def test_a_known_account_is_not_asked_for(channel: Channel, server: Server) -> None:
    person = Person.objects.create(bot=channel.bot)
    Identity.objects.create(channel=channel, person=person, external_id="U1", alt_id="W1", user_name="Ann")
    assert names(channel, *by("U1", "W1")) == ["Ann", "Ann"]
    assert server.requests == []


def test_the_platform_is_asked_once_for_each(channel: Channel, server: Server) -> None:
    for _ in range(2):
        assert names(channel, *by("U1", "U2", "U1")) == ["Name of U1", "Name of U2", "Name of U1"]
    assert len(server.requests) == 2


def test_who_has_no_name_gets_a_number_among_several(channel: Channel, server: Server) -> None:
    assert names(channel, *by("X1", "U1", "X2", "X1")) == ["Person 1", "Name of U1", "Person 2", "Person 1"]
    assert names(channel, *by("X1")) == [""]
    assert len(server.requests) == 3


def test_a_long_record_asks_for_a_few_names_only(channel: Channel, server: Server) -> None:
    found = names(channel, *by(*(f"U{n}" for n in range(40))))
    assert len(server.requests) == author_names.MOST_ASKED
    assert found[0] == "Name of U0"
    assert found[-1] == f"Person {40 - author_names.MOST_ASKED}"


def test_given_names_and_the_bot_are_left_as_they_are(channel: Channel, server: Server) -> None:
    given = (Passage("a", author="Bo", author_id="U1"), Passage("b", author_id="U9", by_bot=True), Passage("c"))
    assert author_names.named(channel, "C1", given) == given
    assert server.requests == []
