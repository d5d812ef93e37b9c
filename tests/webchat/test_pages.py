"""Pages of the web chat: framing, content security policy, and the memories that a visitor may see and delete."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from bots.models import Bot, Identity, Person
from bots.operations import web_channels
from bots.webchat import visitor_tokens
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Turn
from tests.webchat.builders import make_bot

pytestmark = pytest.mark.django_db


def rules_of(response: Any) -> dict[str, str]:
    return dict(rule.split(" ", 1) for rule in response["Content-Security-Policy"].split("; "))


def test_the_front_page_is_the_default_bot(client: Client) -> None:
    make_bot("first")
    make_bot("second", name="Second", is_default=True)
    assert '"slug": "second"' in client.get("/").content.decode()


def test_without_a_default_the_front_page_is_the_first_enabled_bot(client: Client) -> None:
    make_bot("off", enabled=False)
    make_bot("on")
    assert '"slug": "on"' in client.get("/").content.decode()


@pytest.mark.parametrize("path", ["/", "/chat/nobody/", "/chat/nobody/embed.js"])
def test_without_a_bot_the_answer_is_404(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_name_that_is_markup_is_text(client: Client) -> None:
    make_bot(name="</script><script>alert(1)</script>", description='"><img src=x>', greeting="</script>")
    page = client.get("/chat/ada/").content.decode()
    assert "<script>alert(1)" not in page
    assert "<img" not in page
    script = client.get("/chat/ada/embed.js").content.decode()
    assert "</script" not in script


def test_the_policy_lets_only_our_own_files_run(client: Client) -> None:
    make_bot()
    response = client.get("/chat/ada/", headers={"host": "testserver"})
    rules = rules_of(response)
    assert rules["default-src"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://testserver"
    assert "style=" not in response.content.decode()
    assert "onclick" not in response.content.decode()


def test_only_allowed_sites_may_frame_the_page(client: Client) -> None:
    make_bot(allowed_origins=["https://friend.test", "https://x.test; script-src *"])
    make_bot("alone", name="Alone")
    response = client.get("/chat/ada/?embed=1")
    assert rules_of(response)["frame-ancestors"] == "'self' https://friend.test"
    assert "X-Frame-Options" not in response
    assert rules_of(client.get("/chat/alone/"))["frame-ancestors"] == "'self'"


def test_the_embedding_script_may_be_loaded_from_elsewhere(client: Client) -> None:
    make_bot()
    response = client.get("/chat/ada/embed.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert '"slug": "ada"' in response.content.decode()
    assert '"script": "http://testserver/chat/ada/embed.js"' in response.content.decode()


def visitor_with_memories(bot: Bot, *texts: str) -> str:
    visitor = visitor_tokens.new_visitor(bot.pk)
    person = Person.objects.create(bot=bot)
    Identity.objects.create(person=person, channel=web_channels.ensure_web_channel(bot), external_id=visitor.id)
    turns = [
        Turn(bot_id=bot.pk, person_id=person.pk, role="user", text=text, occurred_at=person.created_at)
        for text in texts
    ]
    MemoryStore(bot.pk).remember(turns)
    return visitor.token


def ask(client: Client, method: str, path: str, token: str) -> tuple[int, dict[str, Any]]:
    response = client.generic(method, path, headers={"x-visitor-token": token})
    return response.status_code, json.loads(response.content)


def test_a_visitor_sees_their_own_memories_only(client: Client) -> None:
    bot = make_bot()
    mine = visitor_with_memories(bot, "My sister lives in Chengdu", "I like tea")
    visitor_with_memories(bot, "I am somebody else")
    status, found = ask(client, "GET", "/chat/ada/memories", mine)
    assert status == 200
    assert {entry["text"] for entry in found["memories"]} == {"My sister lives in Chengdu", "I like tea"}
    assert (found["total"], found["more"]) == (2, False)


def test_a_long_memory_comes_in_pages(client: Client) -> None:
    token = visitor_with_memories(make_bot(), *(f"Fact number {number}" for number in range(60)))
    _, first = ask(client, "GET", "/chat/ada/memories", token)
    _, second = ask(client, "GET", "/chat/ada/memories?offset=50", token)
    assert (len(first["memories"]), first["more"]) == (50, True)
    assert (len(second["memories"]), second["more"]) == (10, False)
    assert len({entry["id"] for entry in first["memories"] + second["memories"]}) == 60


def test_one_memory_is_deleted(client: Client) -> None:
    token = visitor_with_memories(make_bot(), "keep this", "drop that")
    _, found = ask(client, "GET", "/chat/ada/memories", token)
    drop = next(entry["id"] for entry in found["memories"] if entry["text"] == "drop that")
    assert ask(client, "DELETE", f"/chat/ada/memories/{drop}", token) == (200, {"forgotten": 1})
    assert [entry.text for entry in MemoryEntry.objects.all()] == ["keep this"]
    assert ask(client, "DELETE", f"/chat/ada/memories/{drop}", token)[0] == 404


def test_nobody_deletes_another_visitors_memory(client: Client) -> None:
    bot = make_bot()
    visitor_with_memories(bot, "mine")
    stranger = visitor_with_memories(bot, "theirs")
    mine = MemoryEntry.objects.get(text="mine")
    assert ask(client, "DELETE", f"/chat/ada/memories/{mine.pk}", stranger)[0] == 404
    assert ask(client, "DELETE", "/chat/ada/memories", stranger) == (200, {"forgotten": 1})
    assert [entry.text for entry in MemoryEntry.objects.all()] == ["mine"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_without_a_valid_token_there_is_nothing(client: Client, method: str) -> None:
    bot = make_bot()
    other = make_bot("bob", name="Bob")
    visitor_with_memories(bot, "mine")
    for token in ("", "forged", visitor_tokens.new_visitor(other.pk).token):
        assert ask(client, method, "/chat/ada/memories", token)[0] == 403
    assert MemoryEntry.objects.count() == 1


def test_a_visitor_who_said_nothing_yet_has_an_empty_memory(client: Client) -> None:
    token = visitor_tokens.new_visitor(make_bot().pk).token
    assert ask(client, "GET", "/chat/ada/memories", token) == (200, {"memories": [], "total": 0, "more": False})
    assert ask(client, "DELETE", "/chat/ada/memories", token) == (200, {"forgotten": 0})
