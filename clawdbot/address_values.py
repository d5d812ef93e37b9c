"""Finds the addresses in a configuration, so that its secrets stay with the servers they were entered for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from clawdbot.http.addresses import origin
from clawdbot.redaction import redact_value

_KEY = re.compile(
    r"(?:^|[_-])(?:url|uri|host|hostname|hosts|urls|endpoint|server|address|domain|proxy|base|port|scheme|region)$",
    re.IGNORECASE,
)


def addresses_in(value: Any, path: str = "") -> dict[str, str]:
    """Returns what a configuration says about servers, by the path to the value.

    A text with "://" counts by scheme, host and port, and the value of a key such as `host` or `port` as a whole.
    """
    found: dict[str, str] = {}
    if isinstance(value, Mapping):
        for key, item in value.items():
            inner = f"{path}/{key}"
            if _KEY.search(str(key)) and not isinstance(item, (Mapping, list)) and item not in (None, ""):
                found[inner] = origin(str(item)) or str(item).lower()
            else:
                found |= addresses_in(item, inner)
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            found |= addresses_in(item, f"{path}/{number}")
    elif isinstance(value, str) and "://" in value:
        found[path] = origin(value) or value.lower()
    return found


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the entries that hold no secret, going by the names of the keys and the shape of the values."""
    return {key: value for key, value in values.items() if redact_value({key: value}) == {key: value}}


def laid_over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Lays a configuration over another, key by key.

    If it names another server, the secrets of the other are left out: they were entered for the servers of the other.
    """
    merged = {**base, **own}
    if addresses_in(merged) == addresses_in(base):
        return merged
    return {**without_secrets(base), **own}
