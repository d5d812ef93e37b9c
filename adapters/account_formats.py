"""Explains invalid account values in words instead of a regular expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.guide import text
from clawdbot.reasons import Reason

REQUIRED = Reason("required")
_WORD = Reason("must_be_word")
_DIGITS = Reason("must_be_digits")
_VISIBLE = Reason("must_be_visible_ascii")
_BOOLEAN = Reason("must_be_boolean")

# Every `pattern` of an account needs a reason here; a test reports missing ones.
SHAPES: Mapping[str, Reason] = {
    r"^[0-9]+$": _DIGITS,
    r"^[0-9]*$": _DIGITS,
    r"^[!-~]+$": _VISIBLE,
    r"^[!-~]*$": _VISIBLE,
    r"^[0-9A-Za-z_]+$": _WORD,
    r"^[A-Za-z0-9_]*$": _WORD,
    r"^[a-z0-9_]*$": Reason("must_be_lower_word"),
    r"^[A-Za-z0-9_-]+$": Reason("must_be_word_or_hyphen"),
    r"^[A-Za-z0-9:_-]+$": Reason("must_be_word_hyphen_or_colon"),
    r"^[A-Za-z_]{2,12}$": Reason("must_be_language"),
    r"^v[0-9]{1,3}\.[0-9]$": Reason("must_be_version"),
}
_TYPES: Mapping[str, Reason] = {
    "missing": REQUIRED,
    "string_type": Reason("must_be_text"),
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "tuple_type": Reason("must_be_list"),
}


class WrongShape(ValueError):
    """A validator refuses an account value. The reason never contains the value."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def reason_of(item: Mapping[str, Any]) -> Reason:
    """Returns why pydantic refuses a value, from one item of `ValidationError.errors()`."""
    about: Mapping[str, Any] = item.get("ctx") or {}
    if isinstance(wrong := about.get("error"), WrongShape):
        return wrong.reason
    if (shape := SHAPES.get(str(about.get("pattern")))) is not None:
        return shape
    told = str(item["msg"]).removeprefix("Value error, ")
    return _TYPES.get(item["type"]) or Reason("bad_value", told=text(told, "格式不正确"))
