"""What a visitor is told when something is refused, in both languages of the chat page."""

from __future__ import annotations

from typing import Any, Literal

Language = Literal["en", "zh"]

TEXTS: dict[str, dict[Language, str]] = {
    "bad_json": {"en": "This is not a valid message.", "zh": "消息格式无效。"},
    "bad_message": {
        "en": "A message needs a text and a client_id (1 to 64 ASCII characters, no spaces).",
        "zh": "消息必须包含 text 和 client_id（1–64 个 ASCII 字符，不含空格）。",
    },
    "unknown_type": {"en": "Unknown message type.", "zh": "未知的消息类型。"},
    "empty": {"en": "The message is empty.", "zh": "消息为空。"},
    "too_long": {
        "en": "The message is too long: {limit} characters at most.",
        "zh": "消息太长：最多 {limit} 个字符。",
    },
    "too_large": {"en": "The frame is larger than {limit} bytes.", "zh": "数据超过 {limit} 字节。"},
    "rate_limited": {
        "en": "Too many messages. Please wait {seconds} s.",
        "zh": "消息太频繁，请等待 {seconds} 秒。",
    },
    "unknown_bot": {"en": "There is no bot at this address.", "zh": "此地址没有机器人。"},
    "bot_disabled": {
        "en": "This bot is switched off at the moment. Please come back later.",
        "zh": "机器人目前已停用，请稍后再来。",
    },
    "not_stored": {
        "en": "The message could not be stored. Please send it again.",
        "zh": "消息未能保存，请重新发送。",
    },
    "failed": {
        "en": "The bot could not answer this message. The operator can see it and try again.",
        "zh": "机器人无法回复这条消息，管理员可以看到并重试。",
    },
    "unavailable": {"en": "The service is busy. Please try again.", "zh": "服务繁忙，请重试。"},
    "forbidden": {"en": "The visitor token is missing or not valid.", "zh": "访客令牌缺失或无效。"},
    "not_found": {"en": "Not found.", "zh": "未找到。"},
}


def language_of(*wishes: str) -> Language:
    """The first wish (language tag or Accept-Language value) that says anything decides; English otherwise."""
    for wish in wishes:
        if wish.strip():
            return "zh" if wish.strip().lower().startswith("zh") else "en"
    return "en"


def error_text(code: str, language: Language, **values: object) -> str:
    return TEXTS[code][language].format(**values)


def error_frame(code: str, language: Language, *, client_id: str = "", **values: object) -> dict[str, Any]:
    """An `error` frame; `client_id` names the message that was refused. Values are kept as fields, e.g. `seconds`."""
    frame: dict[str, Any] = {"type": "error", "code": code, "text": error_text(code, language, **values), **values}
    if client_id:
        frame["client_id"] = client_id
    return frame
