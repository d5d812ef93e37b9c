"""Verify and Set webhook call the platform with a time-out and show advice, but no secret."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from adapters import registry, tokens
from bots.models import Channel
from bots.monitoring.channel_status import status_of
from bots.operations import verification
from clawdbot import http
from tests.admin.builders import BOT_TOKEN, address, login, make_bot, make_channel, make_user
from tests.admin.platform_servers import CASES, SECRET_WORD, Case
from tests.http_server import Answer, Server, json_answer

pytestmark = pytest.mark.django_db
PLATFORMS = sorted(CASES)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Drops access tokens and connections after each test."""
    tokens.clear_cache()
    yield
    http.close()


def typed(platform: str, base_url: str, account: Any = None) -> dict[str, Any]:
    """Returns the add form as the browser posts it, without a bot."""
    values = {**(CASES[platform].account if account is None else account), "base_url": base_url}
    return {"platform": platform, **{f"account__{platform}__{key}": value for key, value in values.items()}}


def verify(client: Client, values: dict[str, Any], channel: Channel | None = None) -> dict[str, Any]:
    page = address(Channel, "verify", channel.pk) if channel else address(Channel, "verify_new")
    answer = client.post(page, values)
    assert answer.status_code == 200
    assert SECRET_WORD not in answer.content.decode()
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_every_platform_has_a_case() -> None:
    # the web chat calls no platform; the signed webhook calls itself (below)
    assert {*CASES, "web", "webhook"} == set(registry.platforms())


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_platform_tells_who_the_account_is_before_anything_is_saved(platform: str, server: Server) -> None:
    server.respond = CASES[platform].right
    found = verify(login(make_user()), typed(platform, server.url))
    assert found["ok"], found
    assert CASES[platform].who in found["text"]
    assert server.requests
    assert not Channel.objects.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_platform_is_called_at_a_private_address_that_nobody_allowed(
    platform: str, host: str, server: Server
) -> None:
    server.respond = CASES[platform].right
    account = {**CASES[platform].account, "base_url": server.url.replace("127.0.0.1", host), "allowed_hosts": [host]}
    outcome = verification.verify_account(platform, account, public_only=True)
    assert not outcome.ok
    assert "not a public address" in outcome.text
    assert not server.requests


@pytest.mark.parametrize("platform", PLATFORMS)
def test_wrong_credentials_are_told_with_the_way_to_mend_them(platform: str, server: Server) -> None:
    server.answer(CASES[platform].refused)
    found = verify(login(make_user()), typed(platform, server.url))
    assert not found["ok"]
    assert found["text"]
    assert CASES[platform].mend in found["mend"]


