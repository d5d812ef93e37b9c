"""One value that a skill needs: the question for the person, the check of the answer, the schema for the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clawdbot.chinese import simplified

__all__ = ["Parameter", "Question", "Unfit"]

_JSON_TYPES: dict[Any, str] = {int: "integer", float: "number", bool: "boolean"}


class Unfit(ValueError):
    """A value does not fit. The code and its figures let the product say it in the person's language.

    Attributes:
        code: "integer", "number", "boolean", "at_least", "at_most", "above", "below", "short", "long", "pattern",
            "choice", "date", "empty" or "other".
        figure: The limit, or the choices, that the sentence names.
    """

    def __init__(self, code: str, figure: Any = None) -> None:
        super().__init__(f"{code} {figure}" if figure is not None else code)
        self.code, self.figure = code, figure


class Question:
    """The question for an annotated parameter, by language: `Annotated[str, Question("Which city?", zh="哪个城市？")]`.

    It is also what the model reads of the parameter when `pydantic.Field(description=...)` says nothing.
    """

    def __init__(self, en: str = "", **others: str) -> None:
        self.texts: dict[str, str] = {**({"en": en} if en else {}), **others}

    def __repr__(self) -> str:
        return f"Question({self.texts})"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a skill needs before it can run. The bot asks for it when the message does not contain it.

    Attributes:
        name: Key in `context["parameters"]`.
        prompt: The question to ask, by language: `{"en": ..., "zh": ...}`.
        required: Whether the skill may run without it.
        choices: The only values allowed; empty means any.
        validator: Converts the text to the value, or raises ValueError with a reason for the person. The reason of a
            type such as `int` is not shown.
        default: Value of an optional parameter that is not given.
        description: What it is, for the model; empty: the question in English.
        schema: JSON schema of the value; empty: derived from `validator` and `choices`.
    """

    name: str
    prompt: Mapping[str, str] = field(default_factory=dict)
    required: bool = True
    choices: tuple[str, ...] = ()
    validator: Callable[[str], Any] | None = None
    default: Any = None
    description: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)

    def question(self, language: str = "en") -> str:
        """Returns the prompt in `language` ("zh-hans" matches "zh"), else in English, else one built from the name."""
        short = language.split("-", 1)[0].lower()
        return self.prompt.get(short) or self.prompt.get("en") or f"{self.name}?"

    @property
    def is_number(self) -> bool:
        """Whether the value is a number, which can stand anywhere in a message."""
        return self.json_schema().get("type") in ("integer", "number")

    def json_schema(self) -> dict[str, Any]:
        """Returns the JSON schema of the value."""
        made: dict[str, Any] = dict(self.schema) or {"type": _JSON_TYPES.get(self.validator, "string")}
        if self.choices and not self.schema:
            made = {"type": "string", "enum": list(self.choices)}
        told = self.description or self.prompt.get("en", "") or next(iter(self.prompt.values()), "")
        if told:
            made.setdefault("description", told)
        if isinstance(self.default, (str, int, float, bool)) and not self.required:
            made.setdefault("default", self.default)
        return made

    def check(self, text: str) -> Any:
        """Converts the person's text to the value.

        Raises:
            ValueError: The text does not fit; the message is a reason for the person.
        """
        given = text.strip()
        if self.choices:
            for choice in self.choices:
                if simplified(choice).casefold() == simplified(given).casefold():
                    given = choice
                    break
            else:
                raise ValueError(" / ".join(self.choices))
        if self.validator is None:
            return given
        value = self._validated(self.validator, given)
        if not is_finite(value):
            raise Unfit("number")
        return value

    def _validated(self, validator: Callable[[str], Any], given: str) -> Any:
        try:
            return validator(given)
        except Unfit:
            raise
        except ValueError:
            if isinstance(validator, type):  # messages of `int` and other types are about Python, not for people
                raise ValueError from None
            raise

    def check_json(self, value: Any) -> Any:
        """Converts a JSON value, as a model gives it.

        Raises:
            ValueError: As in `check`.
        """
        if isinstance(value, str):
            return self.check(value)
        if self.choices or not (isinstance(self.validator, type) and isinstance(value, self.validator)):
            return self.check(_text(value))
        if not is_finite(value):
            raise Unfit("number")
        return value


def is_finite(value: Any) -> bool:
    """Returns False for a number that is none, or endless: "nan" and "inf" are words, and JSON has neither."""
    return not isinstance(value, float) or math.isfinite(value)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
