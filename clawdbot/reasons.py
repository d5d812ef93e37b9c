"""Reasons of failures: a code with parameters, which errors carry and rows store.

`reason_templates` lists all codes. Logs show the English sentence; `bots.i18n.failure_texts` translates it for people.
Rows store codes, so a code must keep its meaning and parameters: a sentence with other parameters needs a new code.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from clawdbot.reason_templates import TEMPLATES
from clawdbot.redaction import redact
from clawdbot.storable_text import storable


class Reason:
    """A code of `TEMPLATES` with the parameters of its template.

    Attributes:
        code: Key of `TEMPLATES`.
        params: Values by name: a text or number to show unchanged (from another system), a text in both languages
            ({"en": ..., "zh": ...}), or another reason.
    """

    __slots__ = ("code", "params")

    def __init__(self, code: str, /, **params: Value) -> None:
        self.code = code
        self.params = params

    def with_params(self, **params: Value) -> Reason:
        """Returns the same reason with other values, for instance with dates as people read them."""
        return Reason(self.code, **params)

    def __str__(self) -> str:
        return TEMPLATES[self.code] % {name: _english(value) for name, value in self.params.items()}

    def __repr__(self) -> str:
        return f"Reason({self.code!r}, {self.params!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reason) and (self.code, self.params) == (other.code, other.params)

    def __hash__(self) -> int:
        return hash((self.code, str(self)))


Value = str | int | float | Mapping[str, str] | Reason
Why = str | Reason
"""A reason, a text without a code (from another program or an adapter without codes), or "" for none."""


def why(error: BaseException) -> Why:
    """Returns the reason of an error, or its text if it has no reason."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Reason) else str(error)


def raised(error: BaseException) -> Reason:
    """Returns the reason of an unexpected error: its class name and its text."""
    return Reason("raised", error=type(error).__name__, why=why(error))


def columns(field: str, reason: Why, length: int) -> dict[str, Any]:
    """Returns the three columns that store a reason: English sentence, code and parameters.

    Redacts secrets, and drops what no database takes.

    Args:
        field: Column of the sentence, such as "last_error"; the others are "..._code" and "..._params".
        reason: The reason to store; "" clears the columns.
        length: Length limit of the sentence and of each text parameter.
    """
    if not isinstance(reason, Reason):
        return {field: _shown(reason, length), f"{field}_code": "", f"{field}_params": {}}
    params = _json(reason.params, length)
    sentence = str(_loaded(reason.code, params))  # built from the redacted parameters
    return {field: sentence[:length], f"{field}_code": reason.code, f"{field}_params": params}


def from_columns(row: object, field: str) -> Why:
    """Returns the reason that a row stores; its sentence if the code or parameters are unknown to this version."""
    code, params = getattr(row, f"{field}_code"), getattr(row, f"{field}_params")
    if code in TEMPLATES:
        # parameters of another version, or changed by hand: one row must not cost the page that lists it
        with suppress(AttributeError, KeyError, TypeError):
            reason = _loaded(code, params)
            str(reason)
            return reason
    return str(getattr(row, field))


def _english(value: Value) -> object:
    return value["en"] if isinstance(value, Mapping) else value


def _json(params: Mapping[str, Value], length: int) -> dict[str, Any]:
    return {name: _stored(value, length) for name, value in params.items()}


def _stored(value: Value, length: int) -> Any:
    if isinstance(value, Reason):
        return {"code": value.code, "params": _json(value.params, length)}
    return _shown(value, length) if isinstance(value, str) else value


def _shown(text: str, length: int) -> str:
    return redact(storable(text))[:length]


def _loaded(code: str, params: Mapping[str, Any]) -> Reason:
    return Reason(code, **{name: _value(value) for name, value in params.items()})


def _value(value: Any) -> Value:
    coded = isinstance(value, dict) and value.get("code") in TEMPLATES
    return _loaded(value["code"], value["params"]) if coded else value
