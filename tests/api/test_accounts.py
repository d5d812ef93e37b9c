"""Secrets of channels and providers are write-only."""

from __future__ import annotations

import json

import pytest

from bots.models import Channel, ModelProvider
from tests.api.builders import caller_with, deliver, event_body, make_bot, make_channel, signature, superuser

pytestmark = pytest.mark.django_db
TOKEN = "987654321:AAHanothersecretanothersecretanother123"


def test_a_channel_is_connected_and_its_account_never_comes_out() -> None:
    bot = make_bot()
    client = caller_with("manager", bot)
    body = {"bot": bot.pk, "platform": "telegram", "name": "Support", "account": {"token": TOKEN}, "enabled": False}
    answer = client.post("/api/v1/channels/", body, format="json")
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["bot"], made["name"], made["enabled"], made["account_keys"]) == (bot.pk, "Support", False, ["token"])
    assert made["webhook_path"] == f"/api/webhook/{made['id']}"
    channel = Channel.objects.get(public_id=made["id"])
    assert channel.credentials == {"token": TOKEN}
    assert TOKEN not in channel.credentials_encrypted
    for shown in (answer, client.get(f"/api/v1/channels/{made['id']}/"), client.get("/api/v1/channels/")):
        assert TOKEN not in shown.content.decode()


@pytest.mark.parametrize(
    ("account", "key"),
    [
        ({}, "token"),
        ({"token": TOKEN, "base_url": "ftp://x"}, "base_url"),
        ({"token": TOKEN, "colour": "red"}, "colour"),
        ({"token": {}}, ""),
        ({"to\x00ken": "x"}, ""),
    ],
)
def test_an_account_that_does_not_fit_is_refused_by_key_without_its_value(account: object, key: str) -> None:
    bot = make_bot()
    body = {"bot": bot.pk, "platform": "telegram", "account": account}
    answer = caller_with("manager", bot).post("/api/v1/channels/", body, format="json")
    assert answer.status_code == 400
    assert key in json.dumps(answer.json()["errors"]["account"])
    assert TOKEN not in answer.content.decode()
    assert not Channel.objects.exists()


@pytest.mark.parametrize("platform", ["dingtalk", "wecom"])
def test_an_account_of_which_no_kind_is_complete_is_refused(platform: str) -> None:
    bot = make_bot()
    body = {"bot": bot.pk, "platform": platform, "account": {}}
    answer = caller_with("manager", bot).post("/api/v1/channels/", body, format="json")
    assert answer.status_code == 400
    assert "fill in what one kind" in answer.json()["errors"]["account"]["account"]
    assert not Channel.objects.exists()


def test_of_an_account_only_the_given_keys_change() -> None:
    channel = make_channel()
    client = caller_with("manager", channel.bot)
    path = f"/api/v1/channels/{channel.public_id}/"
    answer = client.patch(path, {"account": {"secret": "a-new-secret-99"}, "flood_per_minute": 5}, format="json")
    assert (answer.status_code, answer.json()["account_keys"]) == (200, ["reply_url", "secret"])
    body = event_body()
    assert deliver(channel, body).status_code == 401
    assert deliver(channel, body, sign=signature(body, "a-new-secret-99")).status_code == 202
    client.patch(path, {"account": {"reply_url": None}}, format="json")
    assert list(Channel.objects.get(pk=channel.pk).credentials) == ["secret"]


def test_bot_and_platform_of_a_channel_cannot_be_changed() -> None:
    channel, other = make_channel(), make_bot()
    answer = superuser().patch(
        f"/api/v1/channels/{channel.public_id}/", {"bot": other.pk, "platform": "web", "name": "X"}, format="json"
    )
    assert answer.status_code == 200
    channel.refresh_from_db()
    assert (channel.bot_id == other.pk, channel.platform, channel.name) == (False, "webhook", "X")


def test_a_providers_key_is_write_only() -> None:
    client, key = superuser(), "sk-very-secret-4711"
    body = {"name": "mine", "endpoint": "127.0.0.1:9/v1/chat/completions", "model": "m", "api_key": key, "priority": 7}
    answer = client.post("/api/v1/providers/", body, format="json")
    assert answer.status_code == 201, answer.content
    row = ModelProvider.objects.get()
    assert (row.api_key, row.endpoint, row.priority) == (key, "http://127.0.0.1:9/v1", 7)
    path = f"/api/v1/providers/{row.pk}/"
    changed = client.patch(path, {"model": "n"}, format="json")
    assert changed.json()["has_api_key"] is True
    replaced = client.patch(path, {"api_key": "sk-another"}, format="json")
    row.refresh_from_db()
    assert (row.model, row.api_key) == ("n", "sk-another")
    removed = client.patch(path, {"api_key": ""}, format="json")
    assert removed.json()["has_api_key"] is False
    for shown in (answer, changed, replaced, client.get(path), client.get("/api/v1/providers/")):
        assert "sk-" not in shown.content.decode()
    assert client.delete(path).status_code == 204


def test_a_provider_with_a_taken_name_or_a_wrong_address_is_refused() -> None:
    client = superuser()
    ModelProvider.objects.create(name="taken", endpoint="http://127.0.0.1:9/v1", model="m")
    good = {"name": "new", "endpoint": "http://127.0.0.1:9/v1", "model": "m"}
    for wrong in (
        {"name": "taken"},
        {"endpoint": "ftp://x"},
        {"endpoint": "http://u:p@x/"},
        {"endpoint": "http://x/v1?key=k"},
        {"model": ""},
    ):
        assert client.post("/api/v1/providers/", good | wrong, format="json").status_code == 400
    assert ModelProvider.objects.count() == 1
