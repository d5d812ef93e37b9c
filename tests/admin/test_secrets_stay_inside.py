"""Credentials are write-only: no page, history entry or error shows one."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry

from bots.models import ApiToken, Channel, ModelProvider
from bots.operations import api_tokens
from skills.models import Skill
from tests.admin.builders import (
    API_KEY,
    BOT_TOKEN,
    MCP_KEY,
    MODELS,
    SECRET_TOKEN,
    SIGNING_SECRET,
    SKILL_KEY,
    address,
    login,
    make_bot,
    make_channel,
    make_provider,
    make_user,
    make_world,
    provider_form,
)

pytestmark = pytest.mark.django_db
NEW_KEY = "sk-the-replacement-key-0000000"


def test_no_page_of_the_admin_shows_a_stored_secret() -> None:
    make_world()
    client = login(make_user())
    digest = ApiToken.objects.get().digest
    secrets = (BOT_TOKEN, SECRET_TOKEN, API_KEY, SKILL_KEY, MCP_KEY, SIGNING_SECRET, digest)
    encrypted = (Channel.objects.first().credentials_encrypted, ModelProvider.objects.first().api_key_encrypted)
    for model in MODELS:
        row = model._default_manager.first()
        for page in (address(model, "changelist"), address(model, "change", row.pk), address(model, "delete", row.pk)):
            html = client.get(page).content.decode()
            for secret in (*secrets, *encrypted):
                assert secret not in html, page


def test_an_empty_key_keeps_the_stored_one() -> None:
    provider = make_provider()
    login(make_user()).post(address(ModelProvider, "change", provider.pk), provider_form(name="renamed", api_key=""))
    provider.refresh_from_db()
    assert (provider.name, provider.api_key) == ("renamed", API_KEY)


def test_a_new_key_replaces_the_stored_one_and_leaves_no_trace() -> None:
    provider = make_provider()
    client = login(make_user())
    page = address(ModelProvider, "change", provider.pk)
    response = client.post(page, provider_form(api_key=NEW_KEY), follow=True)
    provider.refresh_from_db()
    assert provider.api_key == NEW_KEY
    assert NEW_KEY not in response.content.decode()
    logged = LogEntry.objects.get()
    assert NEW_KEY not in logged.change_message + logged.object_repr
    assert "API key" in logged.get_change_message()


def test_a_stored_key_can_be_removed() -> None:
    provider = make_provider()
    login(make_user()).post(address(ModelProvider, "change", provider.pk), provider_form(remove_api_key="on"))
    provider.refresh_from_db()
    assert provider.api_key == ""


def test_a_refused_form_does_not_show_the_key_that_was_typed() -> None:
    client = login(make_user())
    response = client.post(address(ModelProvider, "add"), provider_form(endpoint="nonsense", api_key=NEW_KEY))
    assert response.status_code == 200
    assert not ModelProvider.objects.exists()
    assert NEW_KEY not in response.content.decode()


def test_the_page_says_which_credentials_are_set() -> None:
    channel = make_channel(make_bot(), account={"token": BOT_TOKEN})
    html = login(make_user()).get(address(Channel, "change", channel.pk)).content.decode()
    assert "stored – type to replace it" in html
    assert "not set" in html


def test_a_channel_whose_key_is_gone_still_opens_and_asks_for_the_credentials() -> None:
    channel = make_channel(make_bot())
    Channel.objects.filter(pk=channel.pk).update(credentials_encrypted="gAAAAA-not-decryptable")
    response = login(make_user()).get(address(Channel, "change", channel.pk))
    assert response.status_code == 200
    assert "Cannot be decrypted" in response.content.decode()


def test_an_api_token_is_shown_once_and_named_after_its_user_afterwards() -> None:
    client = login(make_user())
    owner = make_user("api", superuser=False)
    response = client.post(address(ApiToken, "add"), {"user": owner.pk}, follow=True)
    token = ApiToken.objects.get()
    (key,) = set(re.findall(r"claw_[\w-]{43}", response.content.decode()))
    assert response.content.decode().count(key) == 1
    assert api_tokens.user_of(key) == owner
    assert key.startswith(token.prefix)
    assert key not in "".join(str(value) for value in vars(token).values())
    listed = client.get(address(ApiToken, "changelist")).content.decode()
    assert f"{token.prefix}…" in listed
    assert key not in listed
    assert key not in LogEntry.objects.get().object_repr


def skill_form(skill: Skill, config: str) -> dict[str, object]:
    empty = {f"bot_skills-{key}_FORMS": number for key, number in (("TOTAL", 0), ("INITIAL", 0), ("MAX_NUM", 1000))}
    return {
        "name": skill.name,
        "module": skill.module,
        "enabled": "on",
        "triggers": "天气\uff0cweather",
        "config": config,
        **empty,
    }


def test_a_masked_value_of_a_skill_is_kept_and_the_rest_changed() -> None:
    skill = Skill.objects.create(name="W", module="skills.weather.WeatherSkill", config={"api_key": SKILL_KEY, "a": 1})
    page = address(Skill, "change", skill.pk)
    client = login(make_user())
    assert "[redacted]" in client.get(page).content.decode()
    client.post(page, skill_form(skill, '{"api_key": "[redacted]", "a": 2}'))
    skill.refresh_from_db()
    assert skill.config == {"api_key": SKILL_KEY, "a": 2}
    assert skill.triggers == ["天气", "weather"]


def test_unreadable_configuration_is_refused_without_being_shown_again() -> None:
    skill = Skill.objects.create(name="W", module="skills.weather.WeatherSkill")
    response = login(make_user()).post(
        address(Skill, "change", skill.pk), skill_form(skill, f'{{"api_key": "{NEW_KEY}')
    )
    assert response.status_code == 200
    assert NEW_KEY not in response.content.decode()
