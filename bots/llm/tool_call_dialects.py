"""Reads calls that a model writes into its text in the tags of its template, where its server does not read them.

The forms: Anthropic's prompt format and DeepSeek's DSML (<invoke name="x"><parameter name="y">), Qwen's
(<function=x><parameter=y>), GLM's (<tool_call>x <arg_key> <arg_value>) and Harmony's (commentary to=functions.x).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_MARK = r"(?:[|\uff5c]{0,2}DSML[|\uff5c]{1,2}|antml:)?"
_QWEN = re.compile(r"<function=(?P<name>[\w.:-]+)>(?P<body>.*?)(?:</function>|\Z)", re.DOTALL)
_QWEN_VALUE = re.compile(r"<parameter=(\w+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_INVOKE = re.compile(rf'<{_MARK}invoke\s+name="(?P<name>[\w.:-]+)"\s*>(?P<body>.*?)(?:</{_MARK}invoke>|\Z)', re.DOTALL)
_INVOKE_VALUE = re.compile(rf'<{_MARK}parameter\s+name="(\w+)"[^>]*>\n?(.*?)\n?</{_MARK}parameter>', re.DOTALL)
_GLM = re.compile(
    r"<tool_call>\s*(?P<name>[\w.:-]+)\s*(?=<arg_key>|</tool_call>|\Z)(?P<body>.*?)(?:</tool_call>|\Z)", re.DOTALL
)
_GLM_VALUE = re.compile(r"<arg_key>\s*(\w+)\s*</arg_key>\s*<arg_value>(.*?)</arg_value>", re.DOTALL)
_HARMONY = re.compile(
    r"(?:<\|start\|>assistant)?<\|channel\|>\w+\s+to=(?P<name>[\w.:-]+)\s*(?:<\|constrain\|>\w+)?<\|message\|>"
    r"(?P<body>.*?)(?:<\|call\|>|<\|end\|>|\Z)",
    re.DOTALL,
)
# What stands around calls and is nothing without them.
_AROUND = re.compile(rf"</?{_MARK}(?:function_calls?|tool_calls?)>\s*")
OPENINGS = (
    "<function=",
    "<invoke",
    "<function_call",
    "<antml:",
    "<\uff5c",
    "<|DSML",
    "<||DSML",
    "<|channel|>",
    "<|start|>assistant",
)


class Written(NamedTuple):
    """A call as a text holds it: the name that the model wrote, and arguments as JSON."""

    name: str
    arguments: str


class _Dialect(NamedTuple):
    call: re.Pattern[str]
    value: re.Pattern[str] | None


_DIALECTS = (
    _Dialect(_QWEN, _QWEN_VALUE),
    _Dialect(_INVOKE, _INVOKE_VALUE),
    _Dialect(_GLM, _GLM_VALUE),
    _Dialect(_HARMONY, None),
)


def separate(text: str, is_known: Callable[[str], bool]) -> tuple[str, list[Written]]:
    """Returns the text without calls of known tools, and these calls in their order in each dialect."""
    calls: list[Written] = []
    for dialect in _DIALECTS:
        text = "".join(_pieces(text, dialect, is_known, calls))
    return (_AROUND.sub("", text) if calls else text), calls


def _pieces(text: str, dialect: _Dialect, is_known: Callable[[str], bool], calls: list[Written]) -> Iterator[str]:
    place = 0
    for match in dialect.call.finditer(text):
        if not is_known(match["name"]):
            continue
        yield text[place : match.start()]
        place = match.end()
        calls.append(Written(match["name"], _arguments(match["body"], dialect.value)))
    yield text[place:]


def _arguments(body: str, value: re.Pattern[str] | None) -> str:
    values = {name: _value(written) for name, written in value.findall(body)} if value is not None else {}
    return json.dumps(values, ensure_ascii=False) if values else body.strip()


def _value(written: str) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return written
