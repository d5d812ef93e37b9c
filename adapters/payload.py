"""Reads untrusted JSON: refuses a malformed document, but tolerates absent and malformed values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from adapters.errors import MalformedPayload
from clawdbot.reasons import Reason

MAX_DEPTH = 64
# JSON escapes may hold lone surrogates and NUL, but database columns refuse them. They would cause a 500 and endless
# redelivery.
_RISKY_ESCAPE = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse_object(body: bytes) -> dict[str, Any]:
    """Parses a JSON object.

    Raises:
        MalformedPayload: The body is not UTF-8 JSON, not an object, or nested deeper than 64 levels.
    """
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise MalformedPayload(Reason("body_not_json")) from None
    if not isinstance(value, dict):
        raise MalformedPayload(Reason("body_not_object"))
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _deeper_than(value, MAX_DEPTH):
        raise MalformedPayload(Reason("json_too_deep"))
    if _RISKY_ESCAPE.search(body) or b"\x00" in body:
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(literal: str) -> float:
    value = float(literal)
    # 1e999 is legal JSON, but becomes Infinity, which JSON columns refuse.
    return value if math.isfinite(value) else _refuse(literal)


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("�", value)  # one UTF-16 unit replaces another, so entity offsets stay correct
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


def as_object(source: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Returns the object under `key`, or an empty one when it is absent or something else."""
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def as_list(source: Mapping[str, Any], key: str) -> list[Any]:
    """Returns the list under `key`, or an empty one."""
    value = source.get(key)
    return value if isinstance(value, list) else []


def as_text(source: Mapping[str, Any], key: str) -> str:
    """Returns the string under `key`, or ""."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def as_id(source: Mapping[str, Any], key: str) -> str | None:
    """Returns the id under `key` as a string. Accepts numbers, because platforms use both."""
    value = source.get(key)
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        return None
    return str(value)


def as_number(source: Mapping[str, Any], key: str) -> float | None:
    """Returns the finite number under `key`, or None."""
    value = source.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if -1e15 < value < 1e15 else None


def as_int(source: Mapping[str, Any], key: str) -> int | None:
    """Returns the whole number under `key`, or None."""
    value = as_number(source, key)
    return None if value is None else int(value)
