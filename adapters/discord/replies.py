"""Immediate HTTP responses to interactions; the answer itself follows through the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL
from adapters.events import HttpReply

EPHEMERAL = 64
_PONG, _DEFERRED, _CHOICES = 1, 5, 8


def pong() -> HttpReply:
    """Returns the response to a ping."""
    return _json({"type": _PONG})


def acknowledgement(kind: int | None, *, ephemeral: bool) -> HttpReply:
    """Returns a response that shows "thinking…" until the answer arrives. A pressed button gets a new answer too."""
    if kind == AUTOCOMPLETE:
        return _json({"type": _CHOICES, "data": {"choices": []}})
    if kind in (COMMAND, COMPONENT, MODAL):
        return _json({"type": _DEFERRED, "data": {"flags": EPHEMERAL}} if ephemeral else {"type": _DEFERRED})
    return HttpReply()


def _json(value: Mapping[str, Any]) -> HttpReply:
    return HttpReply(200, json.dumps(value, separators=(",", ":")).encode(), "application/json")
