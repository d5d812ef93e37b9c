"""An account must be complete in one of its modes; a refusal says why in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from adapters import registry
from adapters.account_formats import SHAPES
from adapters.errors import AccountError
from bots.i18n.failure_texts import problems_of

AES_KEY = "a" * 43


def refusal(platform: str, **account: Any) -> AccountError:
    with pytest.raises(AccountError) as caught:
        registry.validate_account(platform, account)
    return caught.value


def both(error: AccountError) -> dict[str, dict[str, str]]:
    """Returns the errors by key, in both languages."""
    with override("zh-hans"):
        chinese = problems_of(error)
    return {key: {"en": english, "zh": chinese[key]} for key, english in problems_of(error).items()}


@pytest.mark.parametrize("account", [{}, {"base_url": "http://127.0.0.1:1"}, {"plain_text": True}])
def test_an_empty_account_of_wecom_is_refused_with_the_choice(account: dict[str, Any]) -> None:
    told = both(refusal("wecom", **account))["account"]
    for part in ("Corp id", "Agent id", "Application secret", "EncodingAESKey", "Bot ID", "Group robot key"):
        assert part in told["en"]
    for part in ("自建应用：企业 ID、应用 AgentId、应用 Secret", "智能机器人（长连接）", "群机器人：群机器人 key"):
        assert part in told["zh"]


def test_an_empty_account_of_dingtalk_is_refused_with_the_choice() -> None:
    error = refusal("dingtalk")
    told = both(error)["account"]
    assert "App secret (Client Secret)" in told["en"]
    assert "应用机器人：AppKey（Client ID）、AppSecret（Client Secret）" in told["zh"]
    assert error.problems == {"account": told["en"]}
    assert error.problems["account"] in str(error)


@pytest.mark.parametrize(
    ("platform", "account", "missing"),
    [
        ("dingtalk", {"app_key": "ding1"}, {"app_secret"}),
        ("dingtalk", {"app_secret": "s"}, {"app_key"}),
        ("wecom", {"corp_id": "ww1"}, {"agent_id", "secret"}),
        ("wecom", {"corp_id": "ww1", "token": "t", "encoding_aes_key": AES_KEY}, {"agent_id", "secret"}),
        ("wecom", {"agent_id": "1", "secret": "s", "token": "t", "encoding_aes_key": AES_KEY}, {"corp_id"}),
        ("wecom", {"token": "t"}, {"encoding_aes_key"}),
        ("wecom", {"bot_id": "b"}, {"bot_secret"}),
    ],
)
def test_of_the_kind_that_is_begun_the_missing_keys_are_named(
    platform: str, account: dict[str, Any], missing: set[str]
) -> None:
    error = refusal(platform, **account)
    assert set(error.problems) == missing
    for told in both(error).values():
        assert told["en"].startswith("is required for ")
        assert told["zh"].endswith("必填")


@pytest.mark.parametrize(
    ("platform", "account"),
    [
        ("dingtalk", {"app_key": "ding1", "app_secret": "s"}),
        ("dingtalk", {"group_token": "t"}),
        ("dingtalk", {"group_token": "t", "app_key": "ding1"}),
        ("wecom", {"corp_id": "ww1", "agent_id": "1", "secret": "s"}),
        ("wecom", {"token": "t", "encoding_aes_key": AES_KEY}),
        ("wecom", {"bot_id": "b", "bot_secret": "s"}),
        ("wecom", {"robot_key": "k"}),
    ],
)
def test_each_kind_alone_is_enough(platform: str, account: dict[str, Any]) -> None:
    assert set(registry.validate_account(platform, account)) == set(account)


@pytest.mark.parametrize("platform", registry.platforms())
def test_the_keys_of_the_kinds_exist(platform: str) -> None:
    known = {field.name for field in registry.account_fields(platform)}
    for mode in registry.adapter_class(platform).schema.modes:
        assert {*mode.keys, *mode.without} <= known


@pytest.mark.parametrize("platform", registry.platforms())
def test_every_pattern_of_an_account_has_a_sentence(platform: str) -> None:
    fields = registry.adapter_class(platform).schema.model_fields.values()
    patterns = [pattern for about in fields for part in about.metadata if (pattern := getattr(part, "pattern", ""))]
    assert patterns or platform in ("webhook", "web")
    assert [pattern for pattern in patterns if pattern not in SHAPES] == []


@pytest.mark.parametrize(
    ("platform", "account", "key", "chinese"),
    [
        ("discord", {"application_id": "app"}, "application_id", "只能是数字"),
        ("discord", {"application_id": "1", "public_key": "zz"}, "public_key", "必须是 64 位十六进制数字"),
        ("whatsapp", {"phone_number_id": "+49", "access_token": "t"}, "phone_number_id", "只能是数字"),
        ("wecom", {"agent_id": "a1"}, "agent_id", "只能是数字"),
        ("wecom", {"encoding_aes_key": "short"}, "encoding_aes_key", "必须是 43 个字母和数字"),
        ("telegram", {"token": "1:a", "base_url": "ftp://x"}, "base_url", "必须是 http 或 https 地址"),
        ("telegram", {}, "token", "必填"),
        ("telegram", {"token": True}, "token", "必须是文本"),
        ("telegram", {"token": "1:a", "tokn": "x"}, "tokn", "未知；可用：token"),
        ("webhook", {"secret": "s", "require_timestamp": "perhaps"}, "require_timestamp", "必须是 true 或 false"),
    ],
)
def test_what_is_malformed_is_said_in_both_languages_without_a_regular_expression(
    platform: str, account: dict[str, Any], key: str, chinese: str
) -> None:
    error = refusal(platform, **account)
    told = both(error)[key]
    assert told["zh"].startswith(chinese)
    assert told["en"] == error.problems[key]
    assert "pattern" not in str(error)
