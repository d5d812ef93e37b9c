"""What Discord gets back at once on an interaction; the answer itself follows by the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL
from adapters.events import HttpReply

EPHEMERAL = 64
_PONG, _DEFERRED, _CHOICES = 1, 5, 8


def pong() -> HttpReply:
    """The answer to a ping."""
    return _json({"type": _PONG})


def acknowledgement(kind: int | None, *, ephemeral: bool) -> HttpReply:
    """Shows "thinking…" until the answer is there; a press on a button gets an answer of its own as well."""
    if kind == AUTOCOMPLETE:
        return _json({"type": _CHOICES, "data": {"choices": []}})
    if kind in (COMMAND, COMPONENT, MODAL):
        return _json({"type": _DEFERRED, "data": {"flags": EPHEMERAL}} if ephemeral else {"type": _DEFERRED})
    return HttpReply()


def _json(value: Mapping[str, Any]) -> HttpReply:
    return HttpReply(200, json.dumps(value, separators=(",", ":")).encode(), "application/json")
