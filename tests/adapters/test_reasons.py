"""Why a call failed is known in Chinese too, whatever platform failed."""

from __future__ import annotations

import pytest

from adapters.reasons import in_both
from tests.sentences import raised

HTTP = ("HttpTimeout", "HttpConnectionError", "TlsError", "InvalidResponse", "ResponseTooLarge", "InvalidUrl")
SENTENCES = sorted(
    {
        *raised(("adapters", "bots/files/sent.py", "bots/operations"), ("SendError", "SignatureRejected")),
        *raised(("clawdbot/http",), (*HTTP, "AddressRefused")),
    }
)


@pytest.mark.parametrize("filled", SENTENCES, ids=lambda filled: filled[0])
def test_every_reason_has_a_chinese_sentence(filled: tuple[str, ...]) -> None:
    assert any(in_both(sentence)["zh"] != sentence for sentence in filled)


def test_there_are_sentences_to_look_at() -> None:
    assert len(SENTENCES) > 60


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("Telegram answered 404", "Telegram返回 404"),
        ("Telegram answered 401: Unauthorized", "Telegram返回 401：Unauthorized"),
        ("Discord answered 403 (50001): Missing Access", "Discord返回 403 (50001)：Missing Access"),
        ("WhatsApp answered 401 (190): Invalid token", "WhatsApp返回 401 (190)：Invalid token"),
        ("WeCom answered 40001: invalid credential", "企业微信返回 40001：invalid credential"),
        ("DingTalk answered invalidClientIdOrSecret: wrong", "钉钉返回 invalidClientIdOrSecret：wrong"),
        ("LINE's answer is not understood", "无法识别LINE的响应"),
        ("the reply address answered 500", "回复地址返回 500"),
        ("no secret is configured for this account", "此账号未设置密钥"),
        ("POST https://api.telegram.org: timed out", "POST https://api.telegram.org：超时"),
        ("the timestamp is not within an hour of now", "时间戳与当前时间相差超过 1 小时"),
        ("words of a platform: nobody knows them", "words of a platform: nobody knows them"),
        ("", ""),
    ],
)
def test_a_platforms_own_words_and_codes_are_kept(reason: str, chinese: str) -> None:
    assert in_both(reason) == {"en": reason, "zh": chinese}
