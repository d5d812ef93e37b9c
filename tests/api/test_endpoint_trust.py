"""A stored secret goes only to the server it was entered for, and only superusers enter private addresses."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from bots.channels import lookup
from bots.llm import client as llm_client
from bots.models import AuditEntry, Bot, BotAccess, Channel, ModelProvider
from bots.operations import providers
from tests.api.builders import caller, caller_with, make_bot, make_channel, make_user, superuser
from tests.http_server import Server, json_answer

pytestmark = pytest.mark.django_db
KEY = "sk-stored-secret-0815"
TOKEN = "987654321:AAHanothersecretanothersecretanother123"
ANSWER = json_answer({"choices": [{"message": {"role": "assistant", "content": "ready"}, "finish_reason": "stop"}]})
INSIDE = (
    "http://127.0.0.1:9/v1",
    "http://localhost:9/v1",
    "http://10.1.2.3/v1",
    "http://192.168.0.1/v1",
    "http://169.254.169.254/latest",
    "http://168.63.129.16/v1",
    "http://100.100.100.200/v1",
    "http://2130706433/v1",
    "http://0x7f000001/v1",
    "http://0177.0.0.1/v1",
    "http://127.1/v1",
    "http://0/v1",
    "http://１２７.0.0.1/v1",
    "http://[::1]:9/v1",
    "http://[::ffff:169.254.169.254]/v1",
    "http://[fd00:ec2::254]/v1",
    "http://[fe80::1]/v1",
)


@pytest.fixture(autouse=True)
def _fresh_clients() -> Any:
    yield
    llm_client.clear_cache()


def make_provider(endpoint: str = "https://models.example/v1", key: str = KEY, **values: Any) -> ModelProvider:
    row = ModelProvider(name="main", endpoint=endpoint, model="m", **values)
    row.api_key = key
    row.save()
    return row


def configurer() -> APIClient:
    """Returns the client of a user who may do everything with model providers and is no superuser."""
    user = make_user(is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(content_type__model="modelprovider"))
    return caller(user)


def path_of(row: ModelProvider) -> str:
    return f"/api/v1/providers/{row.pk}/"


def sent_secrets(server: Server) -> str:
    return repr([(request.path, dict(request.headers), request.body) for request in server.requests])


# Model providers


def test_the_staff_flag_alone_changes_no_provider(server: Server) -> None:
    row = make_provider(server.url)
    staff = caller(make_user(is_staff=True))
    body = {"name": "new", "endpoint": server.url, "model": "m"}
    answers = (
        staff.patch(path_of(row), {"endpoint": f"{server.url}/evil"}, format="json"),
        staff.post(f"{path_of(row)}test/"),
        staff.post("/api/v1/providers/", body, format="json"),
        staff.delete(path_of(row)),
    )
    assert [answer.status_code for answer in answers] == [403] * 4
    assert "bots.change_modelprovider" in answers[0].json()["detail"]
    assert ModelProvider.objects.get().endpoint == server.url
    assert not server.requests


@pytest.mark.parametrize("client", [configurer, superuser])
def test_a_changed_server_needs_the_key_again(client: Any, server: Server) -> None:
    row = make_provider()
    answer = client().patch(path_of(row), {"endpoint": server.url, "model": "n"}, format="json")
    assert answer.status_code == 400
    assert "enter the API key again" in answer.json()["detail"]
    row.refresh_from_db()
    assert (row.endpoint, row.model, row.api_key) == ("https://models.example/v1", "m", KEY)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("endpoint", "status"),
    [
        ("https://models.example/v2", 200),
        ("https://MODELS.example:443/v1", 200),
        ("http://models.example/v1", 400),
        ("https://models.example:8443/v1", 400),
        ("https://models.example.evil.example/v1", 400),
    ],
)
def test_scheme_host_and_port_are_the_server_of_a_key(endpoint: str, status: int) -> None:
    row = make_provider()
    assert superuser().patch(path_of(row), {"endpoint": endpoint}, format="json").status_code == status
    row.refresh_from_db()
    assert row.api_key == KEY


@pytest.mark.parametrize("values", [{"api_key": "sk-new"}, {"api_key": ""}])
def test_with_its_own_key_or_none_another_server_is_taken(values: dict[str, str], server: Server) -> None:
    server.answer(ANSWER)
    row = make_provider()
    client = superuser()
    # in this order in the body, which the product must not depend on
    assert client.patch(path_of(row), {**values, "endpoint": server.url}, format="json").status_code == 200
    row.refresh_from_db()
    assert row.api_key == values["api_key"]
    assert client.post(f"{path_of(row)}test/").json()["ok"]
    assert server.requests
    assert KEY not in sent_secrets(server)


def test_a_row_that_was_changed_past_every_form_sends_its_key_to_nobody(server: Server) -> None:
    server.answer(ANSWER)
    make_provider()
    ModelProvider.objects.update(endpoint=server.url)
    assert providers.test_provider(ModelProvider.objects.get()).ok
    assert KEY not in sent_secrets(server)


@pytest.mark.parametrize("endpoint", INSIDE)
def test_only_a_superuser_enters_a_private_endpoint(endpoint: str) -> None:
    body = {"name": "new", "endpoint": endpoint, "model": "m"}
    refused = configurer().post("/api/v1/providers/", body, format="json")
    assert refused.status_code == 400
    row = make_provider()
    change = {"endpoint": endpoint, "api_key": "sk-new"}
    assert configurer().patch(path_of(row), change, format="json").status_code == 400
    assert list(ModelProvider.objects.values_list("endpoint", flat=True)) == ["https://models.example/v1"]


def test_a_superuser_connects_a_local_server(server: Server) -> None:
    server.answer(ANSWER)
    client = superuser()
    made = client.post("/api/v1/providers/", {"name": "o", "endpoint": server.url, "model": "m"}, format="json")
    assert client.post(f"/api/v1/providers/{made.json()['id']}/test/").json()["ok"]


def test_the_address_is_checked_again_at_each_connection(server: Server) -> None:
    """A name may resolve to another address than at the time it was entered."""
    client = configurer()
    body = {"name": "n", "endpoint": "https://models.example/v1", "model": "m"}
    row = ModelProvider.objects.get(pk=client.post("/api/v1/providers/", body, format="json").json()["id"])
    assert row.public_only
    for host in ("127.0.0.1", "localhost"):
        ModelProvider.objects.update(endpoint=server.url.replace("127.0.0.1", host))
        answer = client.post(f"{path_of(row)}test/").json()
        assert (answer["ok"], "private network" in answer["text"]) == (False, True)
    assert not server.requests


def test_a_redirect_from_the_endpoint_does_not_lead_into_the_network(server: Server) -> None:
    inner = server.url.replace("127.0.0.1", "localhost")
    server.respond = lambda request: json_answer({}, 307, Location=f"{inner}{request.path}")
    result = providers.test_provider(make_provider(server.url))
    assert not result.ok
    assert [request.headers["host"] for request in server.requests] == [server.url.removeprefix("http://")]


def test_changes_of_providers_are_in_the_audit_log_without_values() -> None:
    client = configurer()
    body = {"name": "mine", "endpoint": "https://models.example/v1", "model": "m", "api_key": KEY}
    path = f"/api/v1/providers/{client.post('/api/v1/providers/', body, format='json').json()['id']}/"
    client.patch(path, {"model": "n", "api_key": "sk-other"}, format="json")
    client.delete(path)
    rows = list(AuditEntry.objects.order_by("pk").values_list("action", "field_names", "bot_id"))
    assert rows == [("added", [], None), ("changed", ["api_key", "model"], None), ("removed", [], None)]
    assert all("mine" in row.subject and row.actor.startswith("user-") for row in AuditEntry.objects.all())
    assert "sk-" not in repr(list(AuditEntry.objects.values()))


# Channels


def telegram(base_url: str = "https://api.example") -> Channel:
    return make_channel(make_bot(), "telegram", account={"base_url": base_url})


def patch(channel: Channel, client: APIClient, **account: Any) -> Any:
    return client.patch(f"/api/v1/channels/{channel.public_id}/", {"account": account}, format="json")


def manager(bot: Bot) -> APIClient:
    return caller_with("manager", bot)


@pytest.mark.parametrize(
    "account",
    [
        {"base_url": "https://evil.example"},
        {"base_url": "https://api.example:8443"},
        {"base_url": "http://api.example"},
        {"base_url": None},
        {"allowed_hosts": ["evil.example"]},
        {"base_url": "https://evil.example", "token": TOKEN},
        {"base_url": "https://evil.example", "token": TOKEN, "secret_token": ""},
    ],
)
def test_a_changed_address_of_a_channel_needs_each_secret_again(account: dict[str, Any]) -> None:
    channel = telegram()
    before = channel.credentials
    answer = patch(channel, manager(channel.bot), **account)
    complete = account.get("token") and "secret_token" in account
    assert answer.status_code == (200 if complete else 400)
    channel.refresh_from_db()
    if complete:
        assert channel.credentials == {"base_url": "https://evil.example", "token": TOKEN}
    else:
        assert set(answer.json()["errors"]["account"]) == {"token", "secret_token"} - set(account)
        assert channel.credentials == before


def test_the_reply_address_of_a_signed_webhook_needs_the_signing_secret_again() -> None:
    channel = make_channel()
    client = manager(channel.bot)
    refused = patch(channel, client, reply_url="https://evil.example/replies")
    assert set(refused.json()["errors"]["account"]) == {"secret"}
    assert patch(channel, client, reply_url="https://evil.example/replies", secret="a-new-secret-99").status_code == 200


@pytest.mark.parametrize("url", INSIDE)
def test_only_a_superuser_enters_a_private_address_of_a_channel(url: str) -> None:
    channel = telegram()
    secrets = {"token": TOKEN, "secret_token": "s"}
    refused = patch(channel, manager(channel.bot), base_url=url, **secrets)
    assert set(refused.json()["errors"]["account"]) == {"base_url"}
    body = {"bot": channel.bot_id, "platform": "webhook", "account": {"secret": "s", "reply_url": url}}
    assert manager(channel.bot).post("/api/v1/channels/", body, format="json").status_code == 400
    assert patch(channel, superuser(), base_url=url, **secrets).status_code == 200


def test_a_channel_connects_to_private_addresses_only_if_a_superuser_entered_them(server: Server) -> None:
    server.answer(
        json_answer({"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "R", "username": "r_bot"}})
    )
    channel = telegram(server.url)
    test = f"/api/v1/channels/{channel.public_id}/test/"
    assert manager(channel.bot).post(test).json()["ok"]
    asked = len(server.requests)
    secrets = {"token": TOKEN, "secret_token": "s"}
    assert patch(channel, manager(channel.bot), base_url="https://elsewhere.example", **secrets).status_code == 200
    channel.refresh_from_db()
    assert channel.public_only
    account = channel.credentials | {"base_url": server.url.replace("127.0.0.1", "localhost")}
    channel.credentials = account  # what the name of the manager would resolve to later
    channel.save()
    answer = manager(channel.bot).post(test).json()
    assert (answer["ok"], "not a public address" in answer["text"]) == (False, True)
    assert len(server.requests) == asked
    channel.public_only = False
    channel.save()
    lookup.clear_cache()
    assert manager(channel.bot).post(test).json()["ok"]


def test_a_manager_registers_no_webhook_of_another_server(server: Server) -> None:
    server.answer(json_answer({"ok": True, "result": True}))
    channel = telegram(server.url)
    path = f"/api/v1/channels/{channel.public_id}/set-webhook/"
    refused = manager(channel.bot).post(path, {"base_url": "https://evil.example"}, format="json")
    assert refused.status_code == 400
    assert not server.requests
    own = manager(channel.bot).post(path, {"base_url": "https://testserver"}, format="json")
    assert own.status_code == 200
    assert superuser().post(path, {"base_url": "https://other.example"}, format="json").status_code == 200


def test_changes_of_channels_are_in_the_audit_log_without_values() -> None:
    bot = make_bot()
    client = manager(bot)
    body = {"bot": bot.pk, "platform": "telegram", "name": "Support", "account": {"token": TOKEN}}
    path = f"/api/v1/channels/{client.post('/api/v1/channels/', body, format='json').json()['id']}/"
    client.patch(path, {"name": "Help", "account": {"secret_token": "s3cret-value"}}, format="json")
    client.delete(path)
    rows = list(AuditEntry.objects.order_by("pk").values_list("action", "field_names", "bot_slug"))
    expected = [["token"], ["name", "secret_token"], []]
    assert rows == [
        (action, names, bot.slug) for action, names in zip(("added", "changed", "removed"), expected, strict=True)
    ]
    stored = repr(list(AuditEntry.objects.values()))
    assert TOKEN not in stored
    assert "s3cret-value" not in stored


# Permissions and grants


def test_a_write_needs_the_permission_and_the_grant() -> None:
    bot = make_bot()
    path = f"/api/v1/bots/{bot.pk}/"
    user = make_user()
    client = caller(user)
    permission = Permission.objects.get(codename="change_bot")
    user.user_permissions.add(permission)
    assert client.patch(path, {"name": "X"}, format="json").status_code == 404
    BotAccess.objects.create(user=user, bot=bot, role="manager")
    assert client.patch(path, {"name": "X"}, format="json").status_code == 200
    user.user_permissions.remove(permission)
    refused = client.patch(path, {"name": "Y"}, format="json")
    assert (refused.status_code, refused.json()["detail"]) == (403, "This needs the permission bots.change_bot.")
    assert client.get(path).json()["name"] == "X"


def test_a_viewer_gets_no_permission_from_the_role() -> None:
    user = make_user()
    BotAccess.objects.create(user=user, bot=make_bot(), role="viewer")
    assert not user.user_permissions.exists()


def test_no_secret_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    row = make_provider()
    with caplog.at_level(logging.DEBUG):
        superuser().patch(path_of(row), {"endpoint": "https://evil.example"}, format="json")
    assert KEY not in caplog.text
