"""Extracts a skill's parameters from a message: declared ones, or the rest of the message without declarations."""

from __future__ import annotations

import contextlib
import copy
import re
import unicodedata
from typing import Any

from clawdbot.chinese import simplified
from clawdbot.skills import NotMeant, Parameter

EDGE = " \t\n,，.。!！?？:：;；、~～\"'“”‘’「」()（）"
"""Characters to strip from both ends of a value, in both languages."""
_POLITE_ZH = re.compile(r"^(请问|请|麻烦|帮我|给我|我想知道|我想|告诉我|查询|查一下|查查|查|看一下|看看|一下|的)+")
_ENDING_ZH = re.compile(r"(怎么样|怎样|如何|是多少|多少|是什么|好吗|吗|呢|吧|啊|呀|的|了)+$")
_POLITE_EN = re.compile(
    r"^(what's|what is|what are|how's|how is|tell me|show me|give me|could you|can you|please|the|a|an|about|in|for|at"
    r"|of|to|like|is)(?=$|[\s,，:：])\s*",
    re.IGNORECASE,
)
_ENDING_EN = re.compile(r"(?:^|[\s,，])\s*(please|the|in|for|at|of|to|like|is)$", re.IGNORECASE)
_LONGEST_CALL = (5, 8)  # words, Chinese characters beside the trigger word
_NUMBER = re.compile(r"(?:(?<!\w)-)?\d+(?:\.\d+)?")
# a number with the unit that belongs to it and not to the rest
_COUNT = re.compile(
    r"((?:(?<![\w.])-)?\d+(?:\.\d+)?)(?![\d.])"
    r"(?:\s*(?:days?|nights?|hours?|minutes?|weeks?|people|persons?|guests?|tickets?|times|pieces|sides?|dice)\b"
    r"|\s*[天晚周人位张次个份件面]|\s*(?:小时|分钟))?",
    re.IGNORECASE,
)


class Missing(KeyError):
    """A parameter has no value. It is a KeyError, so that a skill can catch it as with any mapping."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Given(dict[str, Any]):
    """Parameters of a class that declares none.

    The first missing name that the class reads gets the rest of the message: after "天气 北京", parameters["city"] is
    "北京". Reading another missing name with [] makes the bot ask the person for it. With a number as default, `get`
    takes only a number from the rest.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self._rest = str(values.get("text", ""))

    def __missing__(self, key: str) -> Any:
        if self._rest:
            self[key], self._rest = self._rest, ""
            return self[key]
        raise Missing(key)

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self and isinstance(default, (int, float)):
            return self._number(key, default)
        try:
            return self[key]
        except Missing:
            return default

    def _number(self, key: str, default: float) -> Any:
        """Returns the only number in the rest, as the type of the default; the default when there is none."""
        written = _NUMBER.findall(self._rest)
        if isinstance(default, bool) or len(written) != 1:
            return default
        try:
            self[key] = type(default)(written[0])
        except ValueError:
            return default
        self._rest = ""
        return self[key]


def rest_of(text: str, start: int, end: int) -> str:
    """Returns the message without the trigger word at text[start:end], polite phrases and outer punctuation."""
    parts = (_trimmed(text[:start]), _trimmed(text[end:]))
    return " ".join(part for part in parts if part)


def from_message(
    declared: tuple[Parameter, ...], rest: str, *, begins: bool = True, free: bool = True
) -> dict[str, Any]:
    """Returns the values in the message: named choices, the only number, and the rest for the only free text.

    Args:
        declared: The parameters.
        rest: The message without the trigger word.
        begins: The message begins with the trigger word: then a long text may be a value.
        free: The rest may be a value at all; not of a message that was understood by its meaning.

    Raises:
        NotMeant: A value is required, and the message is a whole sentence without one.
    """
    values: dict[str, Any] = {}
    folded = simplified(rest).casefold()
    for parameter in declared:
        named = [choice for choice in parameter.choices if simplified(choice).casefold() in folded]
        if named:
            values[parameter.name] = _plain(parameter, max(named, key=len))
    left = _take_number(declared, rest, values)
    texts = [one for one in declared if not one.choices and not one.is_number]
    needed = [one for one in texts if one.required]
    taker = texts if len(texts) == 1 and not values else needed
    sentence = is_sentence(rest, *_LONGEST_CALL)
    if free and len(taker) == 1 and left and (begins or not sentence):
        with contextlib.suppress(ValueError):  # no valid value: the bot asks the person
            values[taker[0].name] = _plain(taker[0], left)
    if not values and sentence and any(one.required for one in declared):
        raise NotMeant
    return values


def _take_number(declared: tuple[Parameter, ...], rest: str, values: dict[str, Any]) -> str:
    """Gives the only number in the rest to the only parameter for one. Returns the rest without it and its unit."""
    takers = [one for one in declared if one.is_number and not one.choices]
    written = list(_COUNT.finditer(unicodedata.normalize("NFKC", rest)))
    if len(takers) != 1 or len(written) != 1:
        return rest
    try:
        values[takers[0].name] = _plain(takers[0], written[0][1])
    except ValueError:
        return rest
    normal = unicodedata.normalize("NFKC", rest)
    return rest_of(normal, written[0].start(), written[0].end())


def _plain(parameter: Parameter, text: str) -> Any:
    """Returns the value, or the text when the value cannot be kept between two messages. Raises ValueError."""
    value = parameter.check(text)
    return value if isinstance(value, (str, int, float)) else text


def is_sentence(text: str, words: int, characters: int) -> bool:
    """Returns whether the text has more words, or more Chinese characters, than given."""
    return (
        len(re.findall(r"[a-z0-9']+", text.lower())) > words or len(re.findall(r"[\u4e00-\u9fff]", text)) > characters
    )


def complete(declared: tuple[Parameter, ...], values: dict[str, Any]) -> dict[str, Any]:
    """Returns `values` with the defaults of missing optional parameters.

    Raises:
        Missing: A required parameter has no value. The error names the first one.
    """
    filled = dict(values)
    for parameter in declared:
        if parameter.name not in filled:
            if parameter.required:
                raise Missing(parameter.name)
            filled[parameter.name] = copy.deepcopy(parameter.default)  # a list must not be shared by all calls
    return filled


def _trimmed(text: str) -> str:
    before = None
    while before != text:
        before = text
        text = text.strip(EDGE)
        for expression in (_ENDING_ZH, _POLITE_ZH, _ENDING_EN, _POLITE_EN):
            found = expression.search(simplified(text))
            text = text[: found.start()] + text[found.end() :] if found else text
    return text
