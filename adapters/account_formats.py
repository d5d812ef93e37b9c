"""What values of an account look like, for people: a sentence in both languages in place of a regular expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.guide import Text, text

REQUIRED = text("is required", "必填")
_WORD = text("must be letters, digits or _ only", "只能是字母、数字或 _")
_DIGITS = text("must be digits only", "只能是数字")
_VISIBLE = text(
    "must be letters, digits and signs of ASCII only, without spaces", "只能是英文字母、数字和半角符号，不含空格"
)

# Every `pattern` of an account has its sentence here; a test names the one that is missing.
SHAPES: Mapping[str, Text] = {
    r"^[0-9]+$": _DIGITS,
    r"^[0-9]*$": _DIGITS,
    r"^[!-~]+$": _VISIBLE,
    r"^[!-~]*$": _VISIBLE,
    r"^[0-9A-Za-z_]+$": _WORD,
    r"^[A-Za-z0-9_]*$": _WORD,
    r"^[a-z0-9_]*$": text("must be lower-case letters, digits or _ only", "只能是小写字母、数字或 _"),
    r"^[A-Za-z0-9_-]+$": text("must be letters, digits, _ or - only", "只能是字母、数字、_ 或 -"),
    r"^[A-Za-z0-9:_-]+$": text("must be letters, digits, :, _ or - only", "只能是字母、数字、:、_ 或 -"),
    r"^[A-Za-z_]{2,12}$": text("must be a language code such as en_US", "必须是语言代码，例如 en_US"),
    r"^v[0-9]{1,3}\.[0-9]$": text("must be a version such as v24.0", "必须是版本号，例如 v24.0"),
}
_TYPES: Mapping[str, Text] = {
    "missing": REQUIRED,
    "string_type": text("must be a text", "必须是文本"),
    "bool_type": text("must be true or false", "必须是 true 或 false"),
    "bool_parsing": text("must be true or false", "必须是 true 或 false"),
    "tuple_type": text("must be a list", "必须是列表"),
}


class WrongShape(ValueError):
    """A value of an account that its validator refuses; the text never holds the value."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.told = text(en, zh)


def reason_of(item: Mapping[str, Any]) -> Text:
    """Why pydantic refuses a value, from one item of `ValidationError.errors()`."""
    about: Mapping[str, Any] = item.get("ctx") or {}
    if isinstance(wrong := about.get("error"), WrongShape):
        return wrong.told
    if (shape := SHAPES.get(str(about.get("pattern")))) is not None:
        return shape
    return _TYPES.get(item["type"]) or text(str(item["msg"]).removeprefix("Value error, "), "格式不正确")
