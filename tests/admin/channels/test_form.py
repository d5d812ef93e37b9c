"""The form of a channel has the fields of its platform; the schema of the adapter checks them."""

from __future__ import annotations

import pytest

from adapters import registry
from bots.models import Bot, Channel
from tests.admin.builders import BOT_TOKEN, SECRET_TOKEN, address, login, make_bot, make_channel, make_user

pytestmark = pytest.mark.django_db
OTHER_TOKEN = "987654321:BBHothertokenothertokenothertoken123"


POLICIES = {"group_policy": "mention", "group_memory": "on", "stranger_policy": "open"}


def add_form(bot: Bot, platform: str = "telegram", **values: object) -> dict[str, object]:
    return {"bot": bot.pk, "platform": platform, "name": "Shop", "enabled": "on", **POLICIES, **values}


def test_the_add_page_has_the_fields_of_every_platform() -> None:
    html = login(make_user()).get(address(Channel, "add")).content.decode()
    assert "claw-platform-telegram" in html
    assert "account__telegram__token" in html
    assert "account__webhook__" in html


def test_the_labels_are_the_adapters_own_in_both_languages() -> None:
    user = make_user()
    page = address(Channel, "add")
    assert "API address" in login(user, "en").get(page).content.decode()
    assert "API 地址" in login(user, "zh-hans").get(page).content.decode()


def test_a_telegram_channel_is_stored_with_its_token_encrypted() -> None:
    client = login(make_user())
    client.post(address(Channel, "add"), add_form(make_bot(), account__telegram__token=BOT_TOKEN))
    channel = Channel.objects.get()
    assert channel.credentials == {"token": BOT_TOKEN}
    assert BOT_TOKEN not in channel.credentials_encrypted


def test_a_missing_token_is_refused_at_its_field() -> None:
    response = login(make_user()).post(address(Channel, "add"), add_form(make_bot()))
    assert not Channel.objects.exists()
    assert "account__telegram__token" in response.context["adminform"].form.errors


def test_what_the_schema_refuses_is_told_without_the_value() -> None:
    values = add_form(make_bot(), account__telegram__token="not a token at all !")
    response = login(make_user()).post(address(Channel, "add"), values)
    assert not Channel.objects.exists()
    assert "account__telegram__token" in response.context["adminform"].form.errors
    assert "not a token at all" not in response.content.decode()


def test_fields_of_other_platforms_are_ignored() -> None:
    values = add_form(make_bot(), account__telegram__token=BOT_TOKEN, account__webhook__reply_url="nonsense")
    login(make_user()).post(address(Channel, "add"), values)
    assert Channel.objects.get().credentials == {"token": BOT_TOKEN}


def test_a_change_keeps_what_was_left_empty_and_replaces_what_was_entered() -> None:
    channel = make_channel(make_bot())
    values = {"name": "Renamed", "enabled": "on", **POLICIES, "account__telegram__token": OTHER_TOKEN}
    login(make_user()).post(address(Channel, "change", channel.pk), values)
    channel.refresh_from_db()
    assert channel.name == "Renamed"
    assert channel.credentials["token"] == OTHER_TOKEN
    assert channel.credentials["secret_token"] == [SECRET_TOKEN]


def test_an_optional_secret_can_be_removed() -> None:
    channel = make_channel(make_bot())
    values = {"name": "Shop", "enabled": "on", **POLICIES, "remove_secrets": ["secret_token"]}
    login(make_user()).post(address(Channel, "change", channel.pk), values)
    channel.refresh_from_db()
    assert channel.credentials == {"token": BOT_TOKEN}


def test_the_bot_and_the_platform_of_a_channel_never_change() -> None:
    channel, other = make_channel(make_bot()), make_bot("other")
    values = {"name": "Shop", "enabled": "on", **POLICIES, "bot": other.pk, "platform": "webhook"}
    login(make_user()).post(address(Channel, "change", channel.pk), values)
    channel.refresh_from_db()
    assert (channel.bot.slug, channel.platform) == ("ada", "telegram")


def test_the_webhook_address_is_there_to_copy() -> None:
    channel = make_channel(make_bot())
    html = login(make_user()).get(address(Channel, "change", channel.pk)).content.decode()
    assert f'data-claw-copy="http://testserver{channel.webhook_path}"' in html


def test_policies_and_the_allow_list_are_stored_a_line_each() -> None:
    channel = make_channel(make_bot(), account={"token": BOT_TOKEN})
    values = {
        "name": "Shop",
        "group_policy": "all",
        "stranger_policy": "allow_list",
        "allow_list": " 7001\n\n7002\n7001",
    }
    login(make_user()).post(address(Channel, "change", channel.pk), values)
    channel.refresh_from_db()
    assert (channel.group_policy, channel.stranger_policy) == ("all", "allow_list")
    assert channel.allow_list == ["7001", "7002"]


@pytest.mark.parametrize("platform", ["dingtalk", "wecom"])
def test_an_account_of_which_no_kind_is_complete_is_not_saved(platform: str) -> None:
    html = login(make_user(), "zh-hans").post(address(Channel, "add"), add_form(make_bot(), platform)).content.decode()
    assert "请填写其中一种账号所需的内容" in html
    assert not Channel.objects.exists()


def test_what_is_missing_of_the_begun_kind_is_told_at_its_field() -> None:
    values = add_form(make_bot(), "dingtalk", account__dingtalk__app_key="ding1")
    response = login(make_user(), "zh-hans").post(address(Channel, "add"), values)
    assert response.context["adminform"].form.errors == {"account__dingtalk__app_secret": ["应用机器人必填"]}


@pytest.mark.parametrize(("language", "told"), [("en", "must be digits only"), ("zh-hans", "只能是数字")])
def test_a_malformed_id_is_told_in_the_readers_language(language: str, told: str) -> None:
    values = add_form(make_bot(), "discord", account__discord__application_id="my-app")
    response = login(make_user(), language).post(address(Channel, "add"), values)
    assert response.context["adminform"].form.errors == {"account__discord__application_id": [told]}


def test_help_texts_have_no_marks_that_the_form_does_not_show() -> None:
    for platform in registry.platforms():
        for field in registry.account_fields(platform):
            assert "`" not in field.help["en"] + field.help["zh"]
