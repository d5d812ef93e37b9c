"""Without a grant a bot is a 404, a low role is a 403, and a request without a token is a 401."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from bots.models import Bot, BotAccess, Channel, ModelProvider
from memory.models import MemoryEntry
from tests.api.builders import (
    caller,
    caller_with,
    make_bot,
    make_channel,
    make_conversation,
    make_inbound,
    make_message,
    make_outbound,
    make_user,
    remember,
    superuser,
)

pytestmark = pytest.mark.django_db
LISTS = ("bots", "channels", "conversations", "messages", "people", "memories", "inbound", "outbound")


def _populated(bot: Bot) -> dict[str, Any]:
    """Makes one row for each list."""
    channel = make_channel(bot)
    conversation = make_conversation(channel)
    return {
        "bots": bot.pk,
        "channels": channel.public_id,
        "conversations": conversation.pk,
        "messages": make_message(conversation).pk,
        "people": conversation.person_id,
        "memories": remember(conversation.person, "My sister lives in Chengdu")[0],
        "inbound": make_inbound(channel).pk,
        "outbound": make_outbound(conversation).pk,
    }


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_rows_of_other_bots_do_not_exist(name: str) -> None:
    mine, other = make_bot(), make_bot()
    own, foreign = _populated(mine), _populated(other)
    client = caller_with("manager", mine)
    listed = client.get(f"/api/v1/{name}/").json()["results"]
    assert {row["bot"] if name != "bots" else row["id"] for row in _with_bot(listed, mine)} == {mine.pk}
    assert own[name] in {row["id"] for row in listed}
    assert foreign[name] not in {row["id"] for row in listed}
    assert client.get(f"/api/v1/{name}/{own[name]}/").status_code == 200
    assert client.get(f"/api/v1/{name}/{foreign[name]}/").status_code == 404


def _with_bot(rows: list[dict[str, Any]], bot: Bot) -> list[dict[str, Any]]:
    return [{"bot": bot.pk} | row for row in rows]


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_for_another_bot_finds_nothing(name: str) -> None:
    if name == "bots":
        return
    other = make_bot()
    _populated(other)
    client = caller_with("viewer", make_bot())
    assert client.get(f"/api/v1/{name}/", {"bot": other.pk}).json()["results"] == []


WRITES = (
    ("patch", "bots", "", {"name": "X"}, "manager"),
    ("patch", "channels", "", {"name": "X"}, "manager"),
    ("delete", "channels", "", None, "manager"),
    ("post", "channels", "test/", None, "manager"),
    ("patch", "people", "", {"blocked": True}, "operator"),
    ("delete", "people", "memories/", None, "operator"),
    ("delete", "memories", "", None, "operator"),
    ("post", "inbound", "replay/", None, "operator"),
    ("post", "outbound", "retry/", None, "operator"),
    ("post", "outbound", "discard/", None, "operator"),
)


@pytest.mark.parametrize(("method", "name", "action", "body", "needed"), WRITES)
def test_each_write_needs_its_role(method: str, name: str, action: str, body: Any, needed: str) -> None:
    bot = make_bot()
    rows = _populated(bot)
    path = f"/api/v1/{name}/{rows[name]}/{action}"
    roles = ("viewer", "operator", "manager")
    for role in roles[: roles.index(needed)]:
        answer = getattr(caller_with(role, bot), method)(path, body, format="json")
        assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    stranger = caller_with("manager", make_bot())
    assert getattr(stranger, method)(path, body, format="json").status_code == 404
    assert getattr(caller_with(needed, bot), method)(path, body, format="json").status_code in (200, 204)


def test_sending_and_connecting_need_a_role_on_the_bot_of_the_body() -> None:
    bot = make_bot()
    conversation = make_conversation(make_channel(bot))
    message = {"person": conversation.person_id, "text": "hi"}
    channel = {"bot": bot.pk, "platform": "web"}
    assert caller_with("viewer", bot).post("/api/v1/messages/", message, format="json").status_code == 403
    assert caller_with("operator", bot).post("/api/v1/channels/", channel, format="json").status_code == 403
    stranger = caller_with("manager", make_bot())
    assert stranger.post("/api/v1/messages/", message, format="json").status_code == 400
    assert stranger.post("/api/v1/channels/", channel, format="json").status_code == 400
    assert caller_with("manager", bot).post("/api/v1/channels/", channel, format="json").status_code == 201


def test_a_superuser_sees_every_bot_and_providers_are_for_staff() -> None:
    rows = _populated(make_bot())
    root = superuser()
    for name in LISTS:
        assert root.get(f"/api/v1/{name}/{rows[name]}/").status_code == 200
    ModelProvider.objects.create(name="p", endpoint="http://127.0.0.1:9/v1", model="m")
    assert root.get("/api/v1/providers/").status_code == 200
    assert caller(make_user(is_staff=True)).get("/api/v1/providers/").status_code == 200
    assert caller_with("manager", make_bot()).get("/api/v1/providers/").status_code == 403


def test_staff_without_a_grant_see_no_bot() -> None:
    _populated(make_bot())
    client = caller(make_user(is_staff=True))
    assert all(client.get(f"/api/v1/{name}/").json()["results"] == [] for name in LISTS)


@pytest.mark.parametrize("name", [*LISTS, "providers"])
def test_without_a_good_token_nobody_comes_in(name: str) -> None:
    for authorization in ("", "Token wrong", "Token", "Bearer x", "Token a b"):
        client = APIClient()
        if authorization:
            client.credentials(HTTP_AUTHORIZATION=authorization)
        answer = client.get(f"/api/v1/{name}/")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Token"


def test_an_inactive_user_is_out_at_once() -> None:
    bot = make_bot()
    user = make_user()
    BotAccess.objects.create(user=user, bot=bot, role="viewer")
    client = caller(user)
    assert client.get("/api/v1/bots/").status_code == 200
    user.is_active = False
    user.save()
    assert client.get("/api/v1/bots/").status_code == 401


def test_a_session_needs_csrf_to_write() -> None:
    bot = make_bot()
    user = make_user(is_superuser=True)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get("/api/v1/bots/").status_code == 200
    refused = client.patch(f"/api/v1/bots/{bot.pk}/", {"name": "X"}, content_type="application/json")
    assert refused.status_code == 403
    assert Bot.objects.get(pk=bot.pk).name != "X"


def test_rows_that_were_deleted_are_really_gone() -> None:
    bot = make_bot()
    rows = _populated(bot)
    client = caller_with("manager", bot)
    client.delete(f"/api/v1/memories/{rows['memories']}/")
    client.delete(f"/api/v1/channels/{rows['channels']}/")
    assert not MemoryEntry.objects.filter(pk=rows["memories"]).exists()
    assert not Channel.objects.filter(public_id=rows["channels"]).exists()
