"""No form of the admin sends a stored secret to another server, and changes of the set-up are in the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from bots.models import ApiToken, AuditEntry, Bot, BotAccess, Channel, ModelProvider
from clawdbot.redaction import MASK
from memory.embedders import choice
from memory.models import EmbedderChoice
from skills import catalogue, runner
from skills.models import BotSkill, Skill
from tests.admin.builders import (
    API_KEY,
    BOT_TOKEN,
    SECRET_TOKEN,
    SKILL_KEY,
    address,
    login,
    make_bot,
    make_channel,
    make_provider,
    make_user,
    provider_form,
)
from tests.http_server import Server
from tests.memory.embedders.embedding_server import embeddings_endpoint

pytestmark = pytest.mark.django_db
POLICIES = {"group_policy": "mention", "group_memory": "on", "stranger_policy": "open"}
OTHER_TOKEN = "987654321:BBHothertokenothertokenothertoken123"


def with_permissions(*models: str) -> User:
    user = make_user("staff", superuser=False)
    user.user_permissions.add(*Permission.objects.filter(content_type__model__in=models))
    return user


def manager_of(bot: Bot) -> Client:
    user = make_user("manager", superuser=False)
    BotAccess.objects.create(user=user, bot=bot, role=BotAccess.Role.MANAGER)
    return login(user)


def errors_of(response: Any) -> set[str]:
    return set(response.context["adminform"].form.errors) if response.context else set()


def logged() -> list[tuple[str, str, list[str]]]:
    rows = AuditEntry.objects.order_by("pk").values_list("action", "subject", "field_names")
    return [(action, subject.split()[0], names) for action, subject, names in rows]


# Model providers


def test_another_endpoint_needs_the_key_again() -> None:
    row = make_provider()
    page, client = address(ModelProvider, "change", row.pk), login(make_user())
    moved = provider_form(endpoint="https://evil.example/v1")
    assert errors_of(client.post(page, moved)) == {"api_key"}
    row.refresh_from_db()
    assert (row.endpoint, row.api_key) == ("https://models.example/v1", API_KEY)
    assert client.post(page, {**moved, "remove_api_key": "on"}).status_code == 302
    row.refresh_from_db()
    assert (row.endpoint, row.api_key) == ("https://evil.example/v1", "")


def test_only_a_superuser_allows_a_private_endpoint() -> None:
    client = login(with_permissions("modelprovider"))
    refused = client.post(address(ModelProvider, "add"), provider_form(endpoint="http://2130706433:11434/v1"))
    assert errors_of(refused) == {"endpoint"}
    client.post(address(ModelProvider, "add"), provider_form())
    row = ModelProvider.objects.get()
    assert row.public_only
    page = address(ModelProvider, "change", row.pk)
    assert 'name="public_only"' not in client.get(page).content.decode()
    client.post(page, provider_form(public_only="", name="renamed"))
    root = login(make_user())
    assert 'name="public_only"' in root.get(page).content.decode()
    root.post(page, provider_form(public_only="on"))
    assert ModelProvider.objects.get().public_only
    root.post(page, provider_form())
    assert not ModelProvider.objects.get().public_only


def test_the_list_changes_no_endpoint() -> None:
    row = make_provider()
    values = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": row.pk, "form-0-priority": 9, "_save": "x"}
    login(make_user()).post(address(ModelProvider, "changelist"), {**values, "form-0-endpoint": "https://evil.example"})
    row.refresh_from_db()
    assert (row.priority, row.endpoint, row.api_key) == (9, "https://models.example/v1", API_KEY)
    assert logged() == [("changed", "bots.modelprovider", ["enabled", "priority"])]


def test_changes_of_providers_are_logged_without_values() -> None:
    client = login(make_user())
    client.post(address(ModelProvider, "add"), provider_form(api_key=API_KEY))
    row = ModelProvider.objects.get()
    page = address(ModelProvider, "change", row.pk)
    client.post(page, provider_form())  # nothing changed
    client.post(page, provider_form(model="other", api_key="sk-new-0815"))
    client.post(address(ModelProvider, "delete", row.pk), {"post": "yes"})
    rows = logged()
    assert [(action, subject) for action, subject, _ in rows] == [
        (action, "bots.modelprovider") for action in ("added", "changed", "removed")
    ]
    assert set(rows[1][2]) == {"api_key", "model"}
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {"root"}
    assert "sk-" not in repr(list(AuditEntry.objects.values()))
    page = client.get(address(AuditEntry, "change", AuditEntry.objects.get(action="changed").pk)).content.decode()
    assert "bots.modelprovider" in page
    assert "api_key, model" in page or "model, api_key" in page


# Channels


@pytest.mark.parametrize(
    ("typed", "refused"),
    [
        ({}, {"token", "secret_token"}),
        ({"token": OTHER_TOKEN}, {"secret_token"}),
        ({"token": OTHER_TOKEN, "secret_token": "new"}, set()),
    ],
)
def test_another_address_of_a_channel_needs_its_secrets_again(typed: dict[str, str], refused: set[str]) -> None:
    channel = make_channel(make_bot())
    values = {"name": "Shop", "enabled": "on", **POLICIES, "account__telegram__base_url": "https://evil.example"}
    values |= {f"account__telegram__{key}": value for key, value in typed.items()}
    response = manager_of(channel.bot).post(address(Channel, "change", channel.pk), values)
    assert errors_of(response) == {f"account__telegram__{key}" for key in refused}
    channel.refresh_from_db()
    stored = {BOT_TOKEN, SECRET_TOKEN} & {channel.credentials["token"], *channel.credentials["secret_token"]}
    assert bool(stored) == bool(refused)
    assert channel.public_only == (not refused)


def test_a_manager_tries_no_private_address(server: Server) -> None:
    bot = make_bot()
    client = manager_of(bot)
    values = {"bot": bot.pk, "platform": "telegram", "account__telegram__token": BOT_TOKEN}
    for host in ("127.0.0.1", "localhost", "2130706433"):
        values["account__telegram__base_url"] = server.url.replace("127.0.0.1", host)
        answer = json.loads(client.post(address(Channel, "verify_new"), values).content)
        assert (answer["ok"], len(answer["notes"])) == (False, 1)
        assert "only a superuser may enter it" in answer["notes"][0]
    assert not server.requests


def test_changes_of_channels_are_logged() -> None:
    channel = make_channel(make_bot())
    client = login(make_user())
    values = {"name": "Shop", "enabled": "on", **POLICIES, "account__telegram__token": OTHER_TOKEN}
    client.post(address(Channel, "change", channel.pk), values)
    client.post(address(Channel, "changelist"), {"action": "disable_selected", "_selected_action": [channel.pk]})
    client.post(address(Channel, "delete", channel.pk), {"post": "yes"})
    rows = logged()
    assert [row[:2] for row in rows] == [(action, "bots.channel") for action in ("changed", "changed", "removed")]
    assert "account__telegram__token" in rows[0][2]
    assert rows[1][2] == ["enabled"]
    assert OTHER_TOKEN not in repr(list(AuditEntry.objects.values()))


# The embedder


@pytest.fixture
def embedder() -> Iterator[EmbedderChoice]:
    with embeddings_endpoint(key="sk-embedder") as server:
        row = choice.seed()
        row.kind, row.model, row.endpoint, row.dimension = "openai", "m", server.url, 16
        row.api_key = "sk-embedder"
        row.save()
        yield row


def test_another_endpoint_of_the_embedder_needs_the_key_again_before_it_is_tried(
    embedder: EmbedderChoice, server: Server
) -> None:
    page, client = address(EmbedderChoice, "change", 1), login(make_user())
    values = {"kind": "openai", "model": "m", "endpoint": server.url, "dimension": "", "timeout_s": "5"}
    assert errors_of(client.post(page, values)) == {"api_key"}
    assert not server.requests
    client.post(page, {**values, "api_key": "sk-typed"})
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer sk-typed"}


def test_only_a_superuser_tries_an_embedder_in_a_private_network(embedder: EmbedderChoice, server: Server) -> None:
    client = login(with_permissions("embedderchoice"))
    values = {"kind": "openai", "model": "m", "endpoint": server.url, "dimension": "", "timeout_s": "5"}
    refused = client.post(address(EmbedderChoice, "change", 1), {**values, "api_key": "sk-typed"})
    assert errors_of(refused) == {"endpoint"}
    assert not server.requests


def test_an_embedder_that_was_changed_past_the_form_gets_no_key(embedder: EmbedderChoice, server: Server) -> None:
    EmbedderChoice.objects.update(endpoint=server.url)
    assert choice.of_row(EmbedderChoice.objects.get()).api_key == ""
    EmbedderChoice.objects.update(endpoint=embedder.endpoint)
    assert choice.of_row(EmbedderChoice.objects.get()).api_key == "sk-embedder"


def test_a_changed_endpoint_in_the_settings_never_takes_the_stored_key(
    embedder: EmbedderChoice, configured: Any
) -> None:
    configured("semantic_search", embedder="openai", model="m", endpoint="https://other.example/v1", dimension=16)
    choice.seed()
    row = EmbedderChoice.objects.get()
    assert (row.endpoint, row.api_key) == ("https://other.example/v1", "")


# Skills


def skill(**config: Any) -> Skill:
    return Skill.objects.create(name="Weather", module="skills.weather.WeatherSkill", config=config)


def skill_form(config: Any) -> dict[str, Any]:
    inline = {"bot_skills-TOTAL_FORMS": 0, "bot_skills-INITIAL_FORMS": 0}
    module = "skills.weather.WeatherSkill"
    return {"name": "Weather", "module": module, "enabled": "on", "config": json.dumps(config), **inline}


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        ({"base_url": "https://a.example"}, {"base_url": "https://evil.example"}, False),
        ({"base_url": "https://a.example"}, {"base_url": "https://a.example/v2"}, True),
        ({}, {"proxy": "evil.example"}, False),
        ({"host": "a.example", "port": 1}, {"host": "a.example", "port": 2}, False),
        ({"to": [{"u": "https://a.example"}]}, {"to": [{"u": "https://evil.example"}]}, False),
        ({"unit": "km"}, {"unit": "miles"}, True),
    ],
)
def test_a_mask_does_not_stand_for_a_secret_at_another_server(before: Any, after: Any, taken: bool) -> None:
    row = skill(api_key=SKILL_KEY, **before)
    client = login(make_user())
    page = address(Skill, "change", row.pk)
    response = client.post(page, skill_form({"api_key": MASK, **after}))
    assert errors_of(response) == (set() if taken else {"config"})
    row.refresh_from_db()
    assert row.config == {"api_key": SKILL_KEY, **(after if taken else before)}


def test_a_bot_takes_no_secret_of_the_skill_to_another_server() -> None:
    row = skill(base_url="https://a.example", api_key=SKILL_KEY, unit="km")
    bot = make_bot()
    override = BotSkill.objects.create(bot=bot, skill=row, config={"unit": "m"})
    assert catalogue.entries(bot.pk)[0].config == {"base_url": "https://a.example", "api_key": SKILL_KEY, "unit": "m"}
    override.config = {"base_url": "https://evil.example"}
    override.save()
    catalogue.clear_cache()
    assert catalogue.entries(bot.pk)[0].config == {"base_url": "https://evil.example", "unit": "km"}


def test_a_skill_reaches_a_private_address_only_if_a_superuser_entered_it(server: Server) -> None:
    row, bot = skill(), make_bot()
    manager = manager_of(bot)
    form = {"bot": bot.pk, "skill": row.pk, "enabled": "on"}
    refused = manager.post(address(BotSkill, "add"), {**form, "config": json.dumps({"base_url": server.url})})
    assert errors_of(refused) == {"config"}
    public = {**form, "config": json.dumps({"base_url": "https://a.example"})}
    assert manager.post(address(BotSkill, "add"), public).status_code == 302
    own = BotSkill.objects.get()
    assert (own.public_only, catalogue.entries(bot.pk)[0].public_only) == (True, True)
    allowed = {**form, "config": json.dumps({"base_url": server.url})}
    assert login(make_user()).post(address(BotSkill, "change", own.pk), allowed).status_code == 302
    catalogue.clear_cache()
    assert not catalogue.entries(bot.pk)[0].public_only


@pytest.mark.parametrize("public_only", [True, False])
def test_the_address_of_a_skill_is_checked_at_each_connection(public_only: bool, server: Server) -> None:
    skill(base_url=server.url)
    Skill.objects.update(public_only=public_only)
    found = runner.match(make_bot().pk, "weather in Paris")
    assert found
    assert not runner.run(found, {"language": "en"}).ok  # the server is none of weather
    assert bool(server.requests) != public_only


# Rights


def test_changes_of_users_groups_grants_and_skills_are_logged() -> None:
    client, bot, user = login(make_user()), make_bot(), make_user("ada", superuser=False)
    client.post(address(BotAccess, "add"), {"user": user.pk, "bot": bot.pk, "role": "manager"})
    grant = BotAccess.objects.get()
    client.post(address(BotAccess, "change", grant.pk), {"user": user.pk, "bot": bot.pk, "role": "viewer"})
    client.post(address(BotAccess, "delete", grant.pk), {"post": "yes"})
    client.post(address(Group, "add"), {"name": "configurers"})
    group = Group.objects.get()
    permission = Permission.objects.get(codename="change_modelprovider")
    client.post(address(Group, "change", group.pk), {"name": "configurers", "permissions": [permission.pk]})
    inline = {"bot_access-TOTAL_FORMS": 1, "bot_access-INITIAL_FORMS": 0, "bot_access-0-bot": bot.pk}
    inline |= {"bot_access-0-user": user.pk, "bot_access-0-role": "operator"}
    values = {"username": "ada", "is_active": "on", "is_staff": "on", "is_superuser": "on", "groups": [group.pk]}
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    response = client.post(address(User, "change", user.pk), {**values, **dates, **inline})
    assert response.status_code == 302, errors_of(response)
    row = skill()
    client.post(address(Skill, "change", row.pk), skill_form({"unit": "km"}))
    rows = logged()
    expected = [
        ("added", "bots.botaccess"),
        ("changed", "bots.botaccess"),
        ("removed", "bots.botaccess"),
        ("added", "auth.group"),
        ("changed", "auth.group"),
        ("added", "bots.botaccess"),
        ("changed", "auth.user"),
        ("changed", "skills.skill"),
    ]
    assert [row[:2] for row in rows] == expected
    assert (rows[1][2], rows[4][2]) == (["role"], ["permissions"])
    assert {"is_superuser", "groups"} <= set(rows[6][2])
    assert "config" in rows[7][2]


def test_who_may_change_users_does_not_rise_above_the_own_rights() -> None:
    root, editor = make_user(), with_permissions("user", "group", "apitoken")
    client = login(editor)
    everything = [permission.pk for permission in Permission.objects.all()]
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    inline = {"bot_access-TOTAL_FORMS": 0, "bot_access-INITIAL_FORMS": 0}
    values = {"username": "staff", "is_active": "on", "is_staff": "on", "is_superuser": "on", **dates, **inline}
    before = set(editor.user_permissions.values_list("pk", flat=True))
    client.post(address(User, "change", editor.pk), {**values, "user_permissions": everything})
    editor.refresh_from_db()
    assert (editor.is_superuser, set(editor.user_permissions.values_list("pk", flat=True))) == (False, before)
    password = {"password1": "taken-over-0815", "password2": "taken-over-0815", "usable_password": "true"}
    assert client.post(f"/admin/auth/user/{root.pk}/password/", password).status_code == 403
    assert client.post(address(User, "delete", root.pk), {"post": "yes"}).status_code == 403
    assert client.post(address(Group, "add"), {"name": "mine", "permissions": everything}).status_code == 403
    client.post(address(ApiToken, "add"), {"user": root.pk})
    assert not ApiToken.objects.exists()
    client.post(address(ApiToken, "add"), {"user": editor.pk})
    assert ApiToken.objects.get().user == editor
