"""The form of a channel shows, for every platform, the steps at the vendor, the address to paste and the buttons."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils.html import escape
from django.utils.translation import override

from adapters import registry
from adapters.guide import text
from bots.admin.channels.guide import marked
from bots.i18n.bilingual import in_language
from bots.models import Bot, Channel
from tests.admin.builders import address, login, make_bot, make_channel, make_user

pytestmark = pytest.mark.django_db
PLATFORMS = [name for name in registry.platforms() if name != "web"]


def channel_of(platform: str, **values: Any) -> Channel:
    return Channel.objects.create(bot=Bot.objects.first() or make_bot(), platform=platform, name="Shop", **values)


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_form_has_the_steps_the_address_and_the_buttons(platform: str, language: str) -> None:
    channel = channel_of(platform)
    html = login(make_user(), language).get(address(Channel, "change", channel.pk)).content.decode()
    guide = registry.guide(platform)
    with override(language):
        shown = [marked(step) for step in (*guide.steps, *guide.connect)]
        assert escape(in_language(guide.verifies)) in html
        assert guide.registers is None or escape(in_language(guide.registers)) in html
    for step in shown:
        assert step in html
    assert f'data-claw-copy="http://testserver{channel.webhook_path}"' in html
    assert 'data-claw-copy="http://testserver/api/webhook"' in html
    assert 'name="_verify"' in html
    assert ('name="_set_webhook"' in html) == registry.adapter_class(platform).supports_webhook_setup


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_channels_page_has_the_fields_of_its_platform_only(platform: str) -> None:
    channel = channel_of(platform)
    html = login(make_user()).get(address(Channel, "change", channel.pk)).content.decode()
    names = set(re.findall(r'name="account__([a-z]+)__([a-z_]+)"', html))
    assert names == {(platform, field.name) for field in registry.account_fields(platform)}


def test_seldom_needed_fields_are_folded_away() -> None:
    html = login(make_user()).get(address(Channel, "change", channel_of("telegram").pk)).content.decode()
    folded = html[html.index("Advanced") :]
    assert "account__telegram__base_url" in folded
    assert "account__telegram__token" not in folded


def test_without_a_public_https_address_the_page_warns(configured: Any) -> None:
    client, channel = login(make_user()), channel_of("slack")
    page = address(Channel, "change", channel.pk)
    assert "No public https address is configured." in client.get(page).content.decode()
    configured("web", public_url="http://bot.example")
    assert "The configured address is not https." in client.get(page).content.decode()
    configured("web", public_url="https://bot.example")
    html = client.get(page).content.decode()
    assert "claw-note-warn" not in html
    assert f'data-claw-copy="https://bot.example{channel.webhook_path}"' in html


def test_a_saved_channel_leads_to_its_page_where_the_address_is() -> None:
    values = {"bot": make_bot().pk, "platform": "slack", "name": "S", "account__slack__bot_token": "xoxb-1"}
    policies = {"group_policy": "mention", "stranger_policy": "open"}
    client = login(make_user())
    answer = client.post(address(Channel, "add"), {**values, **policies, "_save": ""})
    assert answer["Location"] == address(Channel, "change", Channel.objects.get().pk)


def test_enter_in_a_field_saves_and_does_not_verify() -> None:
    html = login(make_user()).get(address(Channel, "add")).content.decode()
    form = html[html.index('id="channel_form"') :]
    first = re.search(r'<button type="submit" name="(\w+)"', form)
    assert first is not None
    assert first.group(1) == "_save"


def test_what_a_guide_says_is_escaped() -> None:
    html = marked(text("*<b>* `<script>` <i> & https://a.example/x.", "无"))
    assert html == (
        "<b>&lt;b&gt;</b> <code>&lt;script&gt;</code> &lt;i&gt; &amp; "
        '<a class="claw-link" href="https://a.example/x" target="_blank" rel="noopener noreferrer">https://a.example/x</a>.'
    )


def test_a_channel_of_a_platform_that_is_gone_still_opens() -> None:
    html = login(make_user()).get(address(Channel, "change", channel_of("gone").pk)).content.decode()
    assert "does not know the platform" in html


def test_the_first_address_is_that_of_the_channel() -> None:
    channel = make_channel(make_bot())
    html = login(make_user()).get(address(Channel, "change", channel.pk)).content.decode()
    assert "Address of this channel" in plain(html)