@pytest.mark.parametrize("body", [b"<html>log in here</html>", b"", b"[]", b"\xff\xfe", b'{"ok": true}'])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_garbage_is_no_success(platform: str, body: bytes, server: Server) -> None:
    server.answer(Answer(200, body))
    assert not verify(login(make_user()), typed(platform, server.url))["ok"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_that_does_not_answer_is_given_up_in_time(
    platform: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "LIMIT_S", 0.3)
    released = threading.Event()

    def hang(_request: Any) -> Answer:
        released.wait(60)
        return json_answer({})

    server.respond = hang
    found = verify(login(make_user()), typed(platform, server.url))
    released.set()
    assert not found["ok"]
    assert "did not answer in time" in found["mend"]


def test_what_is_missing_is_named_by_its_label() -> None:
    found = verify(login(make_user()), {"platform": "telegram"})
    assert not found["ok"]
    assert found["notes"] == ["Bot token: This field is required."]
    told = verify(login(make_user("zh"), "zh-hans"), {"platform": "telegram"})
    assert told["notes"] == ["机器人令牌：此项为必填。"]


def test_what_is_malformed_is_told_as_such_and_not_as_missing() -> None:
    values = {**typed("discord", "", {"application_id": "my-app"}), "bot": make_bot().pk, "name": "Shop"}
    values |= {"enabled": "on", "group_policy": "mention", "stranger_policy": "open"}
    assert verify(login(make_user()), values)["notes"] == ["Application id: must be digits only"]
    told = verify(login(make_user("zh"), "zh-hans"), values)
    assert told["notes"] == ["应用 ID：只能是数字"]


def test_what_no_account_could_hold_is_told_as_such() -> None:
    values = typed("telegram", "", {"token": BOT_TOKEN, "username": "x" * 2001})
    note = verify(login(make_user()), values)["notes"][0]
    assert note.startswith("Bot username: Ensure this value has at most 2000")


@pytest.mark.parametrize("platform", ["dingtalk", "wecom"])
def test_an_account_without_anything_is_not_complete(platform: str) -> None:
    assert not verify(login(make_user()), {"platform": platform})["ok"]
    told = verify(login(make_user("zh"), "zh-hans"), {"platform": platform})
    assert not told["ok"]
    assert told["notes"][0].startswith("请填写其中一种账号所需的内容——")


def test_a_channel_that_was_stored_without_anything_is_not_complete() -> None:
    channel = Channel(bot=make_bot(), platform="wecom")
    channel.credentials = {}
    channel.save()
    assert not verification.verify_channel(channel).ok


FAILURES = {
    "telegram": (Answer(404), "Telegram返回 404"),
    "slack": (Answer(404, b""), "Slack返回 404"),
    "line": (Answer(200, b"<html>"), "无法识别LINE的响应"),
    "discord": (Answer(200, b"<html>"), "无法识别Discord的响应"),
    "whatsapp": (Answer(503), "WhatsApp返回 503"),
    "feishu": (Answer(503), "飞书返回 503"),
    "wecom": (json_answer({"errcode": 40001, "errmsg": "invalid"}), "企业微信返回 40001：invalid"),
    "dingtalk": (Answer(503), "钉钉返回 503"),
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_failure_is_told_in_chinese_and_stored_in_english(platform: str, server: Server) -> None:
    answer, chinese = FAILURES[platform]
    server.answer(answer)
    assert verify(login(make_user(), "zh-hans"), typed(platform, server.url))["text"] == chinese
    channel = saved(platform, server.url)
    with override("zh-hans"):
        assert verification.verify_channel(channel).text == chinese
    channel.refresh_from_db()
    assert channel.last_error.isascii()
    with override("zh-hans"):
        assert status_of(channel).text.startswith(chinese)
    page = login(make_user("zh"), "zh-hans").get(address(Channel, "change", channel.pk)).content.decode()
    assert chinese in page


def test_a_platform_that_is_not_reached_is_told_in_chinese() -> None:
    told = verify(login(make_user(), "zh-hans"), typed("telegram", "http://127.0.0.1:9"))
    assert told["text"] == "POST http://127.0.0.1:9：连接失败"


def test_a_missing_secret_is_told_in_chinese() -> None:
    with override("zh-hans"):
        outcome = verification.verify_account("webhook", {"reply_url": "http://127.0.0.1:9/"})
    assert outcome.lines == ("此账号未设置密钥", "请填写签名密钥。")


def test_what_the_platform_tells_is_offered_for_the_empty_fields(server: Server) -> None:
    server.respond = CASES["telegram"].right
    found = verify(login(make_user()), typed("telegram", server.url))
    assert found["found"] == {"account__telegram__username": "shop_bot"}


def saved(platform: str, base_url: str) -> Channel:
    channel = Channel(bot=make_bot(), platform=platform, name="Shop")
    channel.credentials = registry.validate_account(platform, {**CASES[platform].account, "base_url": base_url})
    channel.save()
    return channel


def test_the_stored_secret_is_used_when_none_is_typed_and_what_was_found_is_kept(server: Server) -> None:
    server.respond = CASES["telegram"].right
    channel = saved("telegram", server.url)
    found = verify(login(make_user()), {"account__telegram__base_url": server.url}, channel)
    assert found["ok"]
    assert f"/bot{CASES['telegram'].account['token']}/getMe" in server.requests[0].path
    channel.refresh_from_db()
    assert channel.credentials["username"] == "shop_bot"


def test_a_token_that_is_typed_is_tried_and_not_stored(server: Server) -> None:
    server.respond = CASES["telegram"].right
    channel = saved("telegram", server.url)
    values = {"account__telegram__base_url": server.url, "account__telegram__token": BOT_TOKEN}
    verify(login(make_user()), values, channel)
    assert BOT_TOKEN in server.requests[0].path
    channel.refresh_from_db()
    assert channel.credentials["token"] == CASES["telegram"].account["token"]


def test_a_stored_secret_is_not_sent_to_an_api_address_that_was_only_typed(server: Server) -> None:
    channel = saved("telegram", "https://api.example")
    found = verify(login(make_user()), {"account__telegram__base_url": server.url}, channel)
    assert not found["ok"]
    again = "the address was changed: enter this value again, or remove it"
    assert found["notes"] == [f"Bot token: {again}", f"Webhook secret: {again}"]
    assert not server.requests


def test_an_address_that_is_registered_elsewhere_and_its_complaints_are_told(server: Server) -> None:
    info = {"url": "https://old.example/x", "pending_update_count": 4, "last_error_message": "404 Not Found"}
    case = CASES["telegram"]
    told = Case(case.account, {**case.answers, "getWebhookInfo": {"ok": True, "result": info}}, "", case.refused, "")
    server.respond = told.right
    outcome = verification.verify_channel(saved("telegram", server.url), "https://bot.example/api/webhook/1")
    assert outcome.ok
    assert "https://old.example/x" in outcome.notes[0]
    assert "404 Not Found" in outcome.notes[1]
    assert "4" in outcome.notes[2]


def test_discord_compares_the_application_and_its_key(server: Server) -> None:
    server.respond = CASES["discord"].right
    account = {**CASES["discord"].account, "application_id": "78", "public_key": "cd" * 32}
    found = verify(login(make_user()), typed("discord", server.url, account))
    assert found["ok"]
    assert any("does not belong to the application" in note for note in found["notes"])
    assert any("public key does not belong" in note for note in found["notes"])


def test_a_success_clears_the_failure_that_was_noted_before(server: Server) -> None:
    channel = saved("telegram", server.url)
    server.answer(CASES["telegram"].refused)
    assert not verification.verify_channel(channel).ok
    channel.refresh_from_db()
    assert "401" in channel.last_error
    server.respond = CASES["telegram"].right
    assert verification.verify_channel(channel).ok
    channel.refresh_from_db()
    assert channel.last_error == ""


def test_the_button_without_script_saves_verifies_and_stays(server: Server) -> None:
    server.respond = CASES["telegram"].right
    policies = {"group_policy": "mention", "stranger_policy": "open"}
    values = {**typed("telegram", server.url), "bot": make_bot().pk, "name": "Shop", "enabled": "on", **policies}
    answer = login(make_user()).post(address(Channel, "add"), {**values, "_verify": ""}, follow=True)
    channel = Channel.objects.get()
    assert answer.redirect_chain[-1][0] == address(Channel, "change", channel.pk)
    assert "@shop_bot" in answer.content.decode()


def test_what_a_list_action_tells_has_the_colon_of_the_language(server: Server) -> None:
    server.answer(Answer(404))
    values = {"action": "test_selected", "_selected_action": [saved("telegram", server.url).pk]}
    answer = login(make_user(), "zh-hans").post(address(Channel, "changelist"), values, follow=True)
    assert "Shop：Telegram返回 404 – " in answer.content.decode()


def test_a_viewer_and_a_stranger_cannot_verify(server: Server) -> None:
    channel = saved("telegram", server.url)
    client = login(make_user("viewer", superuser=False))
    assert client.post(address(Channel, "verify", channel.pk), {}).status_code in (302, 403, 404)
    assert client.post(address(Channel, "verify_new"), {}).status_code == 403
    assert Client().post(address(Channel, "verify_new"), {}).status_code == 302
    assert login(make_user()).get(address(Channel, "verify_new")).status_code == 405
    assert not server.requests


def test_a_plain_address_is_refused_before_the_real_platform_is_asked() -> None:
    channel = make_channel(make_bot(), account={"token": BOT_TOKEN})
    outcome = verification.set_webhook(channel, "http://localhost:8080")
    assert not outcome.ok
    assert "https" in outcome.text
    assert "web.public_url" in outcome.mend


def test_line_is_asked_to_try_the_address_it_was_given(server: Server) -> None:
    answers = {**CASES["line"].answers, "test": {"success": False, "reason": "COULD_NOT_CONNECT", "statusCode": 0}}
    case = CASES["line"]
    server.respond = Case(case.account, answers, "", case.refused, "").right
    outcome = verification.set_webhook(saved("line", server.url), "https://bot.example")
    assert outcome.ok
    assert "COULD_NOT_CONNECT" in outcome.notes[0]
    assert [request.method for request in server.requests] == ["PUT", "POST"]


# The signed webhook


def test_the_signed_webhook_posts_a_signed_ping_to_its_own_address(live_server: Any) -> None:
    channel = Channel(bot=make_bot(), platform="webhook")
    channel.credentials = {"secret": [SECRET_WORD]}
    channel.save()
    outcome = verification.verify_channel(channel, live_server.url + channel.webhook_path)
    assert outcome.ok, outcome
    assert "no reply address" in outcome.notes[0]
    assert not channel.inbound.exists()


def test_the_self_test_fails_where_another_secret_or_server_answers(server: Server) -> None:
    account = {"secret": SECRET_WORD, "reply_url": server.url}
    for answer in (Answer(401), Answer(200, b"hello")):
        server.answer(answer)
        outcome = verification.verify_account("webhook", account, f"{server.url}/api/webhook/1")
        assert not outcome.ok
        assert "save the form first" in outcome.mend


def test_without_a_secret_the_self_test_says_so() -> None:
    outcome = verification.verify_account("webhook", {"reply_url": "http://127.0.0.1:9/"})
    assert not outcome.ok
    assert outcome.mend == "Enter a signing secret."
